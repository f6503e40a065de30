//! Prices: what products are called and cost, as order knows it.
//!
//! - `offer`: what a product is sold as. `table`: the table of offers, and catalog for what is not in it yet.
//! - `unknown`: products that catalog knew nothing of a moment ago.
//! - `feed`: keeps the table by catalog's events. [`catalog`]: asks catalog.

pub mod catalog;
mod feed;
mod offer;
mod table;
mod unknown;

pub use offer::Offer;
pub use table::{Listed, Prices};
