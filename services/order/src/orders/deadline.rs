//! Deadlines of orders: reminders in `order-deadline-queue`, and what is done when one comes.
//!
//! A reminder is the order's `OrderPlaced` as it came, sent before that message is settled: a placed order has a message
//! in one of the two queues until its deadline. Queues hide a message for 900 s at the most, so a reminder that comes
//! early is sent again for the rest. Reminders come more than once, and a cancel by a reminder looks at the order alone,
//! so that changes nothing.
//!
//! The reminders of an order that follow on each other are a chain; each copy of `OrderPlaced` begins one. Where they
//! would go on, all but one end ([`Chains`]), and the chain of an order that waits for nothing any more ends, too.
//!
//! An order that is confirmed holds stock and money, and waits for billing alone. Nothing is decided for it by a clock: the
//! provider may have captured. Its chain goes on, and a reminder that finds it confirmed after its second, longer deadline
//! becomes a dead letter, so that somebody is told. Sent back, it looks again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::SignedDuration;
use shotengai_contracts::{Envelope, Event, EventType};
use shotengai_kernel::{AggregateId, Clock, OrderId};
use shotengai_messaging::handler::Entry;
use shotengai_messaging::ports::queue::MAX_DELAY;
use shotengai_messaging::{
    CommandError, Delivery, Disposition, Fault, Group, GroupHandler, Loaded, Message, Queue, Reason, send_all, wire,
};

use crate::orders::aggregate::Orders;
use crate::orders::chains::{ATTRIBUTE, Chains, Mark};
use crate::orders::domain::{Awaits, Order, TooEarly, awaits, deadline_passed};
use crate::reasons::{NOT_CAPTURED, REASONS};

/// Sends reminders. Cheap to clone.
#[derive(Clone)]
pub struct Reminders {
    queue: Arc<dyn Queue>,
    chains: Chains,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
}

/// For how long an order may wait after it was placed.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For stock and payment to be secured.
    pub securing: Duration,
    /// For its money, once it is confirmed. Never before the other.
    pub capture: Duration,
}

impl Reminders {
    /// Reminders in `queue`, in these chains, of orders that may wait for so long.
    ///
    /// "Now" is this process's clock and "placed" the clock of the process that wrote the order: a deadline is as exact
    /// as these two agree.
    #[must_use]
    pub fn new(queue: Arc<dyn Queue>, chains: Chains, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self { queue, chains, clock, timeouts }
    }

    /// How long the order may still wait for stock and payment; none at its deadline and after.
    #[must_use]
    pub fn remaining(&self, placed: &Envelope) -> Option<Duration> {
        self.remaining_of(self.timeouts.securing, placed)
    }

    /// How long it may still be confirmed without being paid.
    #[must_use]
    pub fn remaining_for_capture(&self, placed: &Envelope) -> Option<Duration> {
        self.remaining_of(self.timeouts.capture.max(self.timeouts.securing), placed)
    }

    fn remaining_of(&self, timeout: Duration, placed: &Envelope) -> Option<Duration> {
        let waited = self.clock.now().duration_since(placed.time);
        let timeout = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
        let remaining = Duration::try_from(timeout.saturating_sub(waited)).ok()?;
        (!remaining.is_zero()).then_some(remaining)
    }

    /// Sends the first reminder of each order placed; done once the queue has it.
    pub async fn send(&self, placed: &mut Group) {
        let placed = placed.iter_mut().map(|entry| (entry, self.chains.mark(1))).collect();
        self.send_each(placed, |placed| self.remaining(placed)).await;
    }

    /// Sends a reminder with this mark for each of these, to come when nothing remains.
    async fn send_each(&self, placed: Vec<(&mut Entry, Mark)>, remaining: impl Fn(&Envelope) -> Option<Duration>) {
        let reminder = |(entry, mark): &(&mut Entry, Mark)| reminder(entry, mark, remaining(&entry.envelope));
        let reminders: Vec<_> = placed.iter().map(reminder).collect();
        let sent = send_all(self.queue.as_ref(), &reminders).await;
        for ((entry, _), sent) in placed.into_iter().zip(sent) {
            entry.answer(sent);
        }
    }
}

fn reminder(placed: &Delivery, mark: &Mark, remaining: Option<Duration>) -> Message {
    let Delivery { envelope, body, .. } = placed;
    let remaining = remaining.unwrap_or_default();
    // Up to whole seconds: a reminder that comes a moment early costs another one.
    let seconds = remaining.as_secs().saturating_add(u64::from(remaining.subsec_nanos() > 0));
    let mut attributes = wire::attributes(&envelope.event_type, envelope.traceparent.as_deref());
    attributes.insert(ATTRIBUTE.to_owned(), mark.text());
    Message { body: body.to_string(), attributes, delay: Duration::from_secs(seconds).min(MAX_DELAY) }
}

/// Handles reminders: gives up on orders whose deadline has passed, tells of those that are confirmed for too long, sends
/// the others again.
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

    /// The mark of the reminder that follows on this one; none where its chain ends.
    async fn next(&self, reminder: &Delivery) -> Result<Option<Mark>, Fault> {
        let Event::OrderPlaced(placed) = reminder.event.as_ref() else { return Ok(None) };
        let order = self.orders.load(&AggregateId::from(&placed.order_id)).await?.state;
        if order.placed().is_some() && awaits(&order) == Awaits::Nothing {
            return Ok(None);
        }
        self.reminders.chains.next(&placed.order_id, reminder).await
    }

    async fn send_again(&self, early: &mut Group) {
        let next = join_all(early.iter().map(|reminder| self.next(reminder))).await;
        let mut going_on = Vec::new();
        for (entry, next) in early.iter_mut().zip(next) {
            match next {
                Ok(Some(mark)) => going_on.push((entry, mark)),
                Ok(None) => entry.answer(Disposition::Done),
                Err(fault) => entry.answer(Err::<(), _>(fault)),
            }
        }
        // An order that goes on after its first deadline is confirmed.
        let remaining = |placed: &Envelope| {
            self.reminders.remaining(placed).or_else(|| self.reminders.remaining_for_capture(placed))
        };
        self.reminders.send_each(going_on, remaining).await;
    }

    /// Answers what the order still waits for.
    async fn give_up(&self, order: &OrderId, delivery: &Delivery) -> Result<Awaits, CommandError<TooEarly>> {
        // An order is written before it is published; see `TooEarly` for when it may be missing all the same.
        let decide = |order: &Loaded<Order>| match order.state.placed() {
            Some(_) => Ok(deadline_passed(&order.state)),
            None => Err(TooEarly(None)),
        };
        let executed = self.orders.execute(&AggregateId::from(order), &delivery.metadata(), decide).await?;
        Ok(awaits(&executed.loaded.state))
    }
}

/// What is to be done with reminders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// They come before their deadline.
    Early,
    /// The deadline of this order has passed.
    Due(OrderId),
    /// No reminders.
    Other,
}

#[async_trait]
impl GroupHandler for Deadlines {
    const EVENTS: &'static [EventType] = &[EventType::OrderPlaced];
    const REASONS: &'static [Reason] = &REASONS;

    type Key = Reminder;

    fn key(&self, delivery: &Delivery) -> Reminder {
        match delivery.event.as_ref() {
            Event::OrderPlaced(_) if self.reminders.remaining(&delivery.envelope).is_some() => Reminder::Early,
            Event::OrderPlaced(placed) => Reminder::Due(placed.order_id.clone()),
            _ => Reminder::Other,
        }
    }

    async fn handle(&self, reminder: Reminder, group: &mut Group) {
        match reminder {
            Reminder::Early => self.send_again(group).await,
            // Copies of one reminder: the first decides for all.
            Reminder::Due(order) => {
                let Some(first) = group.iter().next().map(|entry| entry.delivery().clone()) else { return };
                match self.give_up(&order, &first).await {
                    Ok(Awaits::Capture) if self.reminders.remaining_for_capture(&first.envelope).is_some() => {
                        self.send_again(group).await;
                    }
                    Ok(Awaits::Capture) => {
                        tracing::error!(%order, "confirmed for too long, and neither paid nor cancelled");
                        group.answer_rest(Disposition::reject(
                            NOT_CAPTURED,
                            "the order holds stock and money, and billing has not said whether it captured",
                        ));
                    }
                    given_up => group.answer_rest(given_up.map(drop)),
                }
            }
            Reminder::Other => group.iter_mut().for_each(Entry::unexpected),
        }
    }
}
