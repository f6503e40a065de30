//! A typed client of the HTTP interface: a route constant says what is sent and what comes back.
//!
//! ```no_run
//! # async fn run() -> Result<(), shotengai_client::CallError> {
//! use shotengai_client::Client;
//! use shotengai_contracts::api;
//!
//! let shop = Client::new(reqwest::Client::new(), "http://127.0.0.1:8080");
//! let guest = shop.call(api::OPEN_GUEST).body(&api::accounts::OpenGuest::default()).send().await?.body;
//! let shop = shop.with_token(guest.access_token.into());
//! let orders = shop.call(api::LIST_ORDERS).query("status", "paid").send().await?.body;
//! # Ok(()) }
//! ```
//!
//! - [`Client`]: where, and as whom. [`Call`]: one request before it is sent. [`Answered`]: what came back.
//! - [`CallError`]: why there is no good answer; [`CallError::is_worth_another_try`].
//!
//! Nothing is repeated here: whoever calls knows whether that is safe, and until when.

mod call;
mod error;

pub use call::{Answered, Call, Client};
pub use error::CallError;
