//! Refunds by the shop.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{Currency, Decimal, OrderId, ProductId, Quantity, RefundId, Timestamp, Version};

use super::given::given;
use super::parameter::IDEMPOTENCY_KEY;
use super::route::Success;
use super::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use super::{Administrator, ProblemType, Route};
use crate::topology::Service;

/// Gives money back.
pub const REFUND_ORDER: Route<Administrator, OrderId, RefundOrder, RefundAccepted> =
    Route::post("/orders/{id}/refund", Service::ORDER, "refundOrder")
        .about(
            "orders",
            "Refund an order",
            "A part or all of what was paid, in as many steps as are wanted, never more than was captured. `lines` are pieces at \
             the prices that they were ordered at; with `amount` that is given back instead. `amount` alone is money for no \
             pieces; neither of them is all that is left of the order. Pieces with `restock` are sold again, once the order is \
             shipped. The money goes back afterwards: follow `refunds` of the order at `Location`. Send an `Idempotency-Key`: \
             the same request again is then the same refund.",
        )
        .answers(&[Success { status: 202, meaning: "It is on its way, or the same request asked for it before." }])
        .locates()
        .reads(&[&IDEMPOTENCY_KEY])
        .refuses(&[
            &INVALID_TEXT,
            &OUT_OF_RANGE,
            &NOT_IN_ORDER,
            &ORDER_NOT_REFUNDABLE,
            &NOT_RESTOCKABLE,
            &REFUND_TOO_LARGE,
            &TOO_MANY_REFUNDS,
            &IDEMPOTENCY_KEY_REUSED,
        ]);

/// A wish to give money back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    { "lines": [{ "product_id": "prod_kinoko", "quantity": 1 }], "restock": true, "reason": "sent back" },
    { "amount": 100, "reason": "the parcel came late" },
    { "reason": "lost on its way" }
]))]
pub struct RefundOrder {
    /// The pieces that it is for. Two lines of one product are added up where both say the same of `restock`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<RefundLine>", length(min = 1))]
    pub lines: Option<Vec<RefundLine>>,
    /// How much, in major units of the order's currency. For pieces that have not left the house it should be what they cost: an
    /// order that still costs something is shipped.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Decimal", range(min = 0))]
    pub amount: Option<Decimal>,
    /// Whether pieces are sold again whose line says nothing else. An order that is cancelled gives all its pieces free, whatever
    /// its refunds said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restock: bool,
    /// Why, in words for the customer.
    #[schemars(length(min = 1, max = 200))]
    pub reason: String,
}

/// Pieces that a refund is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Whether they are sold again. Left out, it is as the request says of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub restock: Option<bool>,
}

/// A refund was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "refund_id": "019acb5c-36b4-7000-88f1-a1f7d7f2b0c5", "amount": 200,
    "currency": "JPY", "version": 7
}]))]
pub struct RefundAccepted {
    /// The order.
    pub order_id: OrderId,
    /// The refund.
    pub refund_id: RefundId,
    /// How much goes back, in major units.
    pub amount: Number,
    /// The currency of the amount.
    pub currency: Currency,
    /// The order's version.
    pub version: Version,
}

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The payment provider has not answered yet.
    Requested,
    /// The money went back.
    Refunded,
    /// The payment provider refused: nothing went back.
    Declined,
}

/// A refund as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    /// Which.
    pub refund_id: RefundId,
    /// How far it has come.
    pub status: RefundStatus,
    /// How much, in major units of the order's currency.
    pub amount: Number,
    /// The pieces it is for; none where it is for money alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<RefundedLine>,
    /// The shop's words about it; not for those who have no more than a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// Pieces of a refund as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefundedLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Whether they are sold again.
    pub restock: bool,
}

/// 422: `not-in-order`.
pub const NOT_IN_ORDER: ProblemType = ProblemType {
    slug: "not-in-order",
    status: 422,
    title: "Not in the order",
    meaning: "A line of the refund names a product that the order does not have.",
    cure: "Leave out the line that `pointer` names.",
};

/// 409: `order-not-refundable`.
pub const ORDER_NOT_REFUNDABLE: ProblemType = ProblemType {
    slug: "order-not-refundable",
    status: 409,
    title: "Nothing to refund",
    meaning: "Only an order that is `paid` or `shipped` can be refunded.",
    cure: "Wait until it is paid. What was paid for a cancelled order goes back by itself.",
};

/// 409: `not-restockable`.
pub const NOT_RESTOCKABLE: ProblemType = ProblemType {
    slug: "not-restockable",
    status: 409,
    title: "Not shipped yet",
    meaning: "Pieces can be taken back into stock only after they were shipped; until then the order holds them.",
    cure: "Refund without `restock`, ship the order first, or cancel it: then all its pieces can be ordered again.",
};

/// 409: `refund-too-large`.
pub const REFUND_TOO_LARGE: ProblemType = ProblemType {
    slug: "refund-too-large",
    status: 409,
    title: "More than is left",
    meaning: "The refund is of more money, or of more pieces, than the refunds before it have left. Those that the payment \
              provider has not answered yet count.",
    cure: "`detail` says how much is left.",
};

/// 409: `too-many-refunds`.
pub const TOO_MANY_REFUNDS: ProblemType = ProblemType {
    slug: "too-many-refunds",
    status: 409,
    title: "Too many refunds",
    meaning: "An order has at most 20 refunds, those that were declined included.",
    cure: "Give the rest back in another way.",
};
