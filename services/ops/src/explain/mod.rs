//! Why an order is where it is: what is awaited, of whom, where that message is, and what is in the way.
//!
//! - [`facts`]: what happened to an order, its stock and its payment. [`awaited`](mod@awaited): from that to what has to happen yet.
//! - [`seen`]: what was seen of the street. [`causes`]: from both to why it has not happened; `way` up to the queue, `there` from it on.
//!   `remedy`: a command for each. All of these are pure.
//! - `gather`: reads all of it.

pub mod awaited;
pub mod causes;
pub mod facts;
pub(crate) mod gather;
mod remedy;
pub mod seen;
mod there;
mod way;

#[cfg(test)]
mod tests;

pub use self::awaited::{Awaited, awaited};
pub use self::causes::explain;
pub use self::facts::{Fact, Facts};
pub use self::seen::{Seen, SeenLetter};
