//! The cart as an aggregate: what is in it, and what each command leads to. Pure.

mod cart;
mod decide;
mod refusal;
mod standing;

#[cfg(test)]
mod decide_tests;

pub use cart::{Addition, Cart, CartLine};
pub use decide::{Add, Merged, add, change, clear, merge, order, remove};
pub(crate) use decide::{current, has_added};
pub use refusal::{CartRefusal, Stale};
pub use standing::{KEPT, Standing};
