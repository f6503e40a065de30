//! Stock of all products, for the administrator.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ProductId, Version};

use super::filters::{IN_STOCK, STOCK_SORT};
use super::listed::Listed;
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::Parameter;
use super::position::POSITION;
use super::{Administrator, Page, Route};
use crate::topology::Service;

/// The most products that one read may name.
pub const MAX_PRODUCTS: usize = 50;

/// Lists the stock of all products.
pub const LIST_INVENTORY: Route<Administrator, (), (), Page<Listed<ProductStock>>> =
    Route::get("/inventory", Service::QUERY, "listInventory")
        .about(
            "inventory",
            "The stock of all products",
            "By product unless `sort` says otherwise, in pages; also of products that are not on sale any more.",
        )
        .cached("private, no-store")
        .reads(&[&AVAILABLE_BELOW, &IN_STOCK, &PRODUCTS, &STOCK_SORT, &LIMIT, &CURSOR, &MIN_VERSION, &POSITION])
        .refuses(&[&NOT_CAUGHT_UP]);

/// Only products of which few pieces are left.
pub const AVAILABLE_BELOW: Parameter = Parameter::query(
    "available_below",
    "Only products of which fewer pieces than this can be ordered now.",
    |_| json_schema!({ "type": "integer", "minimum": 0, "maximum": i64::MAX }),
    "10",
);

/// Only some products.
pub const PRODUCTS: Parameter = Parameter {
    repeats: Some(MAX_PRODUCTS),
    ..Parameter::query(
        "product_id",
        "Only this product. May be given fifty times: only these.",
        |generator| generator.subschema_for::<ProductId>(),
        "prod_kinoko",
    )
};

/// Pieces of one product. Inventory never lets a number fall below zero; if one is, something is wrong there, and it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "product_id": "prod_kinoko", "name": "きのこの山", "on_sale": true, "available": 97, "reserved": 2, "deducted": 1, "version": 4
}]))]
pub struct ProductStock {
    /// Of which product.
    pub product_id: ProductId,
    /// What it is called; left out where the product has not come yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub name: Option<String>,
    /// Whether it is on sale.
    pub on_sale: bool,
    /// Pieces that can be ordered now.
    pub available: i64,
    /// Pieces that are held for orders.
    pub reserved: i64,
    /// Pieces that have left the house, ever.
    pub deducted: i64,
    /// The stock's version: `stock/<product>` in `min_version`.
    pub version: Version,
}
