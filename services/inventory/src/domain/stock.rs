//! The numbers of one product.

use serde::{Deserialize, Serialize};
use shotengai_contracts::events::StockMoved;
use shotengai_contracts::{InventoryEvent, Misplaced};
use shotengai_kernel::{ProductId, Quantity};
use shotengai_messaging::Aggregate;

/// Where the pieces of one product are. The three together are what was ever added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Pieces that can be reserved.
    pub available: u64,
    /// Pieces promised to orders that have not been shipped.
    pub reserved: u64,
    /// Pieces that left the house.
    pub deducted: u64,
}

/// Why numbers can't move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// More would be reserved than is available.
    #[error("fewer pieces are available than would be reserved")]
    Available,
    /// More would be released or deducted than is reserved.
    #[error("fewer pieces are reserved than would be released or deducted")]
    Reserved,
    /// A sum no longer fits the event.
    #[error("a number is too large")]
    TooLarge,
}

impl Stock {
    /// The stock after these moves, done together.
    ///
    /// # Errors
    /// [`StockError`] when a number would fall below zero.
    pub fn after(self, moves: &Moves) -> Result<Self, StockError> {
        let coming = u64::from(moves.added).checked_add(u64::from(moves.released)).ok_or(StockError::TooLarge)?;
        let leaving = u64::from(moves.released).checked_add(u64::from(moves.deducted)).ok_or(StockError::TooLarge)?;
        let reserved = u64::from(moves.reserved);
        Ok(Self {
            available: (self.available.checked_add(coming).ok_or(StockError::TooLarge)?)
                .checked_sub(reserved)
                .ok_or(StockError::Available)?,
            reserved: (self.reserved.checked_add(reserved).ok_or(StockError::TooLarge)?)
                .checked_sub(leaving)
                .ok_or(StockError::Reserved)?,
            deducted: self.deducted.checked_add(u64::from(moves.deducted)).ok_or(StockError::TooLarge)?,
        })
    }
}

impl Aggregate for Stock {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        match event {
            // Only moves that `after` allowed are ever written.
            InventoryEvent::StockMoved(moved) => {
                *self = self.after(&Moves::from(moved)).map_err(|_| Misplaced::of(event))?;
                Ok(())
            }
            InventoryEvent::StockAdded(_)
            | InventoryEvent::StockReserved(_)
            | InventoryEvent::StockRejected(_)
            | InventoryEvent::StockReleased(_)
            | InventoryEvent::StockDeducted(_) => Err(Misplaced::of(event)),
        }
    }
}

/// What several operations move together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// Pieces that come in.
    pub added: u32,
    /// Pieces from available to reserved.
    pub reserved: u32,
    /// Pieces from reserved back to available.
    pub released: u32,
    /// Pieces from reserved out of the house.
    pub deducted: u32,
}

impl Moves {
    /// Pieces come in.
    #[must_use]
    pub fn added(quantity: Quantity) -> Self {
        Self { added: quantity.get(), ..Self::default() }
    }

    /// Pieces are reserved.
    #[must_use]
    pub fn reserved(quantity: Quantity) -> Self {
        Self { reserved: quantity.get(), ..Self::default() }
    }

    /// Pieces are released.
    #[must_use]
    pub fn released(quantity: Quantity) -> Self {
        Self { released: quantity.get(), ..Self::default() }
    }

    /// Pieces are deducted.
    #[must_use]
    pub fn deducted(quantity: Quantity) -> Self {
        Self { deducted: quantity.get(), ..Self::default() }
    }

    /// Both together.
    ///
    /// # Errors
    /// [`StockError::TooLarge`] when a sum does not fit the event.
    pub fn plus(&self, other: &Self) -> Result<Self, StockError> {
        let sum = |a: u32, b: u32| a.checked_add(b).ok_or(StockError::TooLarge);
        Ok(Self {
            added: sum(self.added, other.added)?,
            reserved: sum(self.reserved, other.reserved)?,
            released: sum(self.released, other.released)?,
            deducted: sum(self.deducted, other.deducted)?,
        })
    }

    /// As an event of `product`.
    #[must_use]
    pub fn event(&self, product: &ProductId) -> InventoryEvent {
        StockMoved {
            product_id: product.clone(),
            added: self.added,
            reserved: self.reserved,
            released: self.released,
            deducted: self.deducted,
        }
        .into()
    }
}

impl From<&StockMoved> for Moves {
    fn from(moved: &StockMoved) -> Self {
        Self { added: moved.added, reserved: moved.reserved, released: moved.released, deducted: moved.deducted }
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{EventType, Owner, samples};

    use super::*;
    use crate::domain::{Addition, Reservation};

    #[test]
    fn no_number_falls_below_zero() {
        let stock = Stock { available: 2, reserved: 1, deducted: 0 };
        let pieces = |n| Quantity::new(n).unwrap();
        assert_eq!(stock.after(&Moves::reserved(pieces(3))), Err(StockError::Available));
        assert_eq!(stock.after(&Moves::released(pieces(2))), Err(StockError::Reserved));
        assert_eq!(stock.after(&Moves::deducted(pieces(2))), Err(StockError::Reserved));
    }

    #[test]
    fn each_kind_of_aggregate_refuses_the_facts_of_the_others() {
        fn refused<A: Aggregate<Event = InventoryEvent>>() -> Vec<EventType> {
            let of_inventory = EventType::ALL.iter().filter(|event| event.owner() == Owner::Inventory);
            let refused = of_inventory.copied().filter(|event_type| {
                let event = InventoryEvent::try_from(samples::event(*event_type).unwrap()).unwrap();
                A::default().apply(&event) == Err(Misplaced(*event_type))
            });
            refused.collect()
        }
        use EventType::{StockAdded, StockDeducted, StockMoved, StockRejected, StockReleased, StockReserved};
        assert_eq!(refused::<Addition>(), [StockMoved, StockReserved, StockRejected, StockReleased, StockDeducted]);
        assert_eq!(refused::<Reservation>(), [StockAdded, StockMoved]);
        // The sample moves what an empty shelf has not.
        assert_eq!(refused::<Stock>().len(), 6);
    }

    #[test]
    fn pieces_released_can_be_reserved_again_in_one_move() {
        let stock = Stock { available: 5, reserved: 0, deducted: 0 };
        let moves = Moves { reserved: 10, released: 5, ..Moves::default() };
        assert_eq!(stock.after(&moves), Ok(Stock { available: 0, reserved: 5, deducted: 0 }));
    }
}
