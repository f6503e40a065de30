//! Events of order about refunds by the shop: asked for, paid, or declined by the payment provider.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, OrderId, ProductId, Quantity, RefundId, UserId};

use super::order::{OrderItem, OrderStage};

/// Pieces that a refund is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefundLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Whether the shop has them back and sells them again. Never said of pieces that have not left the house.
    pub restock: bool,
}

/// A refund that was asked for before its order was cancelled, and not declined by then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EarlierRefund {
    /// The refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// Whether the money had gone back. Otherwise the provider had not answered yet.
    pub is_paid: bool,
}

/// The shop gives money back for an order that stays: decided, and not more than what was captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefundRequested {
    /// The refund.
    pub refund_id: RefundId,
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// How much.
    pub amount: Money,
    /// The pieces it is for; none where it is for money alone.
    pub lines: Vec<RefundLine>,
    /// The shop's words about it, for the customer.
    pub reason: String,
    /// SHA-256 of the request's body, to tell a retry from a reused key.
    pub request_fingerprint: String,
}

/// The money of a refund went back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefunded {
    /// The refund.
    pub refund_id: RefundId,
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// How much went back by this refund.
    pub amount: Money,
    /// How much went back by this refund and those before it.
    pub refunded: Money,
    /// The pieces it is for; none where it is for money alone.
    pub lines: Vec<RefundLine>,
    /// The shop's words about it, for the customer.
    pub reason: String,
    /// How far the order had come.
    pub refunded_from: OrderStage,
}

/// The payment provider refused a refund: its amount and its pieces are as if it had never been asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRefundDeclined {
    /// The refund.
    pub refund_id: RefundId,
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// How much it would have been.
    pub amount: Money,
}
