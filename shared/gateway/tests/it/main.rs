//! The gate, and what the door forwards.

// Clippy excuses test functions, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod gated;
mod holding;
mod the_table;
