//! The product as the event store keeps it.

use shotengai_contracts::Event;
use shotengai_messaging::{Aggregate, Aggregates};

use crate::domain::Product;

impl Aggregate for Product {
    const SNAPSHOT_SCHEMA: u32 = 2;

    fn apply(&mut self, event: &Event) {
        self.evolve(event);
    }
}

/// All products.
pub type Products = Aggregates<Product>;
