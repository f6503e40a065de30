//! One line an order: what was ordered, for how much, what became of it and how long that took.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use shotengai_contracts::events::{CancelReason, OrderItem, OrderStage};
use shotengai_contracts::{Envelope, Event};
use shotengai_kernel::{Money, OrderId};

use super::short;

/// How long an order may take before a line says that it does.
const SLOW: Duration = Duration::from_secs(10);
/// How long an outcome waits for the news that its order was placed: change capture keeps no order among an order's events.
const EARLY: Duration = Duration::from_secs(2);
/// Orders under way that are remembered; of more, only the outcome is told.
const MAX_OPEN: usize = 10_000;

/// Orders under way.
#[derive(Default)]
pub(super) struct Orders {
    open: BTreeMap<OrderId, Open>,
    /// Outcomes of orders of which nobody has told that they were placed.
    early: BTreeMap<OrderId, Early>,
}

struct Early {
    at: Timestamp,
    about: String,
    outcome: String,
}

struct Open {
    placed_at: Timestamp,
    about: String,
    told: bool,
}

impl Orders {
    /// The line that an event asks for, if it does.
    pub(super) fn take(&mut self, envelope: &Envelope, event: &Event) -> Option<String> {
        let now = envelope.time;
        match event {
            Event::OrderPlaced(placed) => {
                let about = about(&placed.order_id, placed.total, &placed.items);
                if let Some(early) = self.early.remove(&placed.order_id) {
                    return Some(line(&about, &early.outcome, now, early.at));
                }
                if self.open.len() < MAX_OPEN {
                    self.open.insert(placed.order_id.clone(), Open { placed_at: now, about, told: false });
                }
                None
            }
            Event::OrderPaid(e) => self.ended(&e.order_id, now, "paid", || about(&e.order_id, e.total, &e.items)),
            Event::OrderCancelled(e) => {
                let outcome = format!("cancelled{}: {}", undone(e.cancelled_from), why(e.reason));
                self.ended(&e.order_id, now, &outcome, || about(&e.order_id, e.total, &e.items))
            }
            Event::OrderShipped(e) => Some(format!("{}  shipped", about(&e.order_id, e.total, &e.items))),
            Event::OrderRefunded(e) => {
                Some(format!("{}  refunded {}", about(&e.order_id, e.total, &e.items), e.amount))
            }
            _ => None,
        }
    }

    /// Lines about orders that take long, each told once, and about outcomes that have waited in vain.
    pub(super) fn slow(&mut self, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        self.early.retain(|_, early| {
            let waits = since(early.at, now) <= EARLY;
            if !waits {
                lines.push(format!("{}  {}", early.about, early.outcome));
            }
            waits
        });
        let slow = self.open.values_mut().filter(|order| !order.told && since(order.placed_at, now) > SLOW);
        lines.extend(slow.map(|order| {
            order.told = true;
            format!("{}  placed → … still pending after {} s", order.about, SLOW.as_secs())
        }));
        lines
    }

    fn ended(&mut self, id: &OrderId, now: Timestamp, outcome: &str, about: impl FnOnce() -> String) -> Option<String> {
        if let Some(open) = self.open.remove(id) {
            return Some(line(&open.about, outcome, open.placed_at, now));
        }
        let early = Early { at: now, about: about(), outcome: outcome.to_owned() };
        if self.early.len() >= MAX_OPEN {
            return Some(format!("{}  {}", early.about, early.outcome));
        }
        self.early.insert(id.clone(), early);
        None
    }
}

fn line(about: &str, outcome: &str, placed_at: Timestamp, ended_at: Timestamp) -> String {
    let took = since(placed_at, ended_at).as_secs_f32();
    format!("{about}  placed → {outcome}, in {took:.2} s")
}

fn about(order: &OrderId, total: Money, items: &[OrderItem]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("{} × {}", item.quantity.get(), item.name)).collect();
    let (first, more) = (lines.iter().take(2).cloned().collect::<Vec<_>>().join(", "), lines.len().saturating_sub(2));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("…{}  {total}  {first}{more}", short(order.as_str()))
}

const fn undone(from: OrderStage) -> &'static str {
    match from {
        OrderStage::Paid | OrderStage::Shipped => " after it was paid",
        OrderStage::Pending | OrderStage::Confirmed | OrderStage::Cancelled => "",
    }
}

const fn why(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::OutOfStock => "out of stock",
        CancelReason::PaymentDeclined => "payment declined",
        CancelReason::CaptureRefused => "payment could not be captured",
        CancelReason::CustomerRequest => "the customer asked for it",
        CancelReason::DeadlineExceeded => "not secured before the deadline",
    }
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shotengai_contracts::{EventType, samples};

    use super::*;

    fn at(event_type: EventType, millis: i64) -> (Envelope, Event) {
        let mut envelope = samples::envelope(event_type).unwrap();
        envelope.time = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis);
        let event = envelope.event().unwrap();
        (envelope, event)
    }

    fn told(orders: &mut Orders, event_type: EventType, millis: i64) -> Option<String> {
        let (envelope, event) = at(event_type, millis);
        orders.take(&envelope, &event)
    }

    #[test]
    fn a_paid_order_is_one_line_with_its_total_and_its_time() {
        let mut orders = Orders::default();
        assert_eq!(told(&mut orders, EventType::OrderPlaced, 1_000), None);
        assert_eq!(told(&mut orders, EventType::OrderConfirmed, 1_500), None);
        let line = told(&mut orders, EventType::OrderPaid, 1_780).unwrap();
        let (_, Event::OrderPaid(paid)) = at(EventType::OrderPaid, 0) else { panic!("not the sample") };
        assert!(line.ends_with("placed → paid, in 0.78 s"), "{line}");
        assert!(line.contains(&paid.total.to_string()) && line.contains(&paid.items[0].name), "{line}");
    }

    #[test]
    fn a_cancelled_order_says_why_even_when_nobody_saw_it_placed() {
        let mut orders = Orders::default();
        assert_eq!(told(&mut orders, EventType::OrderCancelled, 0), None, "it waits for the news that it was placed");
        let after = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        assert!(orders.slow(after(2)).is_empty());
        let [line] = orders.slow(after(3)).try_into().unwrap();
        assert!(orders.slow(after(9)).is_empty(), "once");
        let (_, Event::OrderCancelled(cancelled)) = at(EventType::OrderCancelled, 0) else { panic!("not the sample") };
        assert!(line.contains("cancelled") && line.ends_with(why(cancelled.reason)), "{line}");
    }

    #[test]
    fn an_order_whose_outcome_comes_first_is_one_line_all_the_same() {
        let mut orders = Orders::default();
        assert_eq!(told(&mut orders, EventType::OrderPaid, 1_780), None);
        let line = told(&mut orders, EventType::OrderPlaced, 1_000).unwrap();
        assert!(line.ends_with("placed → paid, in 0.78 s"), "{line}");
        let late = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
        assert!(orders.slow(late).is_empty());
    }

    #[test]
    fn an_order_that_takes_long_is_told_once() {
        let mut orders = Orders::default();
        told(&mut orders, EventType::OrderPlaced, 0);
        let after = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        assert!(orders.slow(after(10)).is_empty());
        assert_eq!(orders.slow(after(11)).len(), 1);
        assert!(orders.slow(after(60)).is_empty());
    }
}
