//! The cart as the event store keeps it.

use shotengai_contracts::{Misplaced, OrderEvent};
use shotengai_kernel::{CartId, Timestamp, UserId};
use shotengai_messaging::{Aggregate, Aggregates, Loaded};

use crate::carts::domain::{Cart, Standing};

impl Aggregate for Cart {
    type Event = OrderEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    /// A person has one cart for ever, so its events are many.
    const SNAPSHOT_EVERY: u64 = 50;

    fn apply(&mut self, event: &OrderEvent) -> Result<(), Misplaced> {
        self.evolve(event)
    }
}

/// All carts.
pub type Carts = Aggregates<Cart>;

/// A cart that was loaded, at the moment `now`.
#[must_use]
pub(crate) fn standing(loaded: &Loaded<Cart>, user: &UserId, now: Timestamp) -> Standing {
    debug_assert_eq!(loaded.id.as_str(), CartId::of_user(user).as_str(), "a person's cart");
    Standing::at(now, user, loaded.version, &loaded.state, loaded.changed_at)
}
