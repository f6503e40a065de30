//! What became of one order's lines.

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::StockLine;
use shotengai_contracts::{InventoryEvent, Misplaced};
use shotengai_messaging::Aggregate;

/// One order's claim on stock. Every state but [`Reservation::Open`] refuses to reserve again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Reservation {
    /// The order has not been seen.
    #[default]
    Open,
    /// Its lines are reserved.
    Reserved {
        /// What and how many, one line a product.
        lines: Vec<StockLine>,
    },
    /// There was not enough.
    Rejected,
    /// Cancelled. Without lines it is a tombstone: the cancellation came before the order.
    Released {
        /// What had been reserved.
        lines: Vec<StockLine>,
    },
    /// Shipped.
    Deducted {
        /// What left the house.
        lines: Vec<StockLine>,
    },
}

impl Reservation {
    /// The lines that hold stock now.
    #[must_use]
    pub fn held(&self) -> &[StockLine] {
        if let Self::Reserved { lines } = self { lines } else { &[] }
    }
}

impl Aggregate for Reservation {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        *self = match event {
            InventoryEvent::StockReserved(reserved) => Self::Reserved { lines: reserved.lines.clone() },
            InventoryEvent::StockRejected(_) => Self::Rejected,
            InventoryEvent::StockReleased(released) => Self::Released { lines: released.lines.clone() },
            InventoryEvent::StockDeducted(deducted) => Self::Deducted { lines: deducted.lines.clone() },
            InventoryEvent::StockAdded(_) | InventoryEvent::StockMoved(_) => return Err(Misplaced::of(event)),
        };
        Ok(())
    }
}
