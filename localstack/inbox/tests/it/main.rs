//! The inbox over real sockets: mail in by SMTP, out by HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail where it stands")]

mod harness;
mod mailpit_api;
mod page_and_probes;
mod ports;
mod protocol;
mod sending;
