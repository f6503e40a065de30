//! Orders: from a placement to a shipment or a cancellation.
//!
//! - [`domain`]: what is known of an order, and every decision about one. Pure.
//! - [`place`], [`ship`], [`cancel`], [`refund`], [`history`]: one use case each.
//! - [`idempotency`]: the id of an order that is sent twice. [`intents`]: the means of payment, on their way to billing.
//! - [`pending`]: how many orders of a customer may wait.
//! - [`saga`]: what inventory and billing tell. [`deadline`]: what is done when they don't; [`chains`]: one reminder per order.
//! - [`aggregate`]: where orders are kept. [`http`], [`refund_http`], `problems`: what is served, and how it is refused.

pub mod aggregate;
pub mod cancel;
pub mod chains;
pub mod deadline;
pub mod domain;
pub mod history;
pub mod http;
pub mod idempotency;
pub mod intents;
pub mod pending;
pub mod place;
mod problems;
pub mod refund;
pub mod refund_http;
pub mod saga;
pub mod ship;

pub use aggregate::Orders;
pub use place::Placing;
pub use refund::Refunding;
