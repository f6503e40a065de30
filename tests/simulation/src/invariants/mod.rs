//! What must be so once everything has settled, judged from the stores, the ledger and the mails, and from what people asked
//! for, were told and met.
//!
//! `cancels`: why an order broke off; `late`: what held it up. `money`: the ledger. `mails`: what went out. `letters`: what is
//! dead. `intents`: means of payment. `carts`: what they became. `rows`: read models.
//! `prices`: what products cost. Here: the rest.

mod cancels;
mod carts;
mod intents;
mod late;
mod letters;
mod mails;
mod money;
mod prices;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use shotengai_bridge::change::parts;
use shotengai_contracts::aggregates;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::{SHOTENGAI, tables};
use shotengai_contracts::{Envelope, Event, OrderEvent, Owner};
use shotengai_inventory::domain::Stock;
use shotengai_kernel::{AggregateId, OrderId, ProductId};
use shotengai_messaging::{Aggregate, Commit, Infrastructure};
use shotengai_order::orders::domain::Order;
use shotengai_tally::counters::Counters;

pub(crate) use self::letters::is_said;
use crate::ending::{Ending, Endings};
use crate::release::as_committed;
use crate::world::World;

/// Events of the longest story that keeps no snapshots: of an order that was paid and then shipped or cancelled.
const LONGEST_STORY: u64 = 6;

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
    stock_adds_up(world, &orders, &commits[&Owner::Inventory]);
    money::nets_to_paid_orders(world, &orders).await;
    mails::were_sent_once(world, &orders);
    tally_is_what_was_paid(world, &orders).await;
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
    fn at(
        &self,
        stages: &[OrderStage],
    ) -> impl Iterator<Item = (&OrderId, &shotengai_order::orders::domain::PlacedOrder)> {
        let placed = self.states.iter().filter_map(|(id, order)| Some((id, order.placed()?)));
        placed.filter(|(_, order)| stages.contains(&order.stage))
    }

    fn pieces(&self, stages: &[OrderStage]) -> BTreeMap<ProductId, u64> {
        let mut pieces = BTreeMap::new();
        for (_, order) in self.at(stages) {
            for item in &order.items {
                *pieces.entry(item.product_id.clone()).or_default() += u64::from(item.quantity.get());
            }
        }
        pieces
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
        if !repeats && !seen.insert((envelope.subject.clone(), envelope.event_type.clone())) {
            world.violation(format!("{} of {} happened twice", envelope.event_type, envelope.subject));
        }
    }
}

/// Orders, payments, reservations and additions are loaded whole each time: no story of theirs may go on for ever, however
/// often its messages come and whoever dies in it.
fn what_keeps_no_snapshots_stays_short(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    for owner in [Owner::Order, Owner::Billing, Owner::Inventory] {
        for commit in &commits[&owner] {
            let (subject, version) = (&commit.aggregate_id, commit.last_version().get());
            let keeps_snapshots = aggregates::STOCK.name_in(subject.as_str()).is_some() || carts::is_cart(subject);
            if version > LONGEST_STORY && !keeps_snapshots {
                world.violation(format!("{subject} keeps no snapshots and is at version {version}"));
            }
        }
    }
}

fn stock_adds_up(world: &World, orders: &Orders, commits: &[Commit]) {
    let mut stocks: BTreeMap<AggregateId, Stock> = BTreeMap::new();
    let mut running: BTreeMap<AggregateId, [i64; 2]> = BTreeMap::new();
    for (envelope, event) in events(commits) {
        if let Event::StockMoved(moved) = &event {
            let [added, reserved, released, deducted] =
                [moved.added, moved.reserved, moved.released, moved.deducted].map(i64::from);
            let now = running.entry(envelope.subject.clone()).or_default();
            *now = [now[0] + added - reserved + released, now[1] + reserved - released - deducted];
            if now.iter().any(|pieces| *pieces < 0) {
                world.violation(format!("{} fell below zero: {now:?} available and reserved", envelope.subject));
            }
            if let Err(misplaced) = stocks.entry(envelope.subject.clone()).or_default().apply(&moved.clone().into()) {
                world.violation(format!("{}: {misplaced}", envelope.subject));
            }
        }
    }
    let reserved = orders.pieces(&[OrderStage::Paid]);
    let deducted = orders.pieces(&[OrderStage::Shipped]);
    for (index, goods) in world.plan.goods.iter().enumerate() {
        let Some(product) = world.product(index) else {
            world.violation(format!("product {index} was never listed"));
            continue;
        };
        let stock = stocks.get(&aggregates::stock(&product)).copied().unwrap_or_default();
        let added = goods.pieces();
        let held = reserved.get(&product).copied().unwrap_or(0);
        let gone = deducted.get(&product).copied().unwrap_or(0);
        let expected = Stock { available: added.saturating_sub(held + gone), reserved: held, deducted: gone };
        if held + gone > added || stock != expected {
            world.violation(format!("{product}: {stock:?}, where {added} were added and orders have {expected:?}"));
        }
    }
}

async fn tally_is_what_was_paid(world: &World, orders: &Orders) {
    let counters = Counters::new(world.infra.table(tables::TALLY_COUNTERS.name));
    let standings = match counters.standings().await {
        Ok(standings) => standings,
        Err(fault) => return world.violation(fault.to_string()),
    };
    let mut sold: BTreeMap<ProductId, (i64, i64)> = BTreeMap::new();
    for (id, state) in &orders.states {
        let Some(order) = state.placed().filter(|_| orders.paid.contains(id)) else { continue };
        for item in &order.items {
            let counts = sold.entry(item.product_id.clone()).or_default();
            counts.0 += i64::from(item.quantity.get());
            counts.1 += if order.stage == OrderStage::Cancelled { i64::from(item.quantity.get()) } else { 0 };
        }
    }
    let counted: BTreeMap<_, _> =
        standings.0.iter().map(|(product, standing)| (product.clone(), (standing.sold, standing.returned))).collect();
    if counted != sold {
        world.violation(format!("tally has {counted:?}, orders say {sold:?}"));
    }
}
