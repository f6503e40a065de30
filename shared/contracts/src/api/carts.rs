//! The cart: what somebody means to buy.

use jiff::SignedDuration;
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{CartId, Currency, ProductId, Quantity, Timestamp, UserId, Version};

use super::accounts::Credential;
use super::as_of::{AS_OF, AS_OF_AHEAD, AS_OF_TOO_FAR};
use super::filters::CART_SORT;
use super::listed::Listed;
use super::orders::{TOO_MANY_LINES, UNKNOWN_PRODUCT};
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::{IDEMPOTENCY_KEY, IF_NONE_MATCH, Location, Parameter};
use super::position::POSITION;
use super::shared::{IDEMPOTENCY_KEY_REUSED, OUT_OF_RANGE, PRECONDITION_REQUIRED};
use super::{Administrator, Customer, Page, ProblemType, Route};
use crate::topology::Service;

const TAG: &str = "cart";
/// How long a cart is kept that nobody changes: then it counts as empty.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For this caller only.
const PRIVATE: &str = "private, no-store";

/// One's cart.
pub const GET_CART: Route<Customer, (), (), Cart> = Route::get("/cart", Service::ORDER, "getCart")
    .about(
        TAG,
        "One's cart",
        "Never behind. Everybody who is signed in has one, guests too. 30 days after its last change it is empty.",
    )
    .tagged()
    .cached(PRIVATE)
    .reads(&[&AS_OF, &IF_NONE_MATCH])
    .refuses(&[&AS_OF_AHEAD, &AS_OF_TOO_FAR]);

/// Puts pieces into one's cart.
pub const ADD_TO_CART: Route<Customer, (), AddToCart, Cart> = Route::post("/cart/items", Service::ORDER, "addToCart")
    .about(
        TAG,
        "Put pieces into the cart",
        "Beside those of the product that are there, at the price of this moment, which the cart remembers. Send an \
             `Idempotency-Key`: the same request again then adds nothing more. `If-Match` is not needed.",
    )
    .tagged()
    .reads(&[&IDEMPOTENCY_KEY, &IF_MATCH])
    .refuses(&[&CART_CHANGED, &UNKNOWN_PRODUCT, &TOO_MANY_LINES, &OUT_OF_RANGE, &IDEMPOTENCY_KEY_REUSED]);

/// Sets how many pieces of a product are in one's cart.
pub const CHANGE_CART_ITEM: Route<Customer, ProductId, ChangeCartItem, Cart> =
    Route::put("/cart/items/{id}", Service::ORDER, "changeCartItem")
        .about(TAG, "Set how many pieces of a product are in the cart", "It keeps the price that it was put in at.")
        .tagged()
        .reads(&[&IF_MATCH])
        .refuses(&[&PRECONDITION_REQUIRED, &CART_CHANGED]);

/// Takes a product out of one's cart.
pub const REMOVE_FROM_CART: Route<Customer, ProductId, (), Cart> =
    Route::delete("/cart/items/{id}", Service::ORDER, "removeFromCart")
        .about(TAG, "Take a product out of the cart", "Nothing happens where it is not in it.")
        .tagged()
        .reads(&[&IF_MATCH])
        .refuses(&[&PRECONDITION_REQUIRED, &CART_CHANGED]);

/// Empties one's cart.
pub const CLEAR_CART: Route<Customer, (), (), Cart> = Route::delete("/cart", Service::ORDER, "clearCart")
    .about(TAG, "Empty the cart", "Nothing happens where it is empty.")
    .tagged()
    .reads(&[&IF_MATCH])
    .refuses(&[&PRECONDITION_REQUIRED, &CART_CHANGED]);

/// Puts what a guest's cart has into one's own.
pub const MERGE_CART: Route<Customer, (), MergeCart, Cart> = Route::post("/cart/merge", Service::ORDER, "mergeCart")
    .about(
        TAG,
        "Take over what is in a guest's cart",
        "For whoever was a guest before signing in. Pieces of one product add up; what doesn't fit stays in the guest's cart. \
         The same request again changes nothing more.",
    )
    .tagged()
    .refuses(&[&NOT_A_GUESTS_TOKEN]);

/// Lists carts that are open.
pub const LIST_CARTS: Route<Administrator, (), (), Page<Listed<OpenCart>>> =
    Route::get("/carts", Service::QUERY, "listCarts")
        .about(
            TAG,
            "Carts that are open",
            "Those with something in them, by their last change, newest first unless `sort` says otherwise, in pages. \
             `updated_before` finds those that were left behind. Nothing of a person but the id.",
        )
        .cached(PRIVATE)
        .reads(&[&UPDATED_AFTER, &UPDATED_BEFORE, &CART_SORT, &LIMIT, &CURSOR, &MIN_VERSION, &POSITION])
        .refuses(&[&NOT_CAUGHT_UP]);

/// Only carts that were changed after a moment.
pub const UPDATED_AFTER: Parameter = Parameter::query(
    "updated_after",
    "Only carts whose last change came after this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-11-01T00:00:00Z",
);

/// Only carts that nobody has changed since a moment.
pub const UPDATED_BEFORE: Parameter = Parameter::query(
    "updated_before",
    "Only carts whose last change came before this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-12-01T00:00:00Z",
);

/// The header that says which version of the cart is meant.
pub const IF_MATCH: Parameter = Parameter {
    location: Location::Header,
    name: "If-Match",
    description: "Which version of the cart is meant: the `ETag` of the last answer; `*` for any. With another than the \
                  current one: 409 `cart-changed`, with the newer cart.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string" }),
    example: "\"3\"",
};

/// Pieces to be put into a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "product_id": "prod_kinoko", "quantity": 2 }]))]
pub struct AddToCart {
    /// Of which product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: Quantity,
}

/// How many pieces are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "quantity": 3 }]))]
pub struct ChangeCartItem {
    /// How many there are to be.
    pub quantity: Quantity,
}

/// The guest whose cart is to be taken over.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "guest_token": "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl" }]))]
pub struct MergeCart {
    /// The access token that was answered to the guest.
    pub guest_token: Credential,
}

/// A cart as it is shown: what it remembers, nothing of stock and nothing of prices that changed since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "cart_id": "cart_019acb5c36b4700088f1a1f7d7f2b0c4",
    "items": [{ "product_id": "prod_kinoko", "quantity": 2, "price": 200 }], "total": 400, "currency": "JPY", "version": 1
}]))]
pub struct Cart {
    /// Which.
    pub cart_id: CartId,
    /// Its lines, one a product, oldest first.
    pub items: Vec<CartItem>,
    /// Sum of all lines at the prices that it remembers, in major units. Not there where the cart can't be ordered: it is
    /// empty, the sum is too large, or the prices are in several currencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Number")]
    pub total: Option<Number>,
    /// The currency of all amounts; not there where there is no total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Currency")]
    pub currency: Option<Currency>,
    /// Its version, with which its `ETag` begins.
    pub version: Version,
}

/// An open cart as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "cart_id": "cart_019acb5c36b4700088f1a1f7d7f2b0c4", "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4",
    "items": [{ "product_id": "prod_kinoko", "quantity": 2, "price": 200 }], "pieces": 2, "total": 400, "currency": "JPY",
    "opened_at": "2026-11-28T12:34:56.789012Z", "updated_at": "2026-11-28T12:34:57.789012Z", "version": 1
}]))]
pub struct OpenCart {
    /// Which.
    pub cart_id: CartId,
    /// Whose.
    pub user_id: UserId,
    /// Its lines, one a product, oldest first.
    pub items: Vec<CartItem>,
    /// How many pieces are in it.
    pub pieces: u64,
    /// Sum of all lines at the prices that it remembers, in major units. Left out where it is too large, or the prices are in
    /// several currencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Number")]
    pub total: Option<Number>,
    /// The currency of all amounts; left out where there is no total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Currency")]
    pub currency: Option<Currency>,
    /// Since when something is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub opened_at: Option<Timestamp>,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Its version.
    pub version: Version,
}

/// Pieces of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CartItem {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece when pieces were last put in, in major units.
    pub price: Number,
}

/// A price that is not what the cart remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedPrice {
    /// Of which product.
    pub product_id: ProductId,
    /// What one piece cost when it was put in, in major units.
    pub price_in_cart: Number,
    /// What it costs now, in major units.
    pub price: Number,
    /// The currency that it costs now.
    pub currency: Currency,
}

/// 409: `cart-changed`.
pub const CART_CHANGED: ProblemType = ProblemType {
    slug: "cart-changed",
    status: 409,
    title: "The cart has changed",
    meaning: "The cart is at another version than `If-Match` names: another device changed it. Nothing was done. `cart` is the cart as it is now, `ETag` its tag.",
    cure: "Show `cart`, let the customer decide again, and send the wish with the new `ETag`.",
};

/// 422: `not-a-guests-token`.
pub const NOT_A_GUESTS_TOKEN: ProblemType = ProblemType {
    slug: "not-a-guests-token",
    status: 422,
    title: "Not a guest's token",
    meaning: "`guest_token` is expired, invalid, or the token of somebody who has an account. Nothing was done.",
    cure: "Send the access token that POST /auth/guest answered, within its 24 hours.",
};

/// 409: `prices-changed`.
pub const PRICES_CHANGED: ProblemType = ProblemType {
    slug: "prices-changed",
    status: 409,
    title: "Prices have changed",
    meaning: "Products in the cart cost something else than when they were put in. Nothing was ordered. `prices` names them with both prices.",
    cure: "Show both prices. If the customer agrees, order again with `\"accept_prices\": true`.",
};
