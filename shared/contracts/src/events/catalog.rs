//! Events of catalog: what is for sale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, Names, ProductId};

/// How a product is presented beside its name and description. All of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presentation {
    /// Its description in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub descriptions: Names,
    /// The categories it is in: `sweets/chocolate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Words that it is to be found by, beside those that are shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub search_text: String,
}

/// A product came into the street.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductCreated {
    /// The product.
    pub product_id: ProductId,
    /// What people call it.
    pub name: String,
    /// What they call it in other languages; since version 2.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// A few sentences for people.
    pub description: String,
    /// How it is presented beside that; since version 3.
    #[serde(flatten)]
    pub presentation: Presentation,
    /// Price of one piece.
    pub price: Money,
    /// Pieces it starts with; inventory adds them once.
    pub stock: u32,
}

/// Name, description and price were set anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductUpdated {
    /// The product.
    pub product_id: ProductId,
    /// What people call it.
    pub name: String,
    /// What they call it in other languages; since version 2.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// A few sentences for people.
    pub description: String,
    /// How it is presented beside that; since version 3.
    #[serde(flatten)]
    pub presentation: Presentation,
    /// Price of one piece.
    pub price: Money,
}

/// Only the price moved, by hand or from the price stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductPriceChanged {
    /// The product.
    pub product_id: ProductId,
    /// Price of one piece.
    pub price: Money,
    /// Position in the price stream it came from; none when set by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_sequence: Option<String>,
}

/// The product left the street.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductDeleted {
    /// The product.
    pub product_id: ProductId,
}

/// A product that had left the street came back, as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductRestored {
    /// The product.
    pub product_id: ProductId,
    /// What people call it.
    pub name: String,
    /// What they call it in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// A few sentences for people.
    pub description: String,
    /// How it is presented beside that.
    #[serde(flatten)]
    pub presentation: Presentation,
    /// Price of one piece.
    pub price: Money,
}
