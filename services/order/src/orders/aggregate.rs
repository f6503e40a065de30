//! The order as the event store keeps it.

use shotengai_contracts::{Misplaced, OrderEvent};
use shotengai_messaging::{Aggregate, Aggregates};

use crate::orders::domain::Order;

impl Aggregate for Order {
    type Event = OrderEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &OrderEvent) -> Result<(), Misplaced> {
        self.evolve(event)
    }
}

/// All orders.
pub type Orders = Aggregates<Order>;
