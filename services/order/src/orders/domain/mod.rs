//! The order as an aggregate: what is known of it, and what each command or message leads to. Pure.

mod decide;
mod lines;
mod order;
mod refund;
mod refunds;
mod refusal;

#[cfg(test)]
mod confluence_tests;
#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod refund_tests;
#[cfg(test)]
mod samples;

pub use decide::{Awaits, Signal, awaits, cancel, deadline_passed, place, ship, signal};
pub use lines::{Line, Lines, LinesError, MAX_LINES};
pub use order::{Order, PlacedOrder};
pub use refund::{MAX_REFUNDS, RefundRefusal, RefundWish, Wanted, refund};
pub use refunds::{Refund, RefundState, Refunds};
pub use refusal::{Refusal, TooEarly};
