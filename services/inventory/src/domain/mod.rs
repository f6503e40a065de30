//! What inventory decides, without I/O.
//!
//! - [`Stock`]: the numbers of one product, never below zero.
//! - [`Reservation`]: what became of one order's lines. [`Addition`]: whether some pieces have come in. Both are operations
//!   that happen once, because the first slot of their aggregate is taken once.
//! - [`Request`] and `plan`: many operations decided together, over states that were loaded before.

mod addition;
mod draft;
mod plan;
#[cfg(test)]
mod plan_tests;
mod request;
mod reservation;
mod stock;

pub use addition::Addition;
#[cfg(test)]
pub(crate) use plan::MAX_ITEMS;
pub use plan::{Declined, Wait};
pub(crate) use plan::{Judged, Kind, Outcome, Plan, States, Write, plan};
pub use request::{Request, Returned, merged_lines};
pub use reservation::Reservation;
pub use stock::{Moves, Stock, StockError};
