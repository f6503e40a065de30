//! Carts: what somebody means to buy, one a person.
//!
//! - [`domain`]: what is known of a cart, and every decision about one. Pure.
//! - [`service`]: looking at a cart and changing it. [`ordering`]: making an order of it, both or neither.
//!   [`past`]: as it was.
//! - [`aggregate`]: where carts are kept. [`http`], `problems`: what is served, and how it is refused.

pub mod aggregate;
pub mod domain;
pub mod http;
pub mod ordering;
pub mod past;
mod problems;
pub mod service;

pub use aggregate::Carts;
pub use ordering::CartOrdering;
pub use service::CartService;
