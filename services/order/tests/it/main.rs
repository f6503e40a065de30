//! Order against adapters in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too, end the test that uses them")]

mod asking_catalog;
mod cart_orders;
mod carts;
mod carts_http;
mod confluence;
mod deadlines;
mod http;
mod mutants;
mod pending;
mod placing;
mod pricing;
mod refunds;
mod saga;
mod shop;
mod support;
