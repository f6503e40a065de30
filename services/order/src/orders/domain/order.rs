//! What is known of an order.

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::{CancelReason, OrderItem, OrderPlaced, OrderStage};
use shotengai_contracts::{Misplaced, OrderEvent};
use shotengai_kernel::{Money, OrderId, UserId};

use super::refunds::{RefundState, Refunds};

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
    /// The amount and pieces that the shop gives back.
    #[serde(default)]
    pub refunds: Refunds,
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
            refunds: Refunds::default(),
        }
    }
}

impl Order {
    /// The order, once it has been placed.
    #[must_use]
    pub const fn placed(&self) -> Option<&PlacedOrder> {
        self.placed.as_ref()
    }

    /// Takes a fact in.
    ///
    /// # Errors
    /// [`Misplaced`] for a cart's facts and those that don't follow what came before: nothing changes then.
    pub fn evolve(&mut self, event: &OrderEvent) -> Result<(), Misplaced> {
        match (self.placed.as_mut(), event) {
            (None, OrderEvent::OrderPlaced(event)) => self.placed = Some(PlacedOrder::new(event)),
            (Some(order), OrderEvent::OrderStockSecured(_)) => order.stock_secured = true,
            (Some(order), OrderEvent::OrderPaymentSecured(_)) => order.payment_secured = true,
            (Some(order), OrderEvent::OrderConfirmed(_)) => order.stage = OrderStage::Confirmed,
            (Some(order), OrderEvent::OrderPaid(_)) => order.stage = OrderStage::Paid,
            (Some(order), OrderEvent::OrderShipped(_)) => order.stage = OrderStage::Shipped,
            (Some(order), OrderEvent::OrderCancelled(event)) => {
                order.stage = OrderStage::Cancelled;
                order.cancel_reason = Some(event.reason);
            }
            (Some(order), OrderEvent::OrderRefundRequested(event)) if order.refunds.get(event.refund_id).is_none() => {
                order.refunds.push(event);
            }
            (Some(order), OrderEvent::OrderRefunded(it)) if order.refunds.get(it.refund_id).is_some() => {
                order.refunds.set(it.refund_id, RefundState::Paid);
            }
            (Some(order), OrderEvent::OrderRefundDeclined(it)) if order.refunds.get(it.refund_id).is_some() => {
                order.refunds.set(it.refund_id, RefundState::Declined);
            }
            (
                _,
                OrderEvent::OrderRefundRequested(_) | OrderEvent::OrderRefunded(_) | OrderEvent::OrderRefundDeclined(_),
            )
            | (Some(_), OrderEvent::OrderPlaced(_))
            | (
                None,
                OrderEvent::OrderStockSecured(_)
                | OrderEvent::OrderPaymentSecured(_)
                | OrderEvent::OrderConfirmed(_)
                | OrderEvent::OrderPaid(_)
                | OrderEvent::OrderShipped(_)
                | OrderEvent::OrderCancelled(_),
            )
            | (
                _,
                OrderEvent::ItemAddedToCart(_)
                | OrderEvent::CartItemChanged(_)
                | OrderEvent::ItemRemovedFromCart(_)
                | OrderEvent::CartCleared(_),
            ) => return Err(Misplaced::of(event)),
        }
        Ok(())
    }
}
