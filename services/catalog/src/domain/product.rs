//! What is known of a product.

use serde::{Deserialize, Serialize};
use shotengai_contracts::Event;
use shotengai_kernel::ProductId;

use super::Details;

/// A product, perhaps not created yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Product {
    known: Option<KnownProduct>,
}

/// A product that was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownProduct {
    /// Its id.
    pub product_id: ProductId,
    /// What it is now.
    pub details: Details,
    /// What it was created as; what a repeated request is compared with.
    pub created_as: Details,
    /// The pieces it started with. Inventory knows how many there are now.
    pub initial_stock: u32,
    /// Whether it left the street.
    pub deleted: bool,
}

impl Product {
    /// The product, once it was created.
    #[must_use]
    pub const fn known(&self) -> Option<&KnownProduct> {
        self.known.as_ref()
    }

    /// Takes a fact in. Facts of other aggregates change nothing.
    pub fn evolve(&mut self, event: &Event) {
        match (self.known.as_mut(), event) {
            (None, Event::ProductCreated(event)) => {
                let details =
                    Details::recorded(event.name.clone(), event.names.clone(), event.description.clone(), event.price);
                self.known = Some(KnownProduct {
                    product_id: event.product_id.clone(),
                    created_as: details.clone(),
                    details,
                    initial_stock: event.stock,
                    deleted: false,
                });
            }
            (Some(product), Event::ProductUpdated(event)) => {
                product.details =
                    Details::recorded(event.name.clone(), event.names.clone(), event.description.clone(), event.price);
            }
            (Some(product), Event::ProductPriceChanged(event)) => product.details.reprice(event.price),
            (Some(product), Event::ProductDeleted(_)) => product.deleted = true,
            _ => {}
        }
    }
}
