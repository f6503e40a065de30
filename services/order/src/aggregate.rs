//! The order as the event store keeps it.

use shotengai_contracts::Event;
use shotengai_messaging::{Aggregate, Aggregates};

use crate::domain::Order;

impl Aggregate for Order {
    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &Event) {
        self.evolve(event);
    }
}

/// All orders.
pub type Orders = Aggregates<Order>;
