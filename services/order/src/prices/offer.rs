//! What a product is sold as.

use shotengai_kernel::{Money, Names};

/// What one piece of a product is called and costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What people call it.
    pub name: String,
    /// What they call it in other languages.
    pub names: Names,
    /// Price of one piece.
    pub price: Money,
}
