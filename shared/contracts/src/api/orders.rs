//! Orders: placing, following, cancelling, shipping.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use shotengai_kernel::{Currency, Names, OrderId, ProductId, Quantity, Timestamp, UserId, Version};

use super::as_of::{AS_OF, AS_OF_AHEAD, AS_OF_TOO_FAR, NOT_THERE_YET};
use super::carts::{CART_CHANGED, IF_MATCH, PRICES_CHANGED};
use super::filters::{ORDER_SORT, ORDERED_BY, ORDERED_PRODUCT, PLACED_AFTER, PLACED_BEFORE};
use super::given::given;
use super::listed::{Listed, ROW_DAMAGED};
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::{IDEMPOTENCY_KEY, Parameter};
use super::position::POSITION;
use super::refunds::Refund;
use super::route::Success;
use super::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use super::{Administrator, Customer, LinkHolder, Page, ProblemType, Route};
use crate::events::{CancelReason, OrderStage};
use crate::payment::PaymentToken;
use crate::topology::Service;

const TAG: &str = "orders";
/// For this caller only.
const PRIVATE: &str = "private, no-store";

/// Places an order.
pub const PLACE_ORDER: Route<Customer, (), PlaceOrder, OrderAccepted> = Route::post("/orders", Service::ORDER, "placeOrder")
    .about(
        TAG,
        "Place an order",
        "Of `items`, at the prices of this moment; without them, of what is in one's cart, which is empty then. Stock and \
         payment are secured afterwards: follow the order at `Location`. Send an `Idempotency-Key`: the same request again is \
         then the same order, however often it is sent. A cart at one version is one order without a key, too.",
    )
    .answers(&[Success { status: 202, meaning: "The order is placed, or the same request placed it before." }])
    .locates()
    .reads(&[&IDEMPOTENCY_KEY, &IF_MATCH])
    .refuses(&[
        &EMPTY_ORDER,
        &TOO_MANY_LINES,
        &OUT_OF_RANGE,
        &UNKNOWN_PRODUCT,
        &TOTAL_OUT_OF_RANGE,
        &IDEMPOTENCY_KEY_REUSED,
        &TOO_MANY_PENDING_ORDERS,
        &CART_CHANGED,
        &PRICES_CHANGED,
    ]);

/// One's orders; everybody's for an administrator.
pub const LIST_ORDERS: Route<Customer, (), (), Page<Listed<Order>>> =
    Route::get("/orders", Service::QUERY, "listOrders")
        .about(
            TAG,
            "One's orders",
            "Newest first unless `sort` says otherwise, in pages. An administrator sees everybody's.",
        )
        .cached(PRIVATE)
        .reads(&[
            &STATUS,
            &PLACED_AFTER,
            &PLACED_BEFORE,
            &ORDERED_PRODUCT,
            &ORDERED_BY,
            &ORDER_SORT,
            &LIMIT,
            &CURSOR,
            &MIN_VERSION,
            &POSITION,
        ])
        .refuses(&[&NOT_CAUGHT_UP]);

/// One order.
pub const GET_ORDER: Route<LinkHolder, OrderId, (), Order> = Route::get("/orders/{id}", Service::QUERY, "getOrder")
    .about(
        TAG,
        "One order",
        "Somebody else's looks the same as none, except to an administrator. With the `key` of a mail's link no token is \
         needed; `user_id` and `note` are then left out.",
    )
    .answers(&[
        Success { status: 200, meaning: "The order." },
        Success { status: 303, meaning: "A browser that follows a mail's link is led to the page." },
    ])
    .cached(PRIVATE)
    .reads(&[&KEY, &MIN_VERSION, &POSITION, &AS_OF])
    .refuses(&[&NOT_CAUGHT_UP, &ROW_DAMAGED, &AS_OF_AHEAD, &NOT_THERE_YET, &AS_OF_TOO_FAR]);

/// An order's events.
pub const ORDER_EVENTS: Route<Customer, OrderId, (), OrderEvents> = Route::get(
    "/orders/{id}/events",
    Service::ORDER,
    "listOrderEvents",
)
.about(
    TAG,
    "What happened to an order",
    "Oldest first, as the order itself has it, never behind. While an order is `pending`, the event that is not there \
         (`OrderStockSecured`, `OrderPaymentSecured`) says what it waits for.",
);

/// Cancels an order.
pub const CANCEL_ORDER: Route<Customer, OrderId, CancelOrder, OrderMoved> =
    Route::post("/orders/{id}/cancel", Service::ORDER, "cancelOrder")
        .about(TAG, "Cancel an order", "Until it is shipped. What was reserved is released; what was paid comes back, but for what the shop has refunded before.")
        .answers(&[Success { status: 202, meaning: "It is cancelled, or was." }])
        .locates()
        .body_may_be_left_out()
        .refuses(&[&INVALID_TEXT, &ORDER_ALREADY_SHIPPED]);

/// Ships an order.
pub const SHIP_ORDER: Route<Administrator, OrderId, (), OrderMoved> =
    Route::post("/orders/{id}/ship", Service::ORDER, "shipOrder")
        .about(TAG, "Ship an order", "")
        .answers(&[
            Success { status: 202, meaning: "It is on its way." },
            Success { status: 200, meaning: "It was on its way before." },
        ])
        .locates()
        .refuses(&[&ORDER_NOT_SHIPPABLE]);

/// Only orders that have come so far.
pub const STATUS: Parameter = Parameter::query(
    "status",
    "Only orders that have come so far.",
    |generator| generator.subschema_for::<OrderStage>(),
    "paid",
);

/// What a link to an order is signed with.
pub const KEY: Parameter = Parameter::query(
    "key",
    "What a mail's link to the order is signed with, in place of a token.",
    |_| json_schema!({ "type": "string" }),
    "c2lnbmF0dXJl",
);

/// A wish to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    { "items": [{ "product_id": "prod_kinoko", "quantity": 2 }], "payment_token": "tok_visa" }, { "accept_prices": true }
]))]
pub struct PlaceOrder {
    /// What, and how many: 1 to 50 products. Two lines of one product are added up. Left out, what is in the cart is ordered.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<OrderLine>", length(min = 1))]
    pub items: Option<Vec<OrderLine>>,
    /// Whether a cart is ordered whose products cost something else by now than when they were put in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_prices: bool,
    /// The payment provider's token for the means of payment. Never a card number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_token: Option<PaymentToken>,
}

/// So many pieces of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// An order was accepted. Said of the moment it was: a repeated request gets the same answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "currency": "JPY", "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "status": "pending", "total": 400, "version": 1
}]))]
pub struct OrderAccepted {
    /// The currency of the total.
    pub currency: Currency,
    /// The order.
    pub order_id: OrderId,
    /// How far it has come.
    pub status: OrderStage,
    /// Sum of all lines, in major units.
    pub total: Number,
    /// The order's version.
    pub version: Version,
}

/// An order went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "status": "shipped", "version": 6
}]))]
pub struct OrderMoved {
    /// The order.
    pub order_id: OrderId,
    /// How far it has come.
    pub status: OrderStage,
    /// The order's version.
    pub version: Version,
}

/// What a customer may say about a cancellation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "reason": "changed my mind" }, {}]))]
pub struct CancelOrder {
    /// Why, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub reason: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderItem {
    /// The product.
    pub product_id: ProductId,
    /// What it was called when ordered.
    pub name: String,
    /// What it was called then in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece when ordered, in major units of the order's currency.
    pub price: Number,
}

/// An order as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "order_id": "ord_019acb5c36b4700088f1a1f7d7f2b0c4", "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4", "status": "paid",
    "items": [{ "product_id": "prod_kinoko", "name": "きのこの山", "quantity": 2, "price": 200 }], "total": 400,
    "currency": "JPY", "placed_at": "2026-11-28T12:34:56.789012Z", "version": 5
}]))]
pub struct Order {
    /// Which.
    pub order_id: OrderId,
    /// Whose; not for those who have no more than a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UserId")]
    pub user_id: Option<UserId>,
    /// How far it has come.
    pub status: OrderStage,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// Sum of all lines, in major units.
    pub total: Number,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Why it was cancelled, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CancelReason")]
    pub reason: Option<CancelReason>,
    /// What was said about the cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub note: Option<String>,
    /// How much the shop has given back, in major units; left out while there is no refund. What goes back because the order
    /// was cancelled is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Number")]
    pub refunded: Option<Number>,
    /// Refunds by the shop, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Its version.
    pub version: Version,
}

/// All events of an order, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderEvents {
    /// The events.
    pub items: Vec<OrderEvent>,
}

/// One event as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderEvent {
    /// Its payload in today's shape; amounts are in major units of `currency`.
    pub data: Value,
    /// When it was decided.
    pub time: Timestamp,
    /// Its type: `OrderPlaced`, `OrderStockSecured`, `OrderPaymentSecured`, `OrderConfirmed`, `OrderPaid`, `OrderShipped`,
    /// `OrderCancelled`, `OrderRefundRequested`, `OrderRefunded`, `OrderRefundDeclined`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its number among the order's events, from 1.
    pub version: Version,
}

/// 422: `empty-order`.
pub const EMPTY_ORDER: ProblemType = ProblemType {
    slug: "empty-order",
    status: 422,
    title: "The order is empty",
    meaning: "The order has no line: `items` is empty or, where it is left out, the cart. It needs at least one.",
    cure: "Name products and quantities in `items`, or put them into the cart first.",
};

/// 409: `order-already-shipped`.
pub const ORDER_ALREADY_SHIPPED: ProblemType = ProblemType {
    slug: "order-already-shipped",
    status: 409,
    title: "Already shipped",
    meaning: "The order is shipped, and a shipped order can't be cancelled.",
    cure: "Nothing by this interface; the goods have to be sent back.",
};

/// 409: `order-not-shippable`.
pub const ORDER_NOT_SHIPPABLE: ProblemType = ProblemType {
    slug: "order-not-shippable",
    status: 409,
    title: "Not ready to be shipped",
    meaning: "Only a paid order can be shipped, and not one of which all money was refunded.",
    cure: "Wait until the order is `paid`. A cancelled order never will be.",
};

/// 422: `too-many-lines`.
pub const TOO_MANY_LINES: ProblemType = ProblemType {
    slug: "too-many-lines",
    status: 422,
    title: "Too many products",
    meaning: "An order has at most 50 products, and so has a cart.",
    cure: "Split it into several orders.",
};

/// 409: `too-many-pending-orders`.
pub const TOO_MANY_PENDING_ORDERS: ProblemType = ProblemType {
    slug: "too-many-pending-orders",
    status: 409,
    title: "Too many orders are pending",
    meaning: "As many orders of this customer as there may be are `pending`. None was placed.",
    cure: "Wait until one of them is confirmed, or cancel one.",
};

/// 422: `total-out-of-range`.
pub const TOTAL_OUT_OF_RANGE: ProblemType = ProblemType {
    slug: "total-out-of-range",
    status: 422,
    title: "The total is too large",
    meaning: "The order's total has more than 15 digits of minor units.",
    cure: "Order fewer pieces.",
};

/// 422: `unknown-product`.
pub const UNKNOWN_PRODUCT: ProblemType = ProblemType {
    slug: "unknown-product",
    status: 422,
    title: "Not for sale",
    meaning: "A product in the order or the cart does not exist, or is no longer on sale.",
    cure: "Remove the line that `pointer` names or, of a cart, the product that `detail` names.",
};
