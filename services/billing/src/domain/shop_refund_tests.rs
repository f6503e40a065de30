//! Refunds by the shop in any interleaving of workers: each is paid once, never more than was captured, and with a cancel
//! between them nothing is kept.

use proptest::prelude::*;
use shotengai_contracts::BillingEvent;
use shotengai_kernel::{Currency, Money, RefundId};
use uuid::Uuid;

use super::steps_tests::{World, amount, payment_id, placed, run, schedule};
use super::{Instruction, Payment, ShopRefund, Step, next};
use crate::provider::Operation;

fn yen(amount: i64) -> Money {
    Money::from_minor(amount, Currency::JPY).unwrap()
}

fn refund(id: u128, amount: i64) -> ShopRefund {
    ShopRefund { id: RefundId::new(Uuid::from_u128(id)), amount: yen(amount) }
}

/// Refunds that together are no more than the order's 400 yen, as order asks for them.
fn refunds() -> impl Strategy<Value = Vec<ShopRefund>> {
    prop::collection::vec(1..150_i64, 1..5).prop_map(|amounts| {
        let mut left = amount().minor();
        let mut all = Vec::new();
        for (id, amount) in (1..).zip(amounts) {
            let amount = amount.min(left);
            left -= amount;
            all.extend((amount > 0).then(|| refund(id, amount)));
        }
        all
    })
}

/// Refunds by the provider, one entry each; none for the rest of a cancelled order.
fn given_back(world: &World) -> Vec<(Option<RefundId>, i64)> {
    let refunds = world.record.entries.iter().filter(|entry| entry.operation == Operation::Refund);
    let mut all: Vec<_> = refunds.map(|entry| (entry.refund, entry.amount.minor())).collect();
    all.sort();
    all
}

/// Messages of a paid order, twice each, in any order.
fn messages(refunds: &[ShopRefund], cancelled: bool) -> impl Strategy<Value = Vec<Instruction>> + use<> {
    let mut all = vec![placed(None), Instruction::Capture];
    all.extend(refunds.iter().copied().map(Instruction::Refund));
    all.extend(cancelled.then(|| Instruction::LetGo { amount: amount(), refunds: refunds.to_vec() }));
    Just([all.clone(), all].concat()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn each_refund_is_paid_once_in_any_interleaving(
        (refunds, messages) in refunds().prop_flat_map(|all| (Just(all.clone()), messages(&all, false))),
        schedule in schedule(),
    ) {
        let world = run(messages, &schedule);
        let expected: Vec<_> = refunds.iter().map(|refund| (Some(refund.id), refund.amount.minor())).collect();
        prop_assert_eq!(given_back(&world), expected);
        let paid: i64 = refunds.iter().map(|refund| refund.amount.minor()).sum();
        prop_assert_eq!(world.record.taken(), amount().minor() - paid);
        let Payment::Captured { amount: captured, refunds: kept } = world.payment() else { panic!() };
        prop_assert_eq!(kept.left_of(captured).minor(), world.record.taken(), "events and provider agree");
    }

    #[test]
    fn a_cancel_and_the_refunds_before_it_have_one_net_outcome_in_any_interleaving(
        (refunds, messages) in refunds().prop_flat_map(|all| (Just(all.clone()), messages(&all, true))),
        schedule in schedule(),
    ) {
        let world = run(messages, &schedule);
        prop_assert_eq!(world.record.taken(), 0);
        let held = world.record.did(Operation::Authorize) && !world.record.did(Operation::Void);
        prop_assert_eq!(held, world.record.did(Operation::Capture), "nothing is still held");
        if world.record.did(Operation::Capture) {
            let given = given_back(&world);
            for refund in &refunds {
                prop_assert!(given.contains(&(Some(refund.id), refund.amount.minor())), "{:?} in {:?}", refund, given);
            }
        }
    }
}

/// A paid order whose refund of this amount the provider does not like.
fn declining() -> World {
    run(vec![placed(Some("tok_refund_declined")), Instruction::Capture, Instruction::Refund(refund(1, 100))], &[])
}

#[test]
fn a_refund_that_the_provider_refuses_is_declined_once_and_leaves_the_money() {
    let world = declining();
    let declined = world.events.iter().filter(|event| matches!(event, BillingEvent::ShopRefundDeclined(_))).count();
    assert_eq!((declined, world.record.taken()), (1, 400));
    let again = next(&payment_id(), &world.payment(), &Instruction::Refund(refund(1, 100)));
    assert_eq!(again, Step::Finished);
}

#[test]
fn more_than_is_left_is_declined_without_asking_the_provider() {
    let over = Instruction::Refund(refund(2, 301));
    let before = vec![placed(None), Instruction::Capture, Instruction::Refund(refund(1, 100))];
    // The second one is decided after the first: it comes when that has ended.
    let world = run(before.clone(), &[]);
    let Step::Record(BillingEvent::ShopRefundDeclined(declined)) = next(&payment_id(), &world.payment(), &over) else {
        panic!("it is declined")
    };
    assert_eq!(declined.reason, "more_than_left");
    let world = run(before.into_iter().chain([over]).collect(), &[(0, false); 12]);
    // Whichever was decided first: the other is more than it has left.
    assert!([300, 99].contains(&world.record.taken()), "{:?}", world.record);
}

#[test]
fn a_refund_waits_for_the_capture_and_finds_a_cancelled_order_done() {
    let wish = Instruction::Refund(refund(1, 100));
    for payment in [Payment::Open, Payment::Authorized { amount: amount() }, Payment::Declined] {
        assert_eq!(next(&payment_id(), &payment, &wish), Step::NotYet, "{payment:?}");
    }
    for payment in
        [Payment::RefundStarted { amount: amount() }, Payment::Refunded, Payment::Voided, Payment::Forestalled]
    {
        assert_eq!(next(&payment_id(), &payment, &wish), Step::Finished, "{payment:?}");
    }
}
