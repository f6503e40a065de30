//! The fold: whatever way the events come, the row is the same.

use proptest::prelude::*;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::api::refunds::RefundStatus;
use shotengai_contracts::events::{CancelReason, OrderStage};
use shotengai_contracts::{Envelope, Event};
use shotengai_kernel::Version;
use shotengai_messaging::Commit;
use shotengai_query::domain::{
    Applied, Broken, CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow, apply, refold,
};

use crate::history::{cart, envelopes, forestalled, order, payment, product, refunded_order, stock, yen};

fn decoded(commits: &[Commit]) -> Vec<(Envelope, Event)> {
    envelopes(commits).into_iter().map(|envelope| (envelope.clone(), envelope.event().unwrap())).collect()
}

fn fold<R: Fold>(history: &[(Envelope, Event)]) -> Option<R> {
    refold(history.iter().map(|(envelope, event)| (envelope, event))).unwrap()
}

/// Delivers the events in this order; a gap is refolded from a history as long as `extra` events beyond the one at hand.
fn deliver<R: Fold>(history: &[(Envelope, Event)], order: &[usize], extra: usize) -> Option<R> {
    let mut row: Option<R> = None;
    for index in order {
        let (envelope, event) = &history[*index];
        match apply(row.clone(), envelope, event) {
            Applied::Updated(next) => row = Some(next),
            Applied::Ignored => {}
            Applied::Gap => row = fold(&history[..history.len().min(index + 1 + extra)]),
        }
    }
    row
}

/// Each index below `length` once, and some again, in any order.
fn any_order(length: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..length, 0..length).prop_flat_map(move |again| {
        let mut all: Vec<_> = (0..length).collect();
        all.extend(again);
        Just(all).prop_shuffle()
    })
}

fn steps_and_order() -> impl Strategy<Value = (Vec<u8>, Vec<usize>, usize)> {
    prop::collection::vec(any::<u8>(), 0..12)
        .prop_flat_map(|steps| (Just(steps.clone()), any_order(steps.len() + 1), 0..3_usize))
}

proptest! {
    #[test]
    fn a_product_is_the_same_in_whatever_order_and_however_often_its_events_come((steps, order, extra) in steps_and_order()) {
        let history = decoded(&product("kinoko", 0, &steps));
        prop_assert_eq!(deliver::<ProductRow>(&history, &order, extra), fold(&history));
    }

    #[test]
    fn a_stock_is_the_same_in_whatever_order_and_however_often_its_events_come((steps, order, extra) in steps_and_order()) {
        let history = decoded(&stock("kinoko", &steps));
        prop_assert_eq!(deliver::<StockRow>(&history, &order, extra), fold(&history));
    }

    #[test]
    fn an_order_is_the_same_in_whatever_order_and_however_often_its_events_come(order_of_events in any_order(6), extra in 0..3_usize) {
        let history = decoded(&order("1", "mei", 0, OrderStage::Shipped));
        prop_assert_eq!(deliver::<OrderRow>(&history, &order_of_events, extra), fold(&history));
    }
}

proptest! {
    #[test]
    fn a_refunded_order_is_the_same_in_whatever_order_and_however_often_its_events_come(order_of_events in any_order(10), extra in 0..3_usize) {
        let history = decoded(&refunded_order("1", "mei"));
        prop_assert_eq!(deliver::<OrderRow>(&history, &order_of_events, extra), fold(&history));
    }
}

proptest! {
    #[test]
    fn a_cart_is_the_same_in_whatever_order_and_however_often_its_events_come(
        (steps, order_of_events, extra) in prop::collection::vec(any::<u8>(), 0..12).prop_flat_map(|steps| {
            let length = cart("mei", &steps).len();
            (Just(steps), any_order(length), 0..3_usize)
        })
    ) {
        let history = decoded(&cart("mei", &steps));
        prop_assert_eq!(deliver::<CartRow>(&history, &order_of_events, extra), fold(&history));
    }
}

#[test]
fn a_cart_is_open_from_the_first_piece_to_the_last() {
    let history = decoded(&cart("mei", &[4, 1, 3, 0, 2]));
    let of = |count: usize| fold::<CartRow>(&history[..count]).unwrap();
    let seen: Vec<_> = (1..=6).map(|count| (of(count).pieces(), of(count).value())).collect();
    let yens = |amount| Some(yen(amount));
    assert_eq!(seen, [(1, yens(100)), (6, yens(620)), (7, yens(720)), (0, None), (1, yens(100)), (0, None)]);
    assert_eq!(of(3).opened_at, Some(of(1).updated_at));
    assert_eq!((of(4).opened_at, of(5).opened_at), (None, Some(of(5).updated_at)));
    let strange: Vec<_> = history[..4].iter().chain(&history[5..]).cloned().collect();
    assert!(refold::<CartRow>(strange.iter().map(|(envelope, event)| (envelope, event))).is_err());
}

proptest! {
    #[test]
    fn a_payment_is_the_same_in_whatever_order_and_however_often_its_events_come(order_of_events in any_order(8), extra in 0..3_usize) {
        let history = decoded(&payment("1", 0, PaymentStatus::Refunded));
        prop_assert_eq!(deliver::<PaymentRow>(&history, &order_of_events, extra), fold(&history));
    }
}

#[test]
fn a_payment_goes_as_far_as_its_events_and_counts_what_was_taken_and_given_back() {
    for status in PaymentStatus::ALL {
        let row = fold::<PaymentRow>(&decoded(&payment("1", 0, status))).unwrap();
        let (captured, refunded) = match status {
            PaymentStatus::Captured => (400, 0),
            PaymentStatus::RefundStarted => (400, 100),
            PaymentStatus::Refunded => (400, 400),
            _ => (0, 0),
        };
        assert_eq!((row.status, row.captured, row.refunded, row.amount), (status, captured, refunded, Some(yen(400))));
        let declined = matches!(status, PaymentStatus::Declined | PaymentStatus::CaptureDeclined);
        assert_eq!(row.reason.as_deref(), declined.then_some("declined\u{fffd}"), "PostgreSQL takes no NUL");
    }
    let row = fold::<PaymentRow>(&decoded(&payment("1", 0, PaymentStatus::Refunded))).unwrap();
    let refunds: Vec<_> = row.refunds.iter().map(|refund| (refund.status, refund.amount)).collect();
    assert_eq!(refunds, [(RefundStatus::Refunded, yen(100)), (RefundStatus::Declined, yen(400))]);
    let row = fold::<PaymentRow>(&decoded(&forestalled("1"))).unwrap();
    assert_eq!((row.status, row.amount, row.captured), (PaymentStatus::Voided, None, 0));
    // A refund that was paid has something before it that was never seen.
    let history = decoded(&payment("1", 0, PaymentStatus::Refunded));
    let strange: Vec<_> = history[..3].iter().chain(&history[4..]).cloned().collect();
    assert!(refold::<PaymentRow>(strange.iter().map(|(envelope, event)| (envelope, event))).is_err());
}

#[test]
fn an_order_has_its_refunds_and_how_far_each_has_come() {
    let history = decoded(&refunded_order("1", "mei"));
    let of = |count: usize| fold::<OrderRow>(&history[..count]).unwrap().refunds;
    let status = |count: usize| of(count).iter().map(|refund| refund.status).collect::<Vec<_>>();
    use RefundStatus::{Declined, Refunded, Requested};
    assert_eq!([status(6), status(8), status(9)], [vec![], vec![Requested, Requested], vec![Requested, Declined]]);
    assert_eq!(status(10), [Refunded, Declined]);
    assert_eq!(of(10)[0].reason, "broken\u{fffd}", "PostgreSQL takes no NUL");
    // An answer to a refund that nobody asked for has something before it that was never seen.
    let strange: Vec<_> = history[..6].iter().chain(&history[9..]).cloned().collect();
    assert!(refold::<OrderRow>(strange.iter().map(|(envelope, event)| (envelope, event))).is_err());
}

#[test]
fn a_paid_order_goes_through_every_stage() {
    let history = decoded(&order("1", "mei", 0, OrderStage::Shipped));
    let stages: Vec<_> = (1..=history.len()).map(|count| fold::<OrderRow>(&history[..count]).unwrap().status).collect();
    use OrderStage::{Confirmed, Paid, Pending, Shipped};
    assert_eq!(stages, [Pending, Pending, Pending, Confirmed, Paid, Shipped]);
}

#[test]
fn a_cancelled_order_says_why() {
    let row = fold::<OrderRow>(&decoded(&order("1", "mei", 0, OrderStage::Cancelled))).unwrap();
    assert_eq!((row.status, row.reason), (OrderStage::Cancelled, Some(CancelReason::OutOfStock)));
    assert_eq!(row.note.as_deref(), Some("sorry\u{fffd}"));
}

#[test]
fn a_deleted_product_leaves_a_tombstone_and_may_come_again() {
    let deleted = fold::<ProductRow>(&decoded(&product("kinoko", 0, &[3]))).unwrap();
    assert!(deleted.deleted && deleted.version == Version::new(2));
    let again = fold::<ProductRow>(&decoded(&product("kinoko", 0, &[3, 5]))).unwrap();
    assert!(!again.deleted && again.price == yen(200) && again.version == Version::new(3));
    let restored = fold::<ProductRow>(&decoded(&product("kinoko", 0, &[3, 4]))).unwrap();
    assert!(!restored.deleted && restored.name == "back4" && restored.presentation.search_text == "back");
    assert_eq!((restored.price, restored.version, restored.created_at), (yen(4), Version::new(3), deleted.created_at));
}

#[test]
fn stock_moves_between_available_reserved_and_gone() {
    let row = fold::<StockRow>(&decoded(&stock("kinoko", &[1, 2, 3]))).unwrap();
    assert_eq!((row.available, row.reserved, row.deducted), (9, 0, 1));
}

#[test]
fn a_history_with_a_hole_is_no_history() {
    let mut history = decoded(&stock("kinoko", &[1, 2, 3]));
    history.remove(2);
    let broken = refold::<StockRow>(history.iter().map(|(envelope, event)| (envelope, event)));
    assert_eq!(broken, Err(Broken(Version::new(2))));
}
