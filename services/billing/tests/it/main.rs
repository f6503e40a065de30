//! Billing over the in-memory adapters.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod confluence;
mod events;
mod http;
mod refunds;
mod support;
