//! An order's journey: what happened to it in all services, and how long each step took.
//!
//! - `gather`: reads the events and the mails where they are kept.
//! - `causes`: puts causes before effects; pure. `hops`: from what happened to waiting and working; pure.
//! - `http`: who is shown it.
//!
//! Read from the stores at each request: nothing of it is kept in PostgreSQL, where it would be one more thing to rebuild.

mod causes;
mod gather;
mod hops;
pub(crate) mod http;

pub use causes::causes_first;
pub use gather::Journeys;
pub use hops::journey;
