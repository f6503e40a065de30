//! What people asked of orders, and what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{OrderId, RefundId};

use crate::plan::Errand;

/// All that was asked and told.
#[derive(Debug, Default)]
pub struct RequestLedger(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    accepted: BTreeMap<OrderId, Errand>,
    unwanted: BTreeSet<OrderId>,
    told: Vec<(OrderId, OrderStage)>,
    refunds: BTreeSet<(OrderId, RefundId)>,
}

impl RequestLedger {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A customer was told that the order is accepted, which came of this errand.
    pub fn accept(&self, order: &OrderId, errand: &Errand) {
        self.heard().accepted.insert(order.clone(), errand.clone());
    }

    /// Every order that a customer was told is accepted.
    #[must_use]
    pub fn accepted(&self) -> BTreeMap<OrderId, Errand> {
        self.heard().accepted.clone()
    }

    /// An order's owner begins to ask for its cancel.
    pub fn ask_to_cancel(&self, order: &OrderId) {
        self.heard().unwanted.insert(order.clone());
    }

    /// Whether an order's owner has asked to cancel it.
    #[must_use]
    pub fn was_asked_to_cancel(&self, order: &OrderId) -> bool {
        self.heard().unwanted.contains(order)
    }

    /// Somebody was told that an order is shipped, or cancelled.
    pub fn tell(&self, order: &OrderId, stage: OrderStage) {
        self.heard().told.push((order.clone(), stage));
    }

    /// The administrator was told that this goes back.
    pub fn ask_to_refund(&self, order: &OrderId, refund: RefundId) {
        self.heard().refunds.insert((order.clone(), refund));
    }

    /// Every refund that the administrator was told of.
    #[must_use]
    pub fn refunds(&self) -> BTreeSet<(OrderId, RefundId)> {
        self.heard().refunds.clone()
    }

    /// What somebody was told of orders.
    #[must_use]
    pub fn told(&self) -> Vec<(OrderId, OrderStage)> {
        self.heard().told.clone()
    }
}
