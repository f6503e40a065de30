//! Whether the provider moved the money of paid orders, and no other.

use std::collections::BTreeSet;

use shotengai_billing::provider::{Answer, Entry, Ledger, Operation};
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::tables;
use shotengai_kernel::PaymentId;
use shotengai_messaging::Infrastructure;

use super::Orders;
use super::refunds::Refunded;
use crate::world::World;

pub(super) async fn nets_to_paid_orders(world: &World, orders: &Orders, back: &Refunded) {
    let ledger = Ledger::new(world.infra.table(tables::BILLING_LEDGER.name));
    let placed = orders.states.iter().filter(|(_, order)| order.placed().is_some());
    let known: BTreeSet<String> = placed.map(|(id, _)| PaymentId::of_order(id).as_str().to_owned()).collect();
    for row in world.infra.memory_table(tables::BILLING_LEDGER.name).all() {
        if !known.contains(&row.key.pk) {
            world.violation(format!("the provider knows {}, and there is no such order: {}", row.key.pk, row.doc));
        }
    }
    for (id, state) in &orders.states {
        let Some(order) = state.placed() else { continue };
        let entries = match ledger.entries(&PaymentId::of_order(id)).await {
            Ok(entries) => entries,
            Err(fault) => return world.violation(fault.to_string()),
        };
        back.are_in_the_ledger(world, id, &entries);
        let done = |operation| {
            let approved =
                |entry: &&Entry| entry.operation == operation && matches!(entry.answer, Answer::Approved { .. });
            entries.iter().filter(approved).map(|entry| entry.amount.minor()).sum::<i64>()
        };
        let mut operations: Vec<_> = entries.iter().map(|entry| (entry.operation.as_str(), entry.refund)).collect();
        operations.sort_unstable_by_key(|(operation, refund)| (*operation, refund.map(|id| id.uuid())));
        if operations.windows(2).any(|pair| pair[0] == pair[1]) {
            world.violation(format!("{id}: the provider did {operations:?}"));
        }
        let captured = done(Operation::Capture) - done(Operation::Refund);
        let held = done(Operation::Authorize) - done(Operation::Void) - done(Operation::Capture);
        let due = match order.stage {
            OrderStage::Paid | OrderStage::Shipped => order.total.minor() - back.amount(id),
            _ => 0,
        };
        if captured != due || held != 0 {
            let stage = order.stage.as_str();
            world.violation(format!("{id} is {stage} of {due}: captured {captured}, still held {held}"));
        }
    }
}
