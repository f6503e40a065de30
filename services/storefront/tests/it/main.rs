//! The storefront role, built and asked over HTTP.

// Clippy excuses test functions, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod customers;
mod guessing;
mod guests;
mod new_password;
mod oidc;
mod page;
mod sessions;
mod support;
mod the_administrator;
mod trouble;
