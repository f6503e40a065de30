//! The query role against a real PostgreSQL.

// Clippy excuses test functions, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod carts;
mod confluence;
mod damaged;
mod encryption;
mod failover;
mod filtering;
mod folding;
mod full_disk;
mod giving_up;
mod history;
mod losing_tables;
mod past;
mod payments;
mod pgbouncer;
mod projecting;
mod reading;
mod rebuilding;
mod schema;
mod search;
mod serving;
mod sets;
mod sums;
mod support;
mod upgrading;
mod waiting;
