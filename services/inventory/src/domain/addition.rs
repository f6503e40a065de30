//! Pieces that come in, once.

use serde::{Deserialize, Serialize};
use shotengai_contracts::{InventoryEvent, Misplaced};
use shotengai_kernel::{ProductId, Quantity};
use shotengai_messaging::Aggregate;

/// Whether an addition has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Addition {
    /// It has not.
    #[default]
    Open,
    /// It has.
    Done {
        /// Of which product.
        product: ProductId,
        /// How many pieces.
        quantity: Quantity,
    },
}

impl Aggregate for Addition {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        match event {
            InventoryEvent::StockAdded(added) => {
                *self = Self::Done { product: added.product_id.clone(), quantity: added.quantity };
                Ok(())
            }
            InventoryEvent::StockMoved(_)
            | InventoryEvent::StockReserved(_)
            | InventoryEvent::StockRejected(_)
            | InventoryEvent::StockReleased(_)
            | InventoryEvent::StockDeducted(_) => Err(Misplaced::of(event)),
        }
    }
}
