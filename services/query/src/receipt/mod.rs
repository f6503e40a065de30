//! An order's receipt: what it cost, gathered from the memory of the processes that worked for it.
//!
//! - `gather`: asks each role for what it has booked.
//! - `sums`: the receipt of what was gathered, at [`prices`](crate::prices); pure.
//! - `http`: who is shown it.

mod gather;
pub(crate) mod http;
mod sums;

pub use gather::Receipts;
