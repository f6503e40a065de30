//! Inventory alone over memory: one product beside a thousand.

use std::time::Duration;

use serde::Serialize;
use shotengai_tests::hot_product::{Sales, sell};

/// Orders that are reserved, and how long an append takes.
const ORDERS: usize = 5000;
const APPEND: Duration = Duration::from_millis(5);
const PRODUCTS: usize = 1000;

/// Orders a second, reserved, and appends tried.
#[derive(Serialize)]
pub(crate) struct Alone {
    pub(crate) orders: usize,
    pub(crate) one_a_second: f64,
    pub(crate) one_appends: usize,
    pub(crate) even_a_second: f64,
    pub(crate) even_appends: usize,
}

/// Sells, in this program's own build and in real time.
pub(crate) async fn measure() -> Alone {
    let (one, even): (Sales, Sales) = (sell(1, ORDERS, APPEND).await, sell(PRODUCTS, ORDERS, APPEND).await);
    Alone {
        orders: ORDERS,
        one_a_second: one.per_second(),
        one_appends: one.appends,
        even_a_second: even.per_second(),
        even_appends: even.appends,
    }
}
