//! What people asked of carts, and what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shotengai_kernel::{CartId, Money, ProductId, Quantity, UserId, Version};
use shotengai_order::carts::domain::{CartLine, Standing};

/// What the ids of those begin with who order what is in their carts.
const BY_CART: &str = "usr_cart-";

/// What is in a cart: by product, how many pieces and at which price.
pub type Contents = BTreeMap<ProductId, (Quantity, Money)>;

/// Pieces that were put into a cart under a key.
pub type Addition = (CartId, ProductId, Quantity);

/// All that was asked and told.
#[derive(Debug, Default)]
pub struct CartLedger(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    answers: Vec<(CartId, Version, Contents)>,
    asked: Vec<Addition>,
    told: Vec<Addition>,
    accepting: BTreeSet<UserId>,
}

/// Whoever does this errand by a cart.
#[must_use]
pub(crate) fn cart_user(index: usize) -> String {
    format!("{BY_CART}{index}")
}

/// Whether this person orders by a cart, and not otherwise.
#[must_use]
pub(crate) fn orders_by_cart(user: &UserId) -> bool {
    user.as_str().starts_with(BY_CART)
}

/// What lines say.
#[must_use]
pub(crate) fn contents(lines: &[CartLine]) -> Contents {
    lines.iter().map(|line| (line.product_id.clone(), (line.quantity, line.price))).collect()
}

impl CartLedger {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody was shown a cart. One whose time is over shows nothing, whatever is in it.
    pub fn answer(&self, cart: &Standing) {
        if !cart.has_expired() {
            self.heard().answers.push((cart.cart_id(), cart.version(), contents(cart.lines())));
        }
    }

    /// Every cart that somebody was shown, at its version.
    #[must_use]
    pub fn answers(&self) -> Vec<(CartId, Version, Contents)> {
        self.heard().answers.clone()
    }

    /// Somebody begins to ask for these pieces under a key.
    pub fn ask(&self, addition: &Addition) {
        self.heard().asked.push(addition.clone());
    }

    /// Somebody was told that they are in.
    pub fn tell(&self, addition: &Addition) {
        self.heard().told.push(addition.clone());
    }

    /// What was asked for, and what somebody was told is in.
    #[must_use]
    pub fn additions(&self) -> (Vec<Addition>, Vec<Addition>) {
        let heard = self.heard();
        (heard.asked.clone(), heard.told.clone())
    }

    /// This person takes whatever price there is.
    pub fn accept_prices(&self, user: &UserId) {
        self.heard().accepting.insert(user.clone());
    }

    /// Whether this person has taken prices that they had not been shown.
    #[must_use]
    pub fn accepts_prices(&self, user: &UserId) -> bool {
        self.heard().accepting.contains(user)
    }
}
