//! Receipts of messages: none comes again from its queue without a cause of its own between the two receipts.
//!
//! A cause is a fault of whoever received it before, of that process or of a call by which its role handles messages, or
//! a wait that the handler asked for and had to: for a product that inventory does not know yet, a reservation, or a mail
//! that somebody else has claimed. So no message is received more often than once, and once more for each such cause.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::{QueueSpec, SHOTENGAI, queues};
use shotengai_contracts::{Event, EventType, Owner, aggregates};
use shotengai_inventory::domain::Reservation;
use shotengai_kernel::{AggregateId, EventId, OrderId, ProductId, Version};
use shotengai_messaging::{Backoff, Delivery, Disposition, EventStore, Handler, RawDelivery};
use shotengai_notification::claims::{LEASE, WATCHED};
use shotengai_notification::domain::mail::OrderMail;

use crate::acknowledged;
use crate::network::Network;
use crate::ports::claim_of;
use crate::uses::may_keep;
use crate::world::World;

/// How much longer than a lease a claim may keep a process waiting that has seen it: until it looks, and is answered.
const UNTIL_SEEN: Duration = Duration::from_secs(2);

/// The last receipt of each message, and what handlers asked to wait for.
#[derive(Debug, Default)]
pub struct Receipts(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By queue and the message's place in it, which two copies of one message don't share.
    last: BTreeMap<(String, String), Last>,
    /// When a handler asked last for a message to come again, and had to; by queue and message.
    waits: BTreeMap<(&'static str, String), Duration>,
    /// Each time that it asked so for an event: when, and for how long.
    asked: BTreeMap<(&'static str, EventId), Vec<(Duration, Duration)>>,
    /// When a mail was claimed last.
    claims: BTreeMap<String, Duration>,
    /// When a life of a process first met a claim: the mail, when it was claimed, and the life.
    met: BTreeMap<(String, Duration, u64), Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Duration,
    process: usize,
}

impl Receipts {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process receives a message. Answers what is wrong with that, if it comes again without a cause.
    pub fn receive(&self, world: &World, queue: &str, process: usize, delivery: &RawDelivery) -> Option<String> {
        let queue = SHOTENGAI.consumed_queues().find(|spec| spec.name == queue)?;
        let place = delivery.receipt.0.split(':').next().unwrap_or_default().to_owned();
        let now = Last { at: world.elapsed(), process };
        let before = self.known().last.insert((queue.name.to_owned(), place), now)?;
        if self.is_explained(world, queue, before, now.at, &delivery.message_id) {
            return None;
        }
        let (name, count, body) = (queue.name, delivery.receive_count, &delivery.body);
        Some(format!("{name}: receipt {count}, at {:?} after {:?}, has no cause: {body}", now.at, before.at))
    }

    fn is_explained(&self, world: &World, queue: &QueueSpec, before: Last, now: Duration, message: &str) -> bool {
        let waited = self.known().waits.get(&(queue.name, message.to_owned())).copied();
        waited.is_some_and(|at| (before.at..=now).contains(&at))
            || world.hold_ups.any_between(
                |process| process == before.process,
                |resource| may_keep(queue.service, resource),
                before.at,
                now,
            )
    }

    /// Somebody has claimed a mail.
    pub fn claim(&self, at: Duration, claim: &str) {
        self.known().claims.insert(claim.to_owned(), at);
    }

    fn wait(&self, at: Duration, queue: &'static str, message: &str) {
        self.known().waits.insert((queue, message.to_owned()), at);
    }

    /// When an event comes again for which its handler had asked before this moment, as it had to; of copies, the first. That
    /// moment itself, if none was waiting.
    pub fn comes_again(&self, queue: &'static str, event: EventId, moment: Duration) -> Duration {
        let known = self.known();
        let asked = known.asked.get(&(queue, event)).into_iter().flatten();
        asked
            .filter(|(at, _)| *at <= moment)
            .map(|(at, after)| *at + *after)
            .filter(|end| *end > moment)
            .min()
            .unwrap_or(moment)
    }

    /// Whether a mail's claim may still keep this life of a process waiting: for a lease since it first met the claim, by
    /// its own watch, whatever any clock says; once more where it had no message to look for it by until it forgot.
    /// A claim that was taken after the handler had `begun` may not be the one that it met.
    fn is_claimed(&self, begun: Duration, now: Duration, claim: &str, life: u64) -> bool {
        let mut known = self.known();
        let Some(claimed_at) = known.claims.get(claim).copied() else { return false };
        if claimed_at >= begun {
            return true;
        }
        let met = known.met.entry((claim.to_owned(), claimed_at, life)).or_insert(now);
        if now + UNTIL_SEEN >= *met + WATCHED {
            *met = now;
        }
        now <= *met + LEASE + UNTIL_SEEN
    }
}

/// A handler that is listened to: for which of its messages it asks that they come again.
pub(crate) struct Overheard {
    pub(crate) inner: Arc<dyn Handler>,
    pub(crate) network: Network,
    pub(crate) queue: &'static QueueSpec,
}

#[async_trait]
impl Handler for Overheard {
    fn events(&self) -> &'static [EventType] {
        self.inner.events()
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let world = self.network.world();
        // What is there when it answers may not have been when it looked.
        let mut lacking = Vec::new();
        for delivery in batch {
            lacking.push(*self.queue == queues::INVENTORY && inventory_lacks(world, delivery).await);
        }
        let begun = world.elapsed();
        let answers = self.inner.handle(batch).await;
        for ((delivery, answer), lacks) in batch.iter().zip(&answers).zip(lacking) {
            let has_to = match answer {
                Disposition::Retry { .. } => lacks,
                Disposition::Waits { .. } => OrderMail::for_event(&delivery.event).is_some_and(|mail| {
                    let claim = claim_of(mail.order_id.as_str(), &mail.which());
                    world.receipts.is_claimed(begun, world.elapsed(), &claim, self.network.life())
                }),
                _ => false,
            };
            if let Disposition::Retry { after: Some(after), .. } = answer
                && has_to
            {
                // What it asks for beyond its bound is its own doing.
                let after = (*after).min(Backoff::patient().bound(delivery.receive_count));
                let mut known = world.receipts.known();
                known.asked.entry((self.queue.name, delivery.envelope.id)).or_default().push((world.elapsed(), after));
            }
            if has_to {
                world.receipts.wait(world.elapsed(), self.queue.name, &delivery.message_id);
            }
        }
        answers
    }
}

/// Whether inventory lacks what an event needs: its products, or its reservation.
async fn inventory_lacks(world: &World, delivery: &Delivery) -> bool {
    let is_open = |order: OrderId| async move {
        let id = aggregates::reservation(&order);
        acknowledged::load::<Reservation>(world, Owner::Inventory, &id).await == Reservation::Open
    };
    match delivery.event.as_ref() {
        Event::OrderPlaced(it) => {
            for item in &it.items {
                if is_unknown(world, &item.product_id).await {
                    return true;
                }
            }
            false
        }
        Event::OrderCancelled(it) => is_open(it.order_id.clone()).await,
        Event::OrderShipped(it) => is_open(it.order_id.clone()).await,
        _ => false,
    }
}

async fn is_unknown(world: &World, product: &ProductId) -> bool {
    let id: AggregateId = aggregates::stock(product);
    let commits = world.infra.memory_event_store(Owner::Inventory).load(&id, Version::ZERO).await;
    commits.is_ok_and(|commits| commits.is_empty())
}
