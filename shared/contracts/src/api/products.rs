//! Products and their stock.

use std::collections::BTreeMap;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{Currency, Decimal, Names, ProductId, Quantity, Timestamp, Version};
use uuid::Uuid;

use super::as_of::{AS_OF, AS_OF_AHEAD, AS_OF_TOO_FAR, NOT_THERE_YET};
use super::filters::{CATEGORY, IN_STOCK, MAX_PRICE, MIN_PRICE, PRODUCT_SORT};
use super::listed::{Listed, ROW_DAMAGED};
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::{ACCEPT_LANGUAGE, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, Parameter};
use super::position::POSITION;
use super::route::Success;
use super::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE, PRECONDITION_FAILED, PRECONDITION_REQUIRED};
use super::{Administrator, Anyone, Page, ProblemType, Route};
use crate::topology::Service;

const TAG: &str = "products";
/// For everybody, but never older than the read model: prices and stock move.
const NO_CACHE: &str = "no-cache";

/// What is for sale.
pub const LIST_PRODUCTS: Route<Anyone, (), (), Page<Listed<Product>>> = Route::get("/products", Service::QUERY, "listProducts")
    .about(
        TAG,
        "What is for sale",
        "Oldest first unless `sort` says otherwise, in pages, without `descriptions` and `search_text`: those stand in each product.",
    )
    .cached(NO_CACHE)
    .tagged()
    .reads(&[
        &CATEGORY,
        &MIN_PRICE,
        &MAX_PRICE,
        &IN_STOCK,
        &PRODUCT_SORT,
        &LIMIT,
        &CURSOR,
        &LANG,
        &MIN_VERSION,
        &POSITION,
        &ACCEPT_LANGUAGE,
        &IF_NONE_MATCH,
    ])
    .refuses(&[&NOT_CAUGHT_UP]);

/// One product.
pub const GET_PRODUCT: Route<Anyone, ProductId, (), Product> =
    Route::get("/products/{id}", Service::QUERY, "getProduct")
        .about(
            TAG,
            "One product",
            "With `as_of` as it was on sale then, be it deleted now, with the stock of that time; of a version, of the time when \
             that was written.",
        )
        .cached(NO_CACHE)
        .tagged()
        .reads(&[&LANG, &MIN_VERSION, &POSITION, &AS_OF, &ACCEPT_LANGUAGE, &IF_NONE_MATCH])
        .refuses(&[&NOT_CAUGHT_UP, &ROW_DAMAGED, &AS_OF_AHEAD, &NOT_THERE_YET, &AS_OF_TOO_FAR]);

/// Puts a product on sale.
pub const CREATE_PRODUCT: Route<Administrator, (), CreateProduct, ProductWritten> =
    Route::post("/products", Service::CATALOG, "createProduct")
        .about(
            TAG,
            "Put a product on sale",
            "With a chosen `product_id`, or with an `Idempotency-Key`, the same request again creates nothing more.",
        )
        .answers(&[Success { status: 201, meaning: "It is on sale, or the same request put it on sale before." }])
        .locates()
        .reads(&[&IDEMPOTENCY_KEY])
        .refuses(&[&INVALID_TEXT, &OUT_OF_RANGE, &PRODUCT_EXISTS, &IDEMPOTENCY_KEY_REUSED]);

/// Changes a product's name, description and price.
pub const CHANGE_PRODUCT: Route<Administrator, ProductId, ChangeProduct, ProductWritten> =
    Route::put("/products/{id}", Service::CATALOG, "changeProduct")
        .about(
            TAG,
            "Change a product",
            "Name and description are replaced, and what else is given, at the version that `If-Match` names. Where all is so \
             already, nothing happens, whatever it names: a change may be sent again. Orders keep the price that they were placed at.",
        )
        .answers(&[Success { status: 202, meaning: "It is so now; where nothing differs, it was." }])
        .locates()
        .reads(&[&IF_MATCH])
        .refuses(&[&INVALID_TEXT, &OUT_OF_RANGE, &PRECONDITION_REQUIRED, &PRECONDITION_FAILED]);

/// Takes a product off sale.
pub const DELETE_PRODUCT: Route<Administrator, ProductId, (), ProductWritten> =
    Route::delete("/products/{id}", Service::CATALOG, "deleteProduct")
        .about(TAG, "Take a product off sale", "It can be restored. Its id is never given to another product.")
        .answers(&[Success { status: 202, meaning: "It is gone." }])
        .locates()
        .reads(&[&IF_MATCH])
        .refuses(&[&PRECONDITION_REQUIRED, &PRECONDITION_FAILED]);

/// Puts a deleted product on sale again.
pub const RESTORE_PRODUCT: Route<Administrator, ProductId, (), ProductWritten> =
    Route::post("/products/{id}/restore", Service::CATALOG, "restoreProduct")
        .about(
            TAG,
            "Put a deleted product on sale again",
            "As it was, at the price that it had, with the stock that it has. Where it is on sale, nothing happens.",
        )
        .answers(&[Success { status: 202, meaning: "It is on sale." }])
        .locates()
        .reads(&[&IF_MATCH])
        .refuses(&[&PRECONDITION_REQUIRED, &PRECONDITION_FAILED]);

/// What a product has cost.
pub const PRODUCT_PRICES: Route<Administrator, ProductId, (), Page<PriceSet>> =
    Route::get("/products/{id}/prices", Service::CATALOG, "listProductPrices")
        .about(
            TAG,
            "What a product has cost, and since when",
            "Newest first, in pages; of a deleted product, too. Read from the events, so never behind.",
        )
        .cached("no-store")
        .reads(&[&LIMIT, &CURSOR]);

/// Adds pieces to a product's stock.
pub const ADD_STOCK: Route<Administrator, ProductId, AddStock, StockAdded> =
    Route::post("/products/{id}/stock", Service::INVENTORY, "addStock")
        .about(TAG, "Add pieces to the stock", "")
        .answers(&[Success { status: 202, meaning: "They can be ordered." }])
        .locates()
        .reads(&[&IDEMPOTENCY_KEY])
        .refuses(&[&OUT_OF_RANGE, &IDEMPOTENCY_KEY_REUSED]);

/// The language that names are wanted in.
pub const LANG: Parameter = Parameter::query(
    "lang",
    "The language that names are wanted in, where they are known; else what `Accept-Language` prefers.",
    |_| json_schema!({ "type": "string", "pattern": "^[A-Za-z]{2}(-.*)?$" }),
    "en",
);

/// A new product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{
    "product_id": "prod_kinoko", "name": "きのこの山", "description": "Chocolate caps on crackers.", "price": 200, "stock": 100
}]))]
pub struct CreateProduct {
    /// Its id; a new one if none is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// What people call it: one line.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What people call it in other languages, by two-letter code; four at the most.
    #[serde(default)]
    #[schemars(extend("maxProperties" = Names::MOST, "propertyNames" = { "pattern": Names::LANGUAGE }, "additionalProperties" = { "type": "string", "minLength": 1, "maxLength": 200 }))]
    pub names: BTreeMap<String, String>,
    /// A few sentences for people.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub description: String,
    /// The description in other languages, as `names`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = Names::MOST, "propertyNames" = { "pattern": Names::LANGUAGE }, "additionalProperties" = { "type": "string", "maxLength": 2000 }))]
    pub descriptions: BTreeMap<String, String>,
    /// The categories it is in: lower-case letters, digits and `-`, four levels with `/` between; eight at the most.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub categories: Vec<String>,
    /// Words that it is to be found by, beside those that are shown.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub search_text: String,
    /// Price of one piece, in major units of the street's currency.
    #[schemars(range(min = 0))]
    pub price: Decimal,
    /// Pieces it starts with.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    pub stock: u32,
}

/// A product's name, description and price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "name": "きのこの山", "description": "Chocolate caps on crackers.", "price": 210 }]))]
pub struct ChangeProduct {
    /// What people call it: one line.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What people call it in other languages. Left out, those that are known stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = Names::MOST, "propertyNames" = { "pattern": Names::LANGUAGE }, "additionalProperties" = { "type": "string", "minLength": 1, "maxLength": 200 }))]
    pub names: Option<BTreeMap<String, String>>,
    /// A few sentences for people; empty for none.
    #[schemars(length(max = 2000))]
    pub description: String,
    /// The description in other languages. Left out, those that are known stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = Names::MOST, "propertyNames" = { "pattern": Names::LANGUAGE }, "additionalProperties" = { "type": "string", "maxLength": 2000 }))]
    pub descriptions: Option<BTreeMap<String, String>>,
    /// The categories it is in. Left out, they stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    pub categories: Option<Vec<String>>,
    /// Words that it is to be found by, beside those that are shown. Left out, they stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub search_text: Option<String>,
    /// Price of one piece, in major units of the street's currency. Left out, the one that it has stays: leave it out where
    /// the price stream sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub price: Option<Decimal>,
}

/// A product was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "product_id": "prod_kinoko", "version": 1 }]))]
pub struct ProductWritten {
    /// Which.
    pub product_id: ProductId,
    /// Its version after that.
    pub version: Version,
}

/// A product as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "product_id": "prod_kinoko", "name": "きのこの山", "description": "Chocolate caps on crackers.", "price": 200,
    "currency": "JPY", "stock": 99, "images": [], "version": 1
}]))]
pub struct Product {
    /// Which.
    pub product_id: ProductId,
    /// What people call it, in the language that was asked for if it has a name there.
    pub name: String,
    /// What they call it in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// A few sentences for people, in the language that was asked for if there are any in it.
    pub description: String,
    /// The description in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub descriptions: Names,
    /// The categories it is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Words that it is to be found by, beside those that are shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub search_text: String,
    /// Price of one piece, in major units.
    pub price: Number,
    /// The price's currency.
    pub currency: Currency,
    /// Pieces that can be ordered now.
    pub stock: i64,
    /// Object keys in the image bucket.
    pub images: Vec<String>,
    /// The product's version; its stock has one of its own.
    pub version: Version,
}

/// A price that was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "price": 210, "currency": "JPY", "since": "2026-01-01T00:00:00Z", "source": "command", "version": 2
}]))]
pub struct PriceSet {
    /// Price of one piece, in major units.
    pub price: Number,
    /// The price's currency.
    pub currency: Currency,
    /// When it was set.
    pub since: Timestamp,
    /// Who set it.
    pub source: PriceSource,
    /// The record of the price stream that set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub source_sequence: Option<String>,
    /// The product's version by it.
    pub version: Version,
}

/// Who set a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// An administrator, who created or changed the product.
    Command,
    /// The price stream.
    Stream,
}

/// Pieces that come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "quantity": 100 }]))]
pub struct AddStock {
    /// How many.
    pub quantity: Quantity,
}

/// Pieces came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "product_id": "prod_kinoko", "addition_id": "019acb5c-36b4-7000-88f1-a1f7d7f2b0c4", "version": 2
}]))]
pub struct StockAdded {
    /// Of what.
    pub product_id: ProductId,
    /// Names this addition.
    pub addition_id: Uuid,
    /// The stock's version after that: wait for it as `min_version=stock/<product_id>:<version>`.
    pub version: Version,
}

/// 409: `product-exists`.
pub const PRODUCT_EXISTS: ProblemType = ProblemType {
    slug: "product-exists",
    status: 409,
    title: "The id is taken",
    meaning: "The chosen `product_id` belongs to another product, or to one that was deleted.",
    cure: "Choose another id, change that product with PUT, or restore it.",
};
