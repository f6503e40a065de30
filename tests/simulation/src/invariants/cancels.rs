//! Whether every cancelled order had to be, so that every other one was sold.

use std::collections::BTreeMap;

use shotengai_contracts::events::{CancelReason, OrderCancelled, OrderPlaced, OrderStage, Shortage, StockMoved};
use shotengai_contracts::payment::PaymentToken;
use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_inventory::domain::Stock;
use shotengai_kernel::{OrderId, ProductId, Timestamp};
use shotengai_messaging::{Aggregate, Commit};

use super::late::{Late, UNEXCUSED};
use super::{Orders, events, intents};
use crate::cart_ledger::orders_by_cart;
use crate::plan::{Errand, tokens};
use crate::world::World;

/// An order, and what it has secured so far.
struct Placed {
    at: Timestamp,
    order: OrderPlaced,
    has_stock: bool,
    has_payment: bool,
}

/// What order promised to customers, what they asked for, and why it broke off.
pub(super) fn every_cancel_has_its_reason(world: &World, orders: &Orders, commits: &BTreeMap<Owner, Vec<Commit>>) {
    let mut placed: BTreeMap<OrderId, Placed> = BTreeMap::new();
    let shortages = Shortages::of(world, &commits[&Owner::Inventory]);
    let late = Late::of(world, commits);
    for (envelope, event) in events(&commits[&Owner::Order]) {
        match event {
            Event::OrderPlaced(order) => {
                let known = Placed { at: envelope.time, order, has_stock: false, has_payment: false };
                placed.insert(known.order.order_id.clone(), known);
            }
            Event::OrderStockSecured(it) => {
                if let Some(order) = placed.get_mut(&it.order_id) {
                    order.has_stock = true;
                }
            }
            Event::OrderPaymentSecured(it) => {
                if let Some(order) = placed.get_mut(&it.order_id) {
                    order.has_payment = true;
                }
            }
            Event::OrderCancelled(cancelled) => {
                let Some(order) = placed.get(&cancelled.order_id) else { continue };
                if let Err(why) = is_due(world, order, (envelope, &cancelled), &shortages, &late) {
                    let (id, reason) = (&cancelled.order_id, cancelled.reason.as_str());
                    world.violation(format!("{id} was cancelled for {reason}, and nothing shows it: {why}"));
                }
            }
            _ => {}
        }
    }
    for (id, errand) in world.request_ledger.accepted() {
        if placed.get(&id).is_some_and(|it| !is_what_was_asked_for(world, &it.order, &errand)) {
            world.violation(format!("{id} is another order than {errand:?}"));
        }
    }
    what_was_answered_stays(world, orders);
}

/// Why a cancel was not due, if it was not.
fn is_due(
    world: &World,
    placed: &Placed,
    (envelope, cancelled): (&Envelope, &OrderCancelled),
    shortages: &Shortages,
    late: &Late<'_>,
) -> Result<(), String> {
    let token = intents::of(world, &placed.order);
    let token = token.as_ref().map(PaymentToken::expose);
    let shown = |so: bool, why: &str| if so { Ok(()) } else { Err(why.to_owned()) };
    match cancelled.reason {
        CancelReason::CustomerRequest => {
            shown(world.request_ledger.was_asked_to_cancel(&cancelled.order_id), "nobody asked for it")
        }
        CancelReason::PaymentDeclined => {
            let expired = intents::had_expired(world, &placed.order, envelope.time);
            shown(token == Some(tokens::DECLINED) || expired, "its token is good")
        }
        CancelReason::CaptureRefused => shown(token == Some(tokens::CAPTURE_DECLINED), "its token is good"),
        CancelReason::OutOfStock => shown(shortages.were_so(&cancelled.order_id), "its lines were there"),
        CancelReason::DeadlineExceeded => was_held_up(world, placed, envelope, late),
    }
}

/// Whether an order's deadline had passed, and whether all that it lacked was held up on its way. The clock that finds the
/// deadline passed is the one that dates the cancel.
fn was_held_up(world: &World, placed: &Placed, given_up: &Envelope, late: &Late<'_>) -> Result<(), String> {
    let waited = given_up.time.duration_since(placed.at);
    if waited.as_millis() < i128::try_from(world.plan.timeout.as_millis()).unwrap_or(i128::MAX) {
        return Err(format!("it had waited for {waited:#}"));
    }
    if placed.has_stock && placed.has_payment {
        return Err("it lacked nothing".to_owned());
    }
    let products: Vec<_> = placed.order.items.iter().map(|item| item.product_id.clone()).collect();
    let of_stock = (!placed.has_stock).then(|| late.of_stock(&placed.order.order_id, &products, given_up));
    let of_payment = (!placed.has_payment).then(|| late.of_payment(&placed.order.order_id, given_up));
    for account in of_stock.into_iter().chain(of_payment) {
        if account.unexcused > UNEXCUSED {
            return Err(format!(
                "{:.1?} of its way are without a cause: {}",
                account.unexcused,
                account.parts.join(", ")
            ));
        }
    }
    Ok(())
}

fn is_what_was_asked_for(world: &World, order: &OrderPlaced, errand: &Errand) -> bool {
    let mut wanted: BTreeMap<ProductId, u64> = BTreeMap::new();
    for (index, pieces) in &errand.lines {
        if let Some(product) = world.product(*index) {
            *wanted.entry(product).or_default() += u64::from(*pieces);
        }
    }
    // What was in a cart is another question.
    let of_a_cart = orders_by_cart(&order.user_id);
    let items: BTreeMap<_, _> =
        order.items.iter().map(|item| (item.product_id.clone(), u64::from(item.quantity.get()))).collect();
    let token = intents::of(world, order);
    (of_a_cart || items == wanted) && token.as_ref().map(PaymentToken::expose) == errand.token
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
