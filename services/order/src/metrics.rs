//! The figures of orders, counted when what happened is committed. [`DEFINITIONS`] lists them.

use shotengai_contracts::Event;
use shotengai_contracts::events::{CancelReason, OrderStage};
use shotengai_metrics::{Counter, Definition, Label, NONE};

/// Orders, by what became of them.
static ORDERS: Counter<2> = Counter::new(
    "shop.orders",
    "{order}",
    "Orders that came into a state; an order passes several",
    &[
        Label::of(
            "state",
            &[
                OrderStage::Pending.as_str(),
                OrderStage::Confirmed.as_str(),
                OrderStage::Paid.as_str(),
                OrderStage::Shipped.as_str(),
                OrderStage::Cancelled.as_str(),
            ],
        ),
        Label::of("reason", &REASONS),
    ],
);

/// Of orders that were cancelled.
const REASONS: [&str; 5] = [
    CancelReason::OutOfStock.as_str(),
    CancelReason::PaymentDeclined.as_str(),
    CancelReason::CaptureRefused.as_str(),
    CancelReason::CustomerRequest.as_str(),
    CancelReason::DeadlineExceeded.as_str(),
];

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [ORDERS.definition()];

/// Shows all series before there is anything to count.
pub(crate) fn show() {
    for state in [OrderStage::Pending, OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped] {
        ORDERS.add(0, [state.as_str().into(), NONE.into()]);
    }
    for reason in REASONS {
        ORDERS.add(0, [OrderStage::Cancelled.as_str().into(), reason.into()]);
    }
}

/// Counts what an event that was committed says.
pub(crate) fn count(event: &Event) {
    if let Some((state, reason)) = told(event) {
        ORDERS.add(1, [state.as_str().into(), reason.into()]);
    }
}

/// The state that an order came into by an event, and why it did where it was cancelled.
const fn told(event: &Event) -> Option<(OrderStage, &'static str)> {
    match event {
        Event::OrderPlaced(_) => Some((OrderStage::Pending, NONE)),
        Event::OrderConfirmed(_) => Some((OrderStage::Confirmed, NONE)),
        Event::OrderPaid(_) => Some((OrderStage::Paid, NONE)),
        Event::OrderShipped(_) => Some((OrderStage::Shipped, NONE)),
        Event::OrderCancelled(cancelled) => Some((OrderStage::Cancelled, cancelled.reason.as_str())),
        _ => None,
    }
}
