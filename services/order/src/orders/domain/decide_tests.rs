use shotengai_contracts::events::{CancelReason, DeclineStage, OrderStage};
use shotengai_contracts::{EventType, Misplaced, OrderEvent, OwnedEvent, samples as contract_samples};
use shotengai_kernel::UserId;

use super::samples::{after, cancelled, confirmed, owner, paid, pending, placed_event, shipped};
use super::*;

const EVERY_SIGNAL: [Signal; 6] = [
    Signal::StockReserved,
    Signal::StockRejected,
    Signal::PaymentAuthorized,
    Signal::PaymentDeclined(DeclineStage::Authorization),
    Signal::PaymentDeclined(DeclineStage::Capture),
    Signal::PaymentCaptured,
];

fn names(events: &[OrderEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.event_type().as_str()).collect()
}

fn cancellation(events: &[OrderEvent]) -> (CancelReason, OrderStage) {
    match events {
        [OrderEvent::OrderCancelled(event)] => (event.reason, event.cancelled_from),
        other => panic!("no cancellation: {other:?}"),
    }
}

#[test]
fn a_repeated_request_places_nothing_and_another_body_is_refused() {
    assert_eq!(names(&place(&Order::default(), placed_event()).unwrap()), ["OrderPlaced"]);
    assert_eq!(place(&paid(), placed_event()), Ok(Vec::new()));
    let mut other = placed_event();
    other.request_fingerprint = "cd".repeat(32);
    assert_eq!(place(&pending(), other), Err(Refusal::KeyReused));
}

#[test]
fn the_second_of_stock_and_payment_confirms_in_the_same_commit() {
    let (stock, payment) = (Signal::StockReserved, Signal::PaymentAuthorized);
    assert_eq!(names(&signal(&pending(), stock).unwrap()), ["OrderStockSecured"]);
    assert_eq!(names(&signal(&pending(), payment).unwrap()), ["OrderPaymentSecured"]);
    let after_payment = after(pending(), &[payment]);
    assert_eq!(names(&signal(&after_payment, stock).unwrap()), ["OrderStockSecured", "OrderConfirmed"]);
    let after_stock = after(pending(), &[stock]);
    assert_eq!(names(&signal(&after_stock, payment).unwrap()), ["OrderPaymentSecured", "OrderConfirmed"]);
}

#[test]
fn a_bad_answer_while_pending_cancels() {
    for order in [pending(), after(pending(), &[Signal::PaymentAuthorized]), after(pending(), &[Signal::StockReserved])]
    {
        let rejected = signal(&order, Signal::StockRejected).unwrap();
        assert_eq!(cancellation(&rejected), (CancelReason::OutOfStock, OrderStage::Pending));
        let declined = signal(&order, Signal::PaymentDeclined(DeclineStage::Authorization)).unwrap();
        assert_eq!(cancellation(&declined), (CancelReason::PaymentDeclined, OrderStage::Pending));
        assert_eq!(cancellation(&deadline_passed(&order)), (CancelReason::DeadlineExceeded, OrderStage::Pending));
    }
}

#[test]
fn a_confirmed_order_is_paid_by_the_capture_and_cancelled_by_its_refusal() {
    assert_eq!(names(&signal(&confirmed(), Signal::PaymentCaptured).unwrap()), ["OrderPaid"]);
    let refused = signal(&confirmed(), Signal::PaymentDeclined(DeclineStage::Capture)).unwrap();
    assert_eq!(cancellation(&refused), (CancelReason::CaptureRefused, OrderStage::Confirmed));
}

#[test]
fn no_message_moves_an_order_that_is_paid_shipped_or_cancelled() {
    for order in [paid(), shipped(), cancelled(pending()), cancelled(confirmed()), cancelled(paid())] {
        for told in EVERY_SIGNAL {
            assert_eq!(signal(&order, told), Ok(Vec::new()), "{told:?} in {order:?}");
        }
        assert_eq!(deadline_passed(&order), Vec::new());
    }
}

#[test]
fn a_deadline_leaves_a_confirmed_order_alone() {
    assert_eq!(deadline_passed(&confirmed()), Vec::new());
    assert_eq!(deadline_passed(&Order::default()), Vec::new());
}

#[test]
fn a_message_that_is_ahead_of_the_order_has_to_come_again() {
    for told in EVERY_SIGNAL {
        assert_eq!(signal(&Order::default(), told), Err(TooEarly(None)));
    }
    for told in [Signal::PaymentCaptured, Signal::PaymentDeclined(DeclineStage::Capture)] {
        assert_eq!(signal(&pending(), told), Err(TooEarly(Some(OrderStage::Pending))));
    }
}

#[test]
fn only_a_paid_order_ships_and_only_once() {
    assert_eq!(names(&ship(&paid()).unwrap()), ["OrderShipped"]);
    assert_eq!(ship(&shipped()), Ok(Vec::new()));
    assert_eq!(ship(&Order::default()), Err(Refusal::NotFound));
    assert_eq!(ship(&pending()), Err(Refusal::NotShippable(OrderStage::Pending)));
    assert_eq!(ship(&confirmed()), Err(Refusal::NotShippable(OrderStage::Confirmed)));
    assert_eq!(ship(&cancelled(paid())), Err(Refusal::NotShippable(OrderStage::Cancelled)));
}

#[test]
fn a_customer_cancels_until_the_parcel_has_left() {
    let cases = [(pending(), OrderStage::Pending), (confirmed(), OrderStage::Confirmed), (paid(), OrderStage::Paid)];
    for (order, from) in cases {
        let events = cancel(&order, Some(&owner()), Some("changed my mind".to_owned())).unwrap();
        assert_eq!(cancellation(&events), (CancelReason::CustomerRequest, from));
    }
    assert_eq!(cancel(&cancelled(paid()), Some(&owner()), None), Ok(Vec::new()));
    assert_eq!(cancel(&shipped(), Some(&owner()), None), Err(Refusal::AlreadyShipped));
}

#[test]
fn nobody_learns_of_another_persons_order_by_cancelling_it() {
    let stranger = UserId::parse("usr_2").unwrap();
    for order in [pending(), shipped(), cancelled(pending())] {
        assert_eq!(cancel(&order, Some(&stranger), None), Err(Refusal::NotFound));
    }
    assert!(cancel(&pending(), None, None).is_ok(), "an administrator may");
}

#[test]
fn a_carts_facts_are_no_orders_and_no_order_begins_in_the_middle() {
    let event = |event_type| OrderEvent::try_from(contract_samples::event(event_type).unwrap()).unwrap();
    let of_carts = [
        EventType::ItemAddedToCart,
        EventType::CartItemChanged,
        EventType::ItemRemovedFromCart,
        EventType::CartCleared,
    ];
    for event_type in of_carts {
        for order in [Order::default(), pending(), paid()] {
            let mut after = order.clone();
            assert_eq!(after.evolve(&event(event_type)), Err(Misplaced(event_type)));
            assert_eq!(after, order);
        }
    }
    assert_eq!(pending().evolve(&event(EventType::OrderPlaced)), Err(Misplaced(EventType::OrderPlaced)));
    assert_eq!(Order::default().evolve(&event(EventType::OrderPaid)), Err(Misplaced(EventType::OrderPaid)));
}
