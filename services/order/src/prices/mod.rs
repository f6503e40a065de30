//! Prices: what products are called and cost, as order knows it.
//!
//! - `offer`: what a product is sold as. `table`: the table of offers, and catalog for what is not in it yet.
//! - `feed`: keeps the table by catalog's events. [`catalog`]: asks catalog.

pub mod catalog;
mod feed;
mod offer;
mod table;

pub use offer::Offer;
pub use table::{Listed, Prices};
