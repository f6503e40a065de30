//! The figures of orders, counted when what happened is committed. [`DEFINITIONS`] lists them.

use jiff::SignedDuration;
use shotengai_contracts::Event;
use shotengai_contracts::events::{CancelReason, OrderStage};
use shotengai_metrics::{Counter, Definition, Histogram, Label, NONE};

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

/// The objective: of a thousand orders 999 are decided within so long.
const IN_TIME: SignedDuration = SignedDuration::from_secs(10);

/// From what is fast for an order that four services see to what an outage leaves behind, in seconds.
const DECISION_BOUNDARIES: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];

/// Seconds from placement to decision.
static DECISION: Histogram<0> = Histogram::new(
    "shop.order.decision",
    "s",
    "Time from an order's placement to its decision: it was confirmed, or cancelled while it was pending",
    &[],
    &DECISION_BOUNDARIES,
);

const PACES: [&str; 2] = ["in_time", "late"];

/// Decisions against the objective. A histogram shows nothing before its first observation, and what only appears has not
/// grown: so the objective has a counter of its own.
static DECISIONS: Counter<1> = Counter::new(
    "shop.order.decisions",
    "{order}",
    "Orders that were decided, within ten seconds of their placement (in_time) or later (late)",
    &[Label::of("pace", &PACES)],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [ORDERS.definition(), DECISION.definition(), DECISIONS.definition()];

/// Shows all series before there is anything to count.
pub(crate) fn show() {
    for state in [OrderStage::Pending, OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped] {
        ORDERS.add(0, [state.as_str().into(), NONE.into()]);
    }
    for reason in REASONS {
        ORDERS.add(0, [OrderStage::Cancelled.as_str().into(), reason.into()]);
    }
    for pace in PACES {
        DECISIONS.add(0, [pace.into()]);
    }
}

/// Counts what an event that was committed says, so long after the order was placed.
pub(crate) fn count(event: &Event, since: Option<SignedDuration>) {
    if let Some((state, reason)) = told(event) {
        ORDERS.add(1, [state.as_str().into(), reason.into()]);
    }
    if let Some(took) = since.filter(|_| decides(event)) {
        DECISION.record(took.as_secs_f64().max(0.0), []);
        DECISIONS.add(1, [pace(took).into()]);
    }
}

/// Whether an order waits for stock and payment no more by this event.
const fn decides(event: &Event) -> bool {
    match event {
        Event::OrderConfirmed(_) => true,
        Event::OrderCancelled(cancelled) => matches!(cancelled.cancelled_from, OrderStage::Pending),
        _ => false,
    }
}

fn pace(took: SignedDuration) -> &'static str {
    if took <= IN_TIME { PACES[0] } else { PACES[1] }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use shotengai_contracts::{EventType, samples};

    use super::*;

    #[test]
    fn an_order_is_decided_when_it_is_confirmed_or_cancelled_while_it_is_pending() {
        let cancelled = |from| {
            let mut event = samples::event(EventType::OrderCancelled).unwrap();
            if let Event::OrderCancelled(cancelled) = &mut event {
                cancelled.cancelled_from = from;
            }
            event
        };
        assert!(decides(&cancelled(OrderStage::Pending)) && !decides(&cancelled(OrderStage::Confirmed)));
        let deciding = EventType::ALL.iter().filter(|kind| decides(&samples::event(**kind).unwrap()));
        let names: Vec<_> = deciding.filter(|kind| **kind != EventType::OrderCancelled).collect();
        assert_eq!(names, [&EventType::OrderConfirmed]);
    }

    #[test]
    fn ten_seconds_are_in_time_and_a_clock_that_is_behind_is_too() {
        assert_eq!(pace(IN_TIME), "in_time");
        assert_eq!(pace(SignedDuration::from_millis(10_001)), "late");
        assert_eq!(pace(SignedDuration::from_secs(-1)), "in_time");
        assert!(DECISION_BOUNDARIES.contains(&IN_TIME.as_secs_f64()));
    }
}
