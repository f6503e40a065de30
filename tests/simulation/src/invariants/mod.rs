//! What must be so once everything has settled, judged from the stores, the ledger and the mails, and from what people asked
//! for, were told and met.
//!
//! `cancels`: why an order broke off; `late`: what held it up. `money`: the ledger. `mails`: what went out. `letters`: what is
//! dead. `intents`: means of payment. `carts`: what they became. `rows`: read models.
//! `prices`: what products cost. `refunds`: what went back. `pieces`: stock, and what is counted. Here: the rest.

mod cancels;
mod carts;
mod intents;
mod late;
mod letters;
mod mails;
mod money;
mod pieces;
mod prices;
mod refunds;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use shotengai_bridge::change::parts;
use shotengai_contracts::aggregates;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_contracts::{Envelope, Event, OrderEvent, Owner};
use shotengai_kernel::OrderId;
use shotengai_messaging::{Aggregate, Commit};
use shotengai_order::orders::domain::{Order, PlacedOrder};

pub(crate) use self::letters::is_said;
use self::refunds::Refunded;
use crate::ending::{Ending, Endings};
use crate::release::as_committed;
use crate::world::World;

/// Events of the longest story that keeps no snapshots: of an order that was paid and then shipped or cancelled.
const LONGEST_STORY: u64 = 6;
/// What each refund of it adds: that it was asked for, and what came of it.
const OF_A_REFUND: u64 = 2;

/// What order knows in the end.
struct Orders {
    states: BTreeMap<OrderId, Order>,
    /// Those that were paid, whatever came after.
    paid: BTreeSet<OrderId>,
}

/// Looks at everything; what is wrong becomes a violation of the world. Answers what came of orders.
pub async fn check(world: &World) -> Endings {
    let commits: BTreeMap<Owner, Vec<Commit>> =
        Owner::ALL.into_iter().map(|owner| (owner, world.infra.memory_event_store(owner).all_commits())).collect();
    let orders = fold_orders(world, &commits[&Owner::Order]);
    stores_are_whole(world);
    every_order_is_final(world, &orders);
    cancels::every_cancel_has_its_reason(world, &orders, &commits);
    carts::keep_what_they_are_told(world, &commits[&Owner::Order]);
    prices::are_the_last(world, &commits).await;
    every_event_reached_the_stream(world, &commits);
    every_queue_saw_its_events(world, &commits);
    every_copy_has_its_fault(world);
    for found in world.capacity.amplified() {
        world.violation(found);
    }
    every_effect_happened_once(world, &commits);
    what_keeps_no_snapshots_stays_short(world, &commits);
    let back = Refunded::of(world, &orders, &commits);
    pieces::add_up(world, &orders, &back, &commits[&Owner::Inventory]);
    money::nets_to_paid_orders(world, &orders, &back).await;
    mails::were_sent_once(world, &orders, &back);
    pieces::are_counted(world, &orders, &back).await;
    rows::equal_a_fresh_fold(world, &commits);
    letters::are_the_poison(world);
    intents::stand_in_their_table_alone(world, commits.values().flatten());
    endings(&commits)
}

fn endings(commits: &BTreeMap<Owner, Vec<Commit>>) -> Endings {
    let mut endings = Endings::new();
    for (_, event) in commits.values().flat_map(|commits| events(commits)) {
        for ending in Ending::of(&event) {
            *endings.entry(ending).or_default() += 1;
        }
    }
    endings
}

fn events(commits: &[Commit]) -> impl Iterator<Item = (&Envelope, Event)> {
    commits.iter().flat_map(|commit| &commit.events).filter_map(|envelope| Some((envelope, envelope.event().ok()?)))
}

fn fold_orders(world: &World, commits: &[Commit]) -> Orders {
    let mut orders = Orders { states: BTreeMap::new(), paid: BTreeSet::new() };
    for (envelope, event) in events(commits) {
        if carts::is_cart(&envelope.subject) {
            continue;
        }
        let Ok(id) = OrderId::parse(envelope.subject.as_str()) else {
            world.violation(format!("{} among the orders", envelope.subject));
            continue;
        };
        let is_paid = matches!(event, Event::OrderPaid(_));
        let folded = OrderEvent::try_from(event)
            .is_ok_and(|event| orders.states.entry(id.clone()).or_default().apply(&event).is_ok());
        if !folded {
            world.violation(format!("{id} has an event that can't be an order's there: {}", envelope.event_type));
        }
        if is_paid && !orders.paid.insert(id.clone()) {
            world.violation(format!("{id} was paid twice"));
        }
    }
    orders
}

impl Orders {
    fn at(&self, stages: &[OrderStage]) -> impl Iterator<Item = (&OrderId, &PlacedOrder)> {
        let placed = self.states.iter().filter_map(|(id, order)| Some((id, order.placed()?)));
        placed.filter(|(_, order)| stages.contains(&order.stage))
    }
}

/// Of what publishers and sweepers put into the stream; what changes are captured twice is DynamoDB's.
fn every_copy_has_its_fault(world: &World) {
    let mut counts: BTreeMap<_, (u64, String)> = BTreeMap::new();
    for record in world.records() {
        if let Ok(event) = Envelope::from_json(&record.data) {
            counts.entry(event.id).or_insert_with(|| (0, format!("{} of {}", event.event_type, event.subject))).0 += 1;
        }
    }
    for (id, (count, what)) in counts {
        let excused = world.copies.excused(id);
        if count > 1 + excused {
            world.violation(format!("{what} came {count} times into the stream, {excused} copies have a fault"));
        }
    }
    for found in world.copies.chains_beside_each_other() {
        world.violation(found);
    }
}

fn stores_are_whole(world: &World) {
    for owner in Owner::ALL {
        for found in world.infra.memory_event_store(owner).inconsistencies() {
            world.violation(format!("{}: {found}", owner.as_str()));
        }
    }
}

fn every_order_is_final(world: &World, orders: &Orders) {
    for order in world.request_ledger.accepted().keys() {
        if !orders.states.contains_key(order) {
            world.violation(format!("{order} was accepted and is not in the store"));
        }
    }
    for (id, order) in orders.at(&[OrderStage::Pending, OrderStage::Confirmed]) {
        world.violation(format!("{id} is still {}", order.stage.as_str()));
    }
}

fn every_event_reached_the_stream(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    let records = world.records();
    let mut streamed: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for part in records.iter().flat_map(|record| parts(&record.data)).filter_map(Result::ok) {
        streamed.entry(part.id).or_default().insert(as_committed(&part.body));
    }
    for commit in commits.values().flatten() {
        for (envelope, text) in commit.events.iter().zip(commit.events.texts()) {
            let (event_type, subject) = (&envelope.event_type, &envelope.subject);
            match streamed.get(&envelope.id) {
                None => world.violation(format!("{event_type} of {subject} never reached the stream")),
                Some(bodies) if bodies.iter().any(|body| **body != **text) => {
                    world.violation(format!("{event_type} of {subject} stands in the stream otherwise than committed"));
                }
                Some(_) => {}
            }
        }
    }
}

/// What the topic lost to one of its queues, another invariant may excuse: an order that never heard of its stock is given
/// up at its deadline.
fn every_queue_saw_its_events(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    for (envelope, event) in commits.values().flat_map(|commits| events(commits)) {
        let way = world.ways.of(envelope.id);
        for queue in SHOTENGAI.subscribed_queues().filter(|queue| queue.events().contains(&event.event_type())) {
            if way.stops.get(queue.name).is_none_or(|stop| stop.received.is_none() && !stop.discarded) {
                let (what, subject) = (&envelope.event_type, &envelope.subject);
                world.violation(format!("{what} of {subject} was never received from {}", queue.name));
            }
        }
    }
}

/// Products, stocks and carts have many events of a kind; whatever else there is has one of each.
fn every_effect_happened_once(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    let mut seen = BTreeSet::new();
    for (envelope, event) in commits.values().flat_map(|commits| events(commits)) {
        let repeats = matches!(event, Event::StockMoved(_) | Event::ProductUpdated(_) | Event::ProductPriceChanged(_))
            || carts::is_cart(&envelope.subject);
        let which = envelope.data["refund_id"].as_str().map(str::to_owned);
        if !repeats && !seen.insert((envelope.subject.clone(), envelope.event_type.clone(), which)) {
            world.violation(format!("{} of {} happened twice", envelope.event_type, envelope.subject));
        }
    }
}

/// Orders, payments, reservations and additions are loaded whole each time: no story of theirs may go on for ever, however
/// often its messages come and whoever dies in it.
fn what_keeps_no_snapshots_stays_short(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    let errands = world.plan.errands.iter().chain(world.plan.baskets.iter().map(|basket| &basket.errand));
    let refunds = errands.map(|errand| errand.refunds.len()).max().and_then(|most| u64::try_from(most).ok());
    let longest = LONGEST_STORY + OF_A_REFUND * refunds.unwrap_or(0);
    for owner in [Owner::Order, Owner::Billing, Owner::Inventory] {
        for commit in &commits[&owner] {
            let (subject, version) = (&commit.aggregate_id, commit.last_version().get());
            let keeps_snapshots = aggregates::STOCK.name_in(subject.as_str()).is_some() || carts::is_cart(subject);
            if version > longest && !keeps_snapshots {
                world.violation(format!("{subject} keeps no snapshots and is at version {version}"));
            }
        }
    }
}
