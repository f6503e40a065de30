//! Events of order: carts, and orders on their way to paid, shipped or cancelled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{CartId, Money, Names, OrderId, PaymentId, ProductId, Quantity, UserId};
use uuid::Uuid;

use super::inventory::StockLine;
use super::refunds::EarlierRefund;

/// A line of an order, with name and price as they were when it was placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderItem {
    /// The product.
    pub product_id: ProductId,
    /// What it was called then.
    pub name: String,
    /// What it was called then in other languages. Words for people alone: who doesn't know them shows the name.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece then.
    pub price: Money,
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Inventory could not reserve every line.
    OutOfStock,
    /// The payment was not authorized.
    PaymentDeclined,
    /// The payment was authorized, but could not be captured.
    CaptureRefused,
    /// The customer asked for it.
    CustomerRequest,
    /// Stock or payment was not secured before the deadline.
    DeadlineExceeded,
}

impl CancelReason {
    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfStock => "out_of_stock",
            Self::PaymentDeclined => "payment_declined",
            Self::CaptureRefused => "capture_refused",
            Self::CustomerRequest => "customer_request",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStage {
    /// Placed; stock and payment are not both secured yet.
    Pending,
    /// Both are secured; the payment is being captured.
    Confirmed,
    /// Paid.
    Paid,
    /// On its way.
    Shipped,
    /// Cancelled.
    Cancelled,
}

impl OrderStage {
    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A product was put into a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemAddedToCart {
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// The product.
    pub product_id: ProductId,
    /// How many pieces came in.
    pub quantity: Quantity,
    /// Price of one piece as shown then. From then on it is the price of all pieces of the line.
    pub price: Money,
    /// Which addition it is, where the request had a key to make it happen once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addition_id: Option<Uuid>,
}

/// A line's quantity was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CartItemChanged {
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// The product.
    pub product_id: ProductId,
    /// The new number of pieces.
    pub quantity: Quantity,
}

/// A line was taken out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemRemovedFromCart {
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// The product.
    pub product_id: ProductId,
}

/// The cart was emptied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CartCleared {
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// The order it became, if it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
}

/// An order was accepted and is pending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// Whether the customer named a means of payment. The provider's token for it is a payment intent, and in no event.
    pub has_payment_token: bool,
    /// SHA-256 of the request's body, to tell a retry from a reused key.
    pub request_fingerprint: String,
}

/// Order has learnt that inventory reserved every line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderStockSecured {
    /// The order.
    pub order_id: OrderId,
}

/// Order has learnt that billing authorized the payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPaymentSecured {
    /// The order.
    pub order_id: OrderId,
    /// The payment, one an order.
    pub payment_id: PaymentId,
}

/// Stock and payment are both secured: the payment may be captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderConfirmed {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// Sum of all lines.
    pub total: Money,
}

/// The payment was captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPaid {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
}

/// The parcel left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderShipped {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
}

/// The order came to nothing; what was reserved is released, what was paid comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// Why.
    pub reason: CancelReason,
    /// How far it had come.
    pub cancelled_from: OrderStage,
    /// What the customer or operator said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The refunds by the shop that came before: each goes back as it was asked for, and the cancellation gives back the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<EarlierRefund>,
    /// The pieces of those whose money had gone back, one line a product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunded_pieces: Vec<StockLine>,
}
