//! Events of inventory. Operations (an addition, a reservation) are aggregates of their own and happen once; `stock/<product>`
//! holds the numbers they move.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{OrderId, ProductId, Quantity};
use uuid::Uuid;

/// Pieces of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// What was missing of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shortage {
    /// The product.
    pub product_id: ProductId,
    /// Pieces wanted.
    pub requested: u32,
    /// Pieces there were.
    pub available: u32,
}

/// Pieces came in. Happens to `addition/<id>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockAdded {
    /// Makes the addition happen once.
    pub addition_id: Uuid,
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// The numbers of one product moved; one event may sum several operations. Happens to `stock/<product>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockMoved {
    /// The product.
    pub product_id: ProductId,
    /// Pieces that came in.
    pub added: u32,
    /// Pieces that went from available to reserved.
    pub reserved: u32,
    /// Pieces that went back from reserved to available.
    pub released: u32,
    /// Reserved pieces that left the house.
    pub deducted: u32,
}

/// Every line of an order is reserved. Happens to `reservation/<order>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockReserved {
    /// The order.
    pub order_id: OrderId,
    /// What and how many, one line a product.
    pub lines: Vec<StockLine>,
}

/// An order could not be reserved, so nothing of it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockRejected {
    /// The order.
    pub order_id: OrderId,
    /// Every product of which there was not enough.
    pub shortages: Vec<Shortage>,
}

/// What an order had reserved is available again. Without lines: the order was cancelled before it came here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockReleased {
    /// The order.
    pub order_id: OrderId,
    /// What and how many, one line a product.
    pub lines: Vec<StockLine>,
}

/// What an order had reserved has left the house.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockDeducted {
    /// The order.
    pub order_id: OrderId,
    /// What and how many, one line a product.
    pub lines: Vec<StockLine>,
}
