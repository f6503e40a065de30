//! A cart at a moment: which version it is at, and whether it has expired.

use shotengai_contracts::OrderEvent;
pub use shotengai_contracts::api::carts::KEPT;
use shotengai_contracts::events::CartCleared;
use shotengai_kernel::{CartId, OrderId, Timestamp, UserId, Version};

use super::{Cart, CartLine};

/// A person's cart as it stands at a moment.
///
/// A cart expires [`KEPT`] after its last event: it then counts as empty. Nothing is written at that moment. The next
/// change begins with the event that empties it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    user_id: UserId,
    version: Version,
    cart: Cart,
    expired: bool,
}

impl Standing {
    /// The cart of `user` at this version, last changed then, at the moment `now`.
    #[must_use]
    pub fn at(now: Timestamp, user: &UserId, version: Version, cart: &Cart, changed_at: Option<Timestamp>) -> Self {
        let expired = changed_at.is_some_and(|changed_at| now.duration_since(changed_at) >= KEPT);
        Self { user_id: user.clone(), version, cart: cart.clone(), expired }
    }

    /// Whose it is.
    #[must_use]
    pub const fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Which it is.
    #[must_use]
    pub fn cart_id(&self) -> CartId {
        CartId::of_user(&self.user_id)
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Whether it had lines that have expired: its version alone doesn't tell.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.expired && !self.cart.lines().is_empty()
    }

    /// What it is worth looking at: nothing of it counts once it has expired, but for what may happen once only.
    #[must_use]
    pub fn lines(&self) -> &[CartLine] {
        if self.expired { &[] } else { self.cart.lines() }
    }

    /// The cart, whether or not it has expired.
    #[must_use]
    pub const fn cart(&self) -> &Cart {
        &self.cart
    }

    /// The order that it became, if nothing came in since and that is not too long ago.
    #[must_use]
    pub fn became(&self) -> Option<&OrderId> {
        self.cart.became().filter(|_| !self.expired)
    }

    /// These events; behind the one that empties it, if it has expired.
    pub(super) fn with(&self, events: Vec<OrderEvent>) -> Vec<OrderEvent> {
        if events.is_empty() || !self.has_expired() {
            return events;
        }
        let cleared = CartCleared { cart_id: self.cart_id(), user_id: self.user_id.clone(), order_id: None };
        std::iter::once(cleared.into()).chain(events).collect()
    }
}
