//! What is known of an order.

use serde::{Deserialize, Serialize};
use shotengai_contracts::Event;
use shotengai_contracts::events::{CancelReason, OrderItem, OrderPlaced, OrderStage};
use shotengai_kernel::{Money, OrderId, UserId};

/// An order, perhaps not placed yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    placed: Option<PlacedOrder>,
}

/// An order that has been placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedOrder {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines, with names and prices of the moment it was placed.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// How far it has come.
    pub stage: OrderStage,
    /// Whether inventory has reserved every line.
    pub stock_secured: bool,
    /// Whether billing has authorized the payment.
    pub payment_secured: bool,
    /// SHA-256 of the request that placed it.
    pub fingerprint: String,
    /// Why it was cancelled, if it was.
    pub cancel_reason: Option<CancelReason>,
}

impl PlacedOrder {
    fn new(event: &OrderPlaced) -> Self {
        Self {
            order_id: event.order_id.clone(),
            user_id: event.user_id.clone(),
            items: event.items.clone(),
            total: event.total,
            stage: OrderStage::Pending,
            stock_secured: false,
            payment_secured: false,
            fingerprint: event.request_fingerprint.clone(),
            cancel_reason: None,
        }
    }
}

impl Order {
    /// The order, once it has been placed.
    #[must_use]
    pub const fn placed(&self) -> Option<&PlacedOrder> {
        self.placed.as_ref()
    }

    /// Takes a fact in. Facts of other aggregates change nothing.
    pub fn evolve(&mut self, event: &Event) {
        let Some(order) = self.placed.as_mut() else {
            if let Event::OrderPlaced(event) = event {
                self.placed = Some(PlacedOrder::new(event));
            }
            return;
        };
        match event {
            Event::OrderStockSecured(_) => order.stock_secured = true,
            Event::OrderPaymentSecured(_) => order.payment_secured = true,
            Event::OrderConfirmed(_) => order.stage = OrderStage::Confirmed,
            Event::OrderPaid(_) => order.stage = OrderStage::Paid,
            Event::OrderShipped(_) => order.stage = OrderStage::Shipped,
            Event::OrderCancelled(event) => {
                order.stage = OrderStage::Cancelled;
                order.cancel_reason = Some(event.reason);
            }
            _ => {}
        }
    }
}
