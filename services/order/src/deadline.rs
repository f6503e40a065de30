//! Deadlines of orders: reminders in `order-deadline-queue`, and what is done when one comes.
//!
//! A reminder is the order's `OrderPlaced` as it came, sent before that message is settled: a placed order has a message
//! in one of the two queues until its deadline. Queues hide a message for 900 s at the most, so a reminder that comes
//! early is sent again for the rest. Reminders come more than once, and a cancel by a reminder looks at the order alone,
//! so that changes nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join;
use jiff::SignedDuration;
use shotengai_contracts::{Envelope, Event};
use shotengai_kernel::{AggregateId, Clock, OrderId};
use shotengai_messaging::ports::queue::MAX_DELAY;
use shotengai_messaging::{Delivery, Disposition, Handler, Loaded, Message, Queue, each, send_all, wire};

use crate::aggregate::Orders;
use crate::consumers::unexpected;
use crate::domain::{Order, TooEarly, deadline_passed};

/// Sends reminders. Cheap to clone.
#[derive(Clone)]
pub struct Reminders {
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    patience: SignedDuration,
}

impl Reminders {
    /// Reminders in `queue` of orders that may wait for `patience` after they were placed.
    ///
    /// "Now" is this process's clock and "placed" the clock of the process that wrote the order: a deadline is as exact
    /// as these two agree.
    #[must_use]
    pub fn new(queue: Arc<dyn Queue>, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        Self { queue, clock, patience: SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX) }
    }

    /// How long the order may still wait; none at its deadline and after.
    #[must_use]
    pub fn remaining(&self, placed: &Envelope) -> Option<Duration> {
        let waited = self.clock.now().duration_since(placed.time);
        let remaining = Duration::try_from(self.patience.saturating_sub(waited)).ok()?;
        (!remaining.is_zero()).then_some(remaining)
    }

    /// Sends a reminder of each order placed. One answer a delivery, in order: done once the queue has it.
    pub async fn send(&self, placed: &[&Delivery]) -> Vec<Disposition> {
        let reminders: Vec<_> = placed.iter().map(|delivery| self.reminder(delivery)).collect();
        let sent = send_all(self.queue.as_ref(), &reminders).await;
        let answer =
            |sent: Result<(), _>| sent.map_or_else(|fault| Disposition::from_fault(&fault), |()| Disposition::Done);
        sent.into_iter().map(answer).collect()
    }

    fn reminder(&self, placed: &Delivery) -> Message {
        let Delivery { envelope, body, .. } = placed;
        let remaining = self.remaining(envelope).unwrap_or_default();
        // Up to whole seconds: a reminder that comes a moment early costs another one.
        let seconds = remaining.as_secs().saturating_add(u64::from(remaining.subsec_nanos() > 0));
        Message {
            body: body.to_string(),
            attributes: wire::attributes(&envelope.event_type, envelope.traceparent.as_deref()),
            delay: Duration::from_secs(seconds).min(MAX_DELAY),
        }
    }
}

/// Handles reminders: gives up on orders whose deadline has passed, sends the others again.
pub struct Deadlines {
    orders: Orders,
    reminders: Reminders,
}

impl Deadlines {
    /// A handler over these orders that sends reminders again by `reminders`.
    #[must_use]
    pub const fn new(orders: Orders, reminders: Reminders) -> Self {
        Self { orders, reminders }
    }

    async fn handle_due(&self, delivery: Delivery) -> Disposition {
        match delivery.event.as_ref() {
            Event::OrderPlaced(placed) => self.give_up(&placed.order_id, &delivery).await,
            _ => unexpected(&delivery),
        }
    }

    async fn give_up(&self, order: &OrderId, delivery: &Delivery) -> Disposition {
        // An order is written before it is published; see `TooEarly` for when it may be missing all the same.
        let decide = |order: &Loaded<Order>| match order.state.placed() {
            Some(_) => Ok(deadline_passed(&order.state)),
            None => Err(TooEarly(None)),
        };
        match self.orders.execute(&AggregateId::from(order), &delivery.metadata(), decide).await {
            Ok(_) => Disposition::Done,
            Err(error) => error.into(),
        }
    }
}

#[async_trait]
impl Handler for Deadlines {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let is_early = |delivery: &Delivery| {
            matches!(*delivery.event, Event::OrderPlaced(_)) && self.reminders.remaining(&delivery.envelope).is_some()
        };
        // Asked once: the deadline may pass meanwhile.
        let is_early: Vec<bool> = batch.iter().map(is_early).collect();
        let (mut early, mut due) = (Vec::new(), Vec::new());
        for (delivery, is_early) in batch.iter().zip(&is_early) {
            if *is_early { early.push(delivery) } else { due.push(delivery.clone()) }
        }
        let (early, due) = join(self.reminders.send(&early), each(&due, |delivery| self.handle_due(delivery))).await;
        let (mut early, mut due) = (early.into_iter(), due.into_iter());
        let answers = is_early.into_iter().map(|is_early| if is_early { early.next() } else { due.next() });
        answers.map(|answer| answer.unwrap_or_else(|| Disposition::retry("not answered"))).collect()
    }
}
