//! What inventory is asked to do.

use std::collections::BTreeMap;

use shotengai_contracts::events::{OrderItem, StockLine};
use shotengai_kernel::{OrderId, ProductId, Quantity, QuantityError};
use uuid::Uuid;

/// One operation. Each is safe to ask again.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// A product came into the street: know it from now on, and add what it starts with.
    Introduce {
        /// The product.
        product: ProductId,
        /// Makes the first addition happen once.
        addition: Uuid,
        /// What it starts with; none is nothing.
        quantity: Option<Quantity>,
    },
    /// Pieces of a known product came in.
    Add {
        /// The product.
        product: ProductId,
        /// Makes the addition happen once.
        addition: Uuid,
        /// How many pieces.
        quantity: Quantity,
    },
    /// Pieces that had left the house are sold again: all of them, or none.
    Restock {
        /// Which, each as an addition of its own that happens once.
        returns: Vec<Returned>,
    },
    /// Reserve every line of an order, or none.
    Reserve {
        /// The order.
        order: OrderId,
        /// One line a product.
        lines: Vec<StockLine>,
    },
    /// Give back what an order holds, now or once it comes.
    Release {
        /// The order.
        order: OrderId,
    },
    /// What an order holds has left the house.
    Deduct {
        /// The order.
        order: OrderId,
    },
}

/// Pieces of a refund that the shop has back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Makes it happen once.
    pub addition: Uuid,
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

impl Request {
    /// The order it is about.
    #[must_use]
    pub const fn order(&self) -> Option<&OrderId> {
        match self {
            Self::Reserve { order, .. } | Self::Release { order } | Self::Deduct { order } => Some(order),
            Self::Introduce { .. } | Self::Add { .. } | Self::Restock { .. } => None,
        }
    }

    /// The additions it is about.
    #[must_use]
    pub fn additions(&self) -> Vec<Uuid> {
        match self {
            Self::Introduce { addition, quantity: Some(_), .. } | Self::Add { addition, .. } => vec![*addition],
            Self::Restock { returns } => returns.iter().map(|returned| returned.addition).collect(),
            _ => Vec::new(),
        }
    }
}

/// An order's items as lines, one a product, in the order of product ids.
///
/// # Errors
/// When the pieces of one product together are too many.
pub fn merged_lines(items: &[OrderItem]) -> Result<Vec<StockLine>, QuantityError> {
    let mut lines: BTreeMap<&ProductId, Quantity> = BTreeMap::new();
    for item in items {
        let quantity = match lines.get(&item.product_id) {
            Some(before) => before.plus(item.quantity)?,
            None => item.quantity,
        };
        lines.insert(&item.product_id, quantity);
    }
    Ok(lines.into_iter().map(|(product, quantity)| StockLine { product_id: product.clone(), quantity }).collect())
}
