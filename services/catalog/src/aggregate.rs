//! The product as the event store keeps it.

use shotengai_contracts::{CatalogEvent, Misplaced};
use shotengai_messaging::{Aggregate, Aggregates};

use crate::domain::Product;

impl Aggregate for Product {
    type Event = CatalogEvent;

    const SNAPSHOT_SCHEMA: u32 = 5;

    fn apply(&mut self, event: &CatalogEvent) -> Result<(), Misplaced> {
        self.evolve(event)
    }
}

/// All products.
pub type Products = Aggregates<Product>;
