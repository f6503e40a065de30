//! The storefront role, built and asked over HTTP.

// Clippy excuses test functions, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod guests;
mod page;
mod support;
mod the_administrator;
