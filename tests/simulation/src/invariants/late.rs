//! Whether an order that was given up at its deadline had to be: of what it lacked, which event was where for how long, and
//! what held it up there.
//!
//! An order lacks stock, payment or both. For each there is a way: `OrderPlaced` from order to inventory or billing, and
//! their answer back. Its time is cut into parts, each with those who move an event in it. A part that something held up,
//! on one of them or on what they use for it, is excused; the others together may take a moment.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_contracts::topology::{QueueSpec, STREAM, Service, TOPIC, queues, tables};
use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_kernel::{EventId, OrderId, ProductId};
use shotengai_messaging::Commit;

use super::events;
use crate::uses::{is_used_by, runs};
use crate::world::World;

/// How long a way may take in all where nothing holds it up: calls, lingers and polls. The shortest deadline and the two
/// clocks that are furthest apart leave more.
pub(super) const UNEXCUSED: Duration = Duration::from_secs(8);

/// An event of an order's way, and who wrote it.
#[derive(Clone, Copy)]
struct Step {
    id: EventId,
    owner: Owner,
}

/// What tells of the ways of orders.
pub(super) struct Late<'a> {
    world: &'a World,
    placed: BTreeMap<OrderId, Step>,
    /// What inventory, and what billing, answered to an order.
    stock: BTreeMap<OrderId, Step>,
    payment: BTreeMap<OrderId, Step>,
    /// When inventory first knew a product, and the event that told it.
    introduced: BTreeMap<ProductId, Option<Duration>>,
    created: BTreeMap<ProductId, Step>,
}

/// Parts of a way so far, in words, and how long those took that nothing excuses.
#[derive(Default)]
pub(super) struct Account {
    pub(super) unexcused: Duration,
    pub(super) parts: Vec<String>,
}

impl Account {
    fn add(&mut self, what: &str, from: Duration, to: Duration, excused: bool) {
        let took = to.saturating_sub(from);
        if !excused {
            self.unexcused += took;
        }
        self.parts.push(format!("{what} {from:.1?} to {to:.1?}{}", if excused { ", held up" } else { "" }));
    }
}

impl<'a> Late<'a> {
    pub(super) fn of(world: &'a World, commits: &BTreeMap<Owner, Vec<Commit>>) -> Self {
        let mut late = Self {
            world,
            placed: BTreeMap::new(),
            stock: BTreeMap::new(),
            payment: BTreeMap::new(),
            introduced: BTreeMap::new(),
            created: BTreeMap::new(),
        };
        for (owner, commits) in commits {
            for (envelope, event) in events(commits) {
                late.take(Step { id: envelope.id, owner: *owner }, &event);
            }
        }
        late
    }

    fn take(&mut self, step: Step, event: &Event) {
        match event {
            Event::OrderPlaced(it) => drop(self.placed.insert(it.order_id.clone(), step)),
            Event::StockReserved(it) => drop(self.stock.insert(it.order_id.clone(), step)),
            Event::StockRejected(it) => drop(self.stock.insert(it.order_id.clone(), step)),
            Event::PaymentAuthorized(it) => drop(self.payment.entry(it.order_id.clone()).or_insert(step)),
            Event::PaymentDeclined(it) => drop(self.payment.entry(it.order_id.clone()).or_insert(step)),
            Event::ProductCreated(it) => drop(self.created.insert(it.product_id.clone(), step)),
            Event::StockMoved(it) => {
                let at = self.world.ways.of(step.id).committed;
                self.introduced.entry(it.product_id.clone()).or_insert(at);
            }
            _ => {}
        }
    }

    /// What kept stock from an order that was given up by this event.
    pub(super) fn of_stock(&self, order: &OrderId, products: &[ProductId], given_up: &Envelope) -> Account {
        self.way_to(order, &queues::INVENTORY, self.stock.get(order), products, given_up)
    }

    /// What kept its payment from it.
    pub(super) fn of_payment(&self, order: &OrderId, given_up: &Envelope) -> Account {
        self.way_to(order, &queues::BILLING, self.payment.get(order), &[], given_up)
    }

    fn way_to(
        &self,
        order: &OrderId,
        there: &QueueSpec,
        answer: Option<&Step>,
        products: &[ProductId],
        given_up: &Envelope,
    ) -> Account {
        let mut account = Account::default();
        let end = self.world.ways.of(given_up.id).committed.unwrap_or_default();
        let Some(placed) = self.placed.get(order) else { return account };
        let answered = answer.and_then(|step| self.world.ways.of(step.id).committed);
        self.follow(&mut account, *placed, there, answered, products, end);
        if let (Some(answer), Some(at)) = (answer, answered)
            && at < end
        {
            self.follow(&mut account, *answer, &queues::ORDER, None, &[], end);
        }
        account
    }

    /// From an event's commit until the consumer of a queue has done what it asks for, `end` at the latest.
    fn follow(
        &self,
        account: &mut Account,
        step: Step,
        queue: &QueueSpec,
        done: Option<Duration>,
        products: &[ProductId],
        end: Duration,
    ) {
        let (world, way) = (self.world, self.world.ways.of(step.id));
        let stop = way.stops.get(queue.name).cloned().unwrap_or_default();
        let by = |moment: Option<Duration>| moment.unwrap_or(end).min(end);
        let (committed, streamed, queued) = (by(way.committed), by(way.streamed), by(stop.queued));
        let (received, done) = (by(stop.received), by(done));

        let publishes = |resource: &str| [STREAM, step.owner.as_str()].contains(&resource);
        let excused = match way.process {
            Some(process) if world.plan.changes_feed.is_some() => {
                way.captured_late || world.hold_ups.any(|it| it == process, publishes, committed, streamed)
            }
            _ if world.plan.captured => way.captured_late,
            Some(process) => world.hold_ups.any(|it| it == process, publishes, committed, streamed),
            // Left behind by those who wrote what was there before.
            None => true,
        };
        account.add("into the stream", committed, streamed, excused);

        let bridges = |resource: &str| {
            let used = [STREAM, TOPIC, tables::CHECKPOINTS.name, queues::BRIDGE_DEAD_LETTERS.name];
            used.contains(&resource) || resource.starts_with("shard")
        };
        let excused =
            stop.astray || world.hold_ups.any(|it| runs(it, Service::BRIDGE), bridges, streamed.min(queued), queued);
        account.add(&format!("into {}", queue.name), streamed, queued, excused);

        let uses = |resource: &str| is_used_by(queue.service, resource);
        let excused = world.hold_ups.any(|it| runs(it, queue.service), uses, queued.min(received), received);
        account.add("to be received", queued, received, excused);

        // An order that comes before one of its products waits, and comes again when its handler had asked for that.
        let mut from = received;
        for product in products {
            let known =
                self.introduced.get(product).copied().unwrap_or(Some(end)).map_or(Duration::ZERO, |at| at.min(end));
            let Some(created) = self.created.get(product).filter(|_| known > received && known > from) else {
                continue;
            };
            let mut of_product = Account::default();
            self.follow(&mut of_product, *created, queue, Some(known), &[], known);
            account.unexcused += of_product.unexcused.min(known - from);
            account.parts.push(format!("for {product} until {known:.1?} ({})", of_product.parts.join("; ")));
            from = world.receipts.comes_again(queue.name, step.id, known).min(done.max(known));
        }
        let took = |it: usize| stop.by.contains(&it);
        let excused = world.hold_ups.any(took, uses, received, done);
        account.add("to be done", from.min(done), done, excused);
    }
}
