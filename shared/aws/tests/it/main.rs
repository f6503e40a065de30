//! The adapters against a local AWS. One server serves all tests; each has an account of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod admin;
mod bucket;
mod event_store;
mod indexes;
mod local;
mod lossy;
mod observe;
mod queue;
mod stream;
mod table;
mod unreachable;
