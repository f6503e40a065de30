//! Decisions of billing, without I/O.
//!
//! A message gives an [`Instruction`]; [`next()`] says the one [`Step`] that comes next for a [`Payment`], again and again
//! until nothing is left to do. A crash anywhere is picked up by the same message coming again. [`conclude`] turns the
//! provider's answer into the event that records it.

mod payment;
#[cfg(test)]
mod shop_refund_tests;
mod steps;
#[cfg(test)]
mod steps_tests;

pub use payment::{Payment, ShopRefunds};
pub use steps::{Call, Instruction, Means, Refused, ShopRefund, Step, conclude, next};
