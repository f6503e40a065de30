//! Any permutation and duplication of a valid set of messages leads to the same stage.

use proptest::prelude::*;
use shotengai_contracts::events::{DeclineStage, OrderStage};
use shotengai_kernel::RefundId;
use uuid::Uuid;

use super::samples::{pending, take};
use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Received(Signal),
    Cancel,
    Deadline,
    /// The shop gives so much back: once, or all that is left.
    Refund(Option<i64>),
}

use Step::{Cancel, Deadline, Received, Refund};

const THE_REFUND: RefundId = RefundId::new(Uuid::from_u128(1));

const AUTHORIZATION: Signal = Signal::PaymentDeclined(DeclineStage::Authorization);
const CAPTURE: Signal = Signal::PaymentDeclined(DeclineStage::Capture);

/// What one order can meet, and where it ends.
fn histories() -> impl Strategy<Value = (Vec<Step>, OrderStage)> {
    let (reserved, authorized) = (Received(Signal::StockReserved), Received(Signal::PaymentAuthorized));
    let captured = Received(Signal::PaymentCaptured);
    let (refunded, declined) = (Received(Signal::RefundPaid(THE_REFUND)), Received(Signal::RefundDeclined(THE_REFUND)));
    prop::sample::select(vec![
        (vec![reserved, authorized, captured], OrderStage::Paid),
        (vec![reserved, authorized], OrderStage::Confirmed),
        (vec![reserved], OrderStage::Pending),
        (vec![reserved, authorized, Received(CAPTURE)], OrderStage::Cancelled),
        (vec![Received(Signal::StockRejected), authorized], OrderStage::Cancelled),
        (vec![reserved, Received(AUTHORIZATION)], OrderStage::Cancelled),
        (vec![Received(Signal::StockRejected), Received(AUTHORIZATION)], OrderStage::Cancelled),
        (vec![reserved, Deadline], OrderStage::Cancelled),
        (vec![reserved, authorized, captured, Cancel], OrderStage::Cancelled),
        (vec![Received(Signal::StockRejected), authorized, Cancel, Deadline], OrderStage::Cancelled),
        (vec![reserved, authorized, captured, Refund(Some(50)), refunded], OrderStage::Paid),
        (vec![reserved, authorized, captured, Refund(None), refunded], OrderStage::Paid),
        (vec![reserved, authorized, captured, Refund(None), declined], OrderStage::Paid),
    ])
}

fn wish(amount: Option<i64>) -> RefundWish {
    let what = amount.map_or(Wanted::Rest { restock: false }, |amount| Wanted::Money(amount.into()));
    RefundWish { refund_id: THE_REFUND, fingerprint: String::new(), what, reason: String::new() }
}

fn shuffled() -> impl Strategy<Value = (Vec<Step>, OrderStage)> {
    (histories(), 1_usize..4).prop_flat_map(|((steps, end), copies)| {
        let all: Vec<Step> = steps.iter().copied().cycle().take(steps.len() * copies).collect();
        (Just(all).prop_shuffle(), Just(end))
    })
}

/// Delivers until nothing is left; what is too early comes again later, as the queue does it.
fn deliver(steps: Vec<Step>) -> Order {
    let mut order = pending();
    let mut waiting = steps;
    loop {
        let before = waiting.len();
        waiting.retain(|step| {
            let decided = match step {
                Received(told) => signal(&order, *told).map_err(drop),
                Cancel => Ok(cancel(&order, None, None).unwrap()),
                Deadline => Ok(deadline_passed(&order)),
                // Refused until it is paid; the shop asks again.
                Refund(amount) => refund(&order, &wish(*amount)).map_err(drop),
            };
            decided.map(|events| take(&mut order, &events)).is_err()
        });
        if waiting.is_empty() || waiting.len() == before {
            assert!(waiting.is_empty(), "messages that never fit: {waiting:?} in {order:?}");
            return order;
        }
    }
}

proptest! {
    #[test]
    fn every_order_of_the_messages_ends_in_the_same_stage((steps, end) in shuffled()) {
        let order = deliver(steps);
        prop_assert_eq!(order.placed().map(|order| order.stage), Some(end));
        let refunds = &order.placed().unwrap().refunds;
        prop_assert!(refunds.standing().all(|refund| refund.state == RefundState::Paid), "{:?}", refunds);
    }

    #[test]
    fn a_state_survives_its_snapshot((steps, _) in shuffled()) {
        let order = deliver(steps);
        let json = serde_json::to_value(&order).unwrap();
        prop_assert_eq!(serde_json::from_value::<Order>(json).unwrap(), order);
    }
}
