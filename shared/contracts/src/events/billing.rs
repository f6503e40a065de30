//! Events of billing. An intention (`…Started`) is committed before the provider is called, its result after.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, OrderId, PaymentId, RefundId};

/// What the provider refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclineStage {
    /// The authorization: nothing was held.
    Authorization,
    /// The capture of what had been authorized.
    Capture,
}

/// The amount is held for us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAuthorized {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// The provider's name for it.
    pub provider_reference: String,
}

/// The provider refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentDeclined {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// What it refused.
    pub stage: DeclineStage,
    /// The provider's word for why.
    pub reason: String,
}

/// We are about to capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureStarted {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
}

/// The money is ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentCaptured {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// The provider's name for it.
    pub provider_reference: String,
}

/// We are about to give the hold up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VoidStarted {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
}

/// The hold is gone; nothing was taken. A payment that was voided before it was authorized never will be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentVoided {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// What had been held; none when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// We are about to give the money back, since the order was cancelled: all that no refund by the shop has given back before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefundStarted {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
}

/// The money went back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefunded {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// The provider's name for it.
    pub provider_reference: String,
}

/// We are about to give back what the shop wants to refund of an order that stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShopRefundStarted {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
}

/// A refund that the shop wanted went back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShopRefundPaid {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// The provider's name for it.
    pub provider_reference: String,
}

/// A refund that the shop wanted did not go back, and never will by this refund.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShopRefundDeclined {
    /// The payment, one an order.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The refund.
    pub refund_id: RefundId,
    /// How much it would have been.
    pub amount: Money,
    /// The provider's word for why.
    pub reason: String,
}
