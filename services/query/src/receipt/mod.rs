//! An order's receipt: what it cost, gathered from the memory of the processes that worked for it.
//!
//! - `gather`: asks each role for what it has booked.
//! - `prices`: dollars, from a dated table. `sums`: the receipt of what was gathered. Both pure.
//! - `http`: who is shown it.

mod gather;
pub(crate) mod http;
mod prices;
mod sums;

pub use gather::Receipts;
