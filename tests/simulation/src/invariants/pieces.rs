//! Whether stock is what came in and what orders took, and the counters are what was sold and what came back.

use std::collections::BTreeMap;

use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Event, aggregates};
use shotengai_inventory::domain::Stock;
use shotengai_kernel::{AggregateId, ProductId};
use shotengai_messaging::{Aggregate, Commit, Infrastructure};
use shotengai_tally::counters::Counters;

use super::refunds::Refunded;
use super::{Orders, events};
use crate::world::World;

/// Of each product, what came in is what is there, what is reserved and what went out, and no commit takes more than there is.
pub(super) fn add_up(world: &World, orders: &Orders, back: &Refunded, commits: &[Commit]) {
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
    let reserved = pieces(orders, &[OrderStage::Paid]);
    let deducted = pieces(orders, &[OrderStage::Shipped]);
    for (index, goods) in world.plan.goods.iter().enumerate() {
        let Some(product) = world.product(index) else {
            world.violation(format!("product {index} was never listed"));
            continue;
        };
        let stock = stocks.get(&aggregates::stock(&product)).copied().unwrap_or_default();
        let added = goods.pieces() + back.restocked(&product);
        let held = reserved.get(&product).copied().unwrap_or(0);
        let gone = deducted.get(&product).copied().unwrap_or(0);
        let expected = Stock { available: added.saturating_sub(held + gone), reserved: held, deducted: gone };
        if held + gone > added || stock != expected {
            world.violation(format!("{product}: {stock:?}, where {added} were added and orders have {expected:?}"));
        }
    }
}

/// All of an order that was cancelled once it was paid comes back, some of it maybe by refunds before; of any other what
/// refunds are for.
pub(super) async fn are_counted(world: &World, orders: &Orders, back: &Refunded) {
    let counters = Counters::new(world.infra.table(tables::TALLY_COUNTERS.name));
    let standings = match counters.standings().await {
        Ok(standings) => standings,
        Err(fault) => return world.violation(fault.to_string()),
    };
    let mut sold: BTreeMap<ProductId, (i64, i64)> = BTreeMap::new();
    for (id, state) in &orders.states {
        let Some(order) = state.placed().filter(|_| orders.paid.contains(id)) else { continue };
        for item in &order.items {
            let pieces = i64::from(item.quantity.get());
            let counts = sold.entry(item.product_id.clone()).or_default();
            counts.0 += pieces;
            counts.1 += match order.stage {
                OrderStage::Cancelled => pieces,
                _ => i64::try_from(back.pieces(id, &item.product_id, |_| true)).unwrap_or(i64::MAX),
            };
        }
    }
    let counted: BTreeMap<_, _> =
        standings.0.iter().map(|(product, standing)| (product.clone(), (standing.sold, standing.returned))).collect();
    if counted != sold {
        world.violation(format!("tally has {counted:?}, orders say {sold:?}"));
    }
}

/// Pieces in orders of these stages.
fn pieces(orders: &Orders, stages: &[OrderStage]) -> BTreeMap<ProductId, u64> {
    let mut pieces = BTreeMap::new();
    for (_, order) in orders.at(stages) {
        for item in &order.items {
            *pieces.entry(item.product_id.clone()).or_default() += u64::from(item.quantity.get());
        }
    }
    pieces
}
