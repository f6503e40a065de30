//! The numbers of one product's stock.

use shotengai_contracts::{Envelope, InventoryEvent, Misplaced, aggregates};
use shotengai_kernel::{AggregateId, ProductId, Version};

use super::Fold;

/// One product's stock, in pieces. Inventory never lets a number fall below zero; if one is, something is wrong there,
/// and it is shown rather than hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Whose.
    pub product_id: ProductId,
    /// Free to be reserved.
    pub available: i64,
    /// Held for orders.
    pub reserved: i64,
    /// Left the house, ever.
    pub deducted: i64,
    /// The stock aggregate's version.
    pub version: Version,
}

impl Fold for StockRow {
    type Event = InventoryEvent;

    fn folds(aggregate: &AggregateId) -> bool {
        aggregates::STOCK.name_in(aggregate.as_str()).is_some()
    }

    fn aggregate_id(&self) -> AggregateId {
        aggregates::stock(&self.product_id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn begin(envelope: &Envelope, event: &InventoryEvent) -> Option<Self> {
        let InventoryEvent::StockMoved(moved) = event else { return None };
        let mut row = Self {
            product_id: moved.product_id.clone(),
            available: 0,
            reserved: 0,
            deducted: 0,
            version: Version::ZERO,
        };
        row.evolve(envelope, event).ok()?;
        Some(row)
    }

    fn evolve(&mut self, envelope: &Envelope, event: &InventoryEvent) -> Result<(), Misplaced> {
        match event {
            InventoryEvent::StockMoved(moved) => {
                let [added, reserved, released, deducted] =
                    [moved.added, moved.reserved, moved.released, moved.deducted].map(i64::from);
                self.available = self.available.saturating_add(added + released - reserved);
                self.reserved = self.reserved.saturating_add(reserved - released - deducted);
                self.deducted = self.deducted.saturating_add(deducted);
            }
            InventoryEvent::StockAdded(_)
            | InventoryEvent::StockReserved(_)
            | InventoryEvent::StockRejected(_)
            | InventoryEvent::StockReleased(_)
            | InventoryEvent::StockDeducted(_) => return Err(Misplaced::of(event)),
        }
        self.version = envelope.aggregateversion;
        Ok(())
    }
}
