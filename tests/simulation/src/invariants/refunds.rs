//! Whether each refund by the shop had one answer, rightly, and all of an order together were never of more than it is.

use std::collections::BTreeMap;

use shotengai_billing::provider::{Answer, Entry};
use shotengai_contracts::events::{OrderRefundRequested, OrderRefunded, RefundLine};
use shotengai_contracts::{Event, Owner};
use shotengai_kernel::{OrderId, ProductId, RefundId};
use shotengai_messaging::Commit;
use shotengai_order::orders::domain::{PlacedOrder, RefundState};

use super::{Orders, events};
use crate::plan::tokens;
use crate::world::World;

/// What was asked for, and what went back, by order.
#[derive(Default)]
pub(super) struct Refunded {
    asked: BTreeMap<OrderId, Vec<OrderRefundRequested>>,
    paid: BTreeMap<OrderId, Vec<OrderRefunded>>,
}

impl Refunded {
    /// Reads what went back, and looks at it on the way.
    pub(super) fn of(world: &World, orders: &Orders, commits: &BTreeMap<Owner, Vec<Commit>>) -> Self {
        let (mut back, mut answers) = (Self::default(), BTreeMap::<RefundId, u32>::new());
        let mut standing: BTreeMap<OrderId, Vec<OrderRefundRequested>> = BTreeMap::new();
        let token_refuses = |order: &OrderId| {
            world.request_ledger.accepted().get(order).is_some_and(|it| it.token == Some(tokens::REFUND_DECLINED))
        };
        for (_, event) in events(&commits[&Owner::Order]) {
            match event {
                Event::OrderRefundRequested(it) => {
                    answers.entry(it.refund_id).or_default();
                    let standing = standing.entry(it.order_id.clone()).or_default();
                    standing.push(it.clone());
                    if let Some(order) = orders.states.get(&it.order_id).and_then(|state| state.placed()) {
                        are_no_more_than_it_is(world, order, standing);
                    }
                    back.asked.entry(it.order_id.clone()).or_default().push(it);
                }
                Event::OrderRefundDeclined(it) => {
                    *answers.entry(it.refund_id).or_default() += 1;
                    standing.entry(it.order_id.clone()).or_default().retain(|other| other.refund_id != it.refund_id);
                    if !token_refuses(&it.order_id) {
                        world.violation(format!("refund {} of {} was declined for nothing", it.refund_id, it.order_id));
                    }
                }
                Event::OrderRefunded(it) => {
                    *answers.entry(it.refund_id).or_default() += 1;
                    if token_refuses(&it.order_id) {
                        world.violation(format!("refund {} of {} is not to be had", it.refund_id, it.order_id));
                    }
                    back.paid.entry(it.order_id.clone()).or_default().push(it);
                }
                _ => {}
            }
        }
        for (refund, answers) in answers.iter().filter(|(_, answers)| **answers != 1) {
            world.violation(format!("refund {refund} has {answers} answers"));
        }
        for (order, refund) in world.request_ledger.refunds() {
            let known = orders.states.get(&order).and_then(|it| it.placed()?.refunds.get(refund).cloned());
            if known.is_none_or(|refund| refund.state == RefundState::Requested) {
                world.violation(format!("refund {refund} of {order} was taken on and is not done"));
            }
        }
        back
    }

    /// Refunds of an order that were paid.
    pub(super) fn of_order(&self, order: &OrderId) -> &[OrderRefunded] {
        self.paid.get(order).map_or(&[], Vec::as_slice)
    }

    /// How much of an order went back by them.
    pub(super) fn amount(&self, order: &OrderId) -> i64 {
        self.of_order(order).iter().map(|refund| refund.amount.minor()).sum()
    }

    /// How many pieces of a product in an order they are for.
    pub(super) fn pieces(&self, order: &OrderId, product: &ProductId, counts: impl Fn(&RefundLine) -> bool) -> u64 {
        let lines = self.of_order(order).iter().flat_map(|refund| &refund.lines);
        lines.filter(|line| line.product_id == *product && counts(line)).map(count).sum()
    }

    /// Pieces of a product that are sold again.
    pub(super) fn restocked(&self, product: &ProductId) -> u64 {
        self.paid.keys().map(|order| self.pieces(order, product, |line| line.restock)).sum()
    }

    /// What order says of refunds and what the provider's ledger says of them is the same, one by one.
    pub(super) fn are_in_the_ledger(&self, world: &World, order: &OrderId, ledger: &[Entry]) {
        let mut lines: BTreeMap<RefundId, &Entry> =
            ledger.iter().filter_map(|entry| Some((entry.refund?, entry))).collect();
        for asked in self.asked.get(order).into_iter().flatten() {
            let id = asked.refund_id;
            let paid = self.of_order(order).iter().find(|refund| refund.refund_id == id);
            let Some(line) = lines.remove(&id) else {
                world.violation(format!("the provider never heard of refund {id} of {order}"));
                continue;
            };
            let is_approved = matches!(line.answer, Answer::Approved { .. });
            if line.amount != asked.amount
                || is_approved != paid.is_some()
                || paid.is_some_and(|it| (it.amount, &it.lines) != (asked.amount, &asked.lines))
            {
                world.violation(format!("refund {asked:?} has {paid:?}, and at the provider {line:?}"));
            }
        }
        for id in lines.keys() {
            world.violation(format!("the provider knows refund {id} of {order}, which nobody asked for"));
        }
    }
}

/// Whether refunds that stand at the same time are together of no more money and pieces than the order.
fn are_no_more_than_it_is(world: &World, order: &PlacedOrder, standing: &[OrderRefundRequested]) {
    let id = &order.order_id;
    let amount = standing.iter().map(|refund| refund.amount.minor()).sum::<i64>();
    if amount > order.total.minor() {
        world.violation(format!("{id} costs {}, and {amount} of it was asked back", order.total));
    }
    let mut ordered: BTreeMap<&ProductId, u64> = BTreeMap::new();
    for item in &order.items {
        *ordered.entry(&item.product_id).or_default() += u64::from(item.quantity.get());
    }
    let mut asked: BTreeMap<&ProductId, u64> = BTreeMap::new();
    for line in standing.iter().flat_map(|refund| &refund.lines) {
        *asked.entry(&line.product_id).or_default() += count(line);
    }
    for (product, pieces) in asked {
        if pieces > ordered.get(product).copied().unwrap_or(0) {
            world.violation(format!("{pieces} of {product} were asked back of {id}"));
        }
    }
}

fn count(line: &RefundLine) -> u64 {
    u64::from(line.quantity.get())
}
