//! Catalog behind its HTTP routes, over adapters in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests, too, end the test that uses them")]

mod http;
mod images;
mod mutants;
mod prices;
mod shop;
