//! Prices: what products are called and cost, as order knows it.
//!
//! - `offer`: what a product is sold as. `table`: the table of offers, and catalog for what is not in it yet.
//! - `read_together`: its rows, for all who ask at the same time.
//! - `unknown`: products that catalog knew nothing of a moment ago.
//! - `feed`: keeps the table by catalog's events. [`catalog`]: asks catalog.

pub mod catalog;
mod feed;
mod offer;
mod read_together;
mod table;
mod unknown;

pub use offer::Offer;
pub use table::{Listed, Prices};
