//! Whether every cancelled order had to be, so that every other one was sold.

use std::collections::BTreeMap;

use shotengai_contracts::events::{CancelReason, OrderCancelled, OrderPlaced, OrderStage, Shortage, StockMoved};
use shotengai_contracts::payment::PaymentToken;
use shotengai_contracts::{Envelope, Event};
use shotengai_inventory::domain::Stock;
use shotengai_kernel::{OrderId, ProductId, Timestamp};
use shotengai_messaging::{Aggregate, Commit};

use super::{Orders, events, intents};
use crate::plan::{Errand, tokens};
use crate::world::World;

/// The furthest that two clocks are apart.
const CLOCKS_APART_SECONDS: i64 = 8;

/// What order promised to customers, what they asked for, and why it broke off.
pub(super) fn every_cancel_has_its_reason(
    world: &World,
    orders: &Orders,
    of_order: &[Commit],
    of_inventory: &[Commit],
) {
    let mut placed: BTreeMap<OrderId, (Timestamp, OrderPlaced)> = BTreeMap::new();
    let shortages = Shortages::of(world, of_inventory);
    for (envelope, event) in events(of_order) {
        match event {
            Event::OrderPlaced(it) => drop(placed.insert(it.order_id.clone(), (envelope.time, it))),
            Event::OrderCancelled(cancelled) => {
                let Some((placed_at, order)) = placed.get(&cancelled.order_id) else { continue };
                if !is_due(world, (*placed_at, order), (envelope, &cancelled), &shortages) {
                    let (id, reason) = (&cancelled.order_id, cancelled.reason.as_str());
                    world.violation(format!("{id} was cancelled for {reason}, and nothing shows it"));
                }
            }
            _ => {}
        }
    }
    for (id, errand) in world.request_ledger.accepted() {
        if placed.get(&id).is_some_and(|(_, order)| !is_what_was_asked_for(world, order, &errand)) {
            world.violation(format!("{id} is another order than {errand:?}"));
        }
    }
    what_was_answered_stays(world, orders);
}

fn is_due(
    world: &World,
    (placed_at, order): (Timestamp, &OrderPlaced),
    (envelope, cancelled): (&Envelope, &OrderCancelled),
    shortages: &Shortages,
) -> bool {
    let token = intents::of(world, order);
    let token = token.as_ref().map(PaymentToken::expose);
    match cancelled.reason {
        CancelReason::CustomerRequest => world.request_ledger.was_asked_to_cancel(&cancelled.order_id),
        CancelReason::PaymentDeclined => token == Some(tokens::DECLINED),
        CancelReason::CaptureRefused => token == Some(tokens::CAPTURE_DECLINED),
        CancelReason::OutOfStock => shortages.were_so(&cancelled.order_id),
        // The clock that finds the deadline passed is the one that dates the cancel. What had answered by then is looked at
        // as it is acknowledged; here, that something kept the rest.
        CancelReason::DeadlineExceeded => {
            let waited = envelope.time.duration_since(placed_at);
            let latest = world.since_the_beginning(envelope.time) + CLOCKS_APART_SECONDS * 1000;
            let held_up = world
                .fault_log
                .first_hold_up()
                .is_some_and(|at| i64::try_from(at.as_millis()).is_ok_and(|at| at <= latest));
            waited.as_millis() >= i128::try_from(world.plan.timeout.as_millis()).unwrap_or(i128::MAX) && held_up
        }
    }
}

fn is_what_was_asked_for(world: &World, order: &OrderPlaced, errand: &Errand) -> bool {
    let mut wanted: BTreeMap<ProductId, u64> = BTreeMap::new();
    for (index, pieces) in &errand.lines {
        if let Some(product) = world.product(*index) {
            *wanted.entry(product).or_default() += u64::from(*pieces);
        }
    }
    let items: BTreeMap<_, _> =
        order.items.iter().map(|item| (item.product_id.clone(), u64::from(item.quantity.get()))).collect();
    let token = intents::of(world, order);
    items == wanted && token.as_ref().map(PaymentToken::expose) == errand.token
}

/// Whoever was told that an order is shipped, or cancelled, was told so for good; and nobody ships without being asked.
fn what_was_answered_stays(world: &World, orders: &Orders) {
    for (id, told) in world.request_ledger.told() {
        let stage = orders.states.get(&id).and_then(|order| order.placed()).map(|order| order.stage);
        if stage != Some(told) {
            world.violation(format!("{id} is {stage:?} and somebody was told that it is {told:?}"));
        }
    }
    let accepted = world.request_ledger.accepted();
    for (id, _) in orders.at(&[OrderStage::Shipped]) {
        if accepted.get(id).is_none_or(|errand| errand.ships.is_none()) {
            world.violation(format!("{id} was shipped and nobody asked for it"));
        }
    }
}

/// The orders that inventory rejected, and whether stock was as short as it said.
struct Shortages(BTreeMap<OrderId, bool>);

impl Shortages {
    fn of(world: &World, commits: &[Commit]) -> Self {
        let mut stocks: BTreeMap<ProductId, Stock> = BTreeMap::new();
        let mut so = BTreeMap::new();
        for transaction in world.transactions.among(commits) {
            let move_of = |event| if let Event::StockMoved(moved) = event { Some(moved) } else { None };
            let moves: Vec<_> = events(transaction).filter_map(|(_, event)| move_of(event)).collect();
            for (_, event) in events(transaction) {
                let Event::StockRejected(it) = event else { continue };
                let short = it.shortages.iter().all(|shortage| is_short(shortage, &stocks, &moves));
                so.insert(it.order_id, short && !it.shortages.is_empty());
            }
            for moved in moves {
                // What can't be applied is a violation of the numbers.
                let _ = stocks.entry(moved.product_id.clone()).or_default().apply(&moved.into());
            }
        }
        Self(so)
    }

    fn were_so(&self, order: &OrderId) -> bool {
        self.0.get(order).copied().unwrap_or(false)
    }
}

/// Whether stock had as few pieces as an order was rejected for, right before it was: to the piece, but for what the same
/// transaction moved before it or after.
fn is_short(shortage: &Shortage, stocks: &BTreeMap<ProductId, Stock>, moves: &[StockMoved]) -> bool {
    let before = stocks.get(&shortage.product_id).copied().unwrap_or_default().available;
    let mut seen = before..=before;
    for moved in moves.iter().filter(|moved| moved.product_id == shortage.product_id) {
        let fewest = seen.start().saturating_sub(moved.reserved.into());
        seen = fewest..=seen.end() + u64::from(moved.added) + u64::from(moved.released);
    }
    seen.contains(&shortage.available.into()) && shortage.available < shortage.requested
}
