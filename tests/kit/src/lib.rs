//! Test harness of the roles: each is assembled as the binary assembles it, over an installation in memory.
//!
//! - [`installation`]: infrastructure, clock and settings, from which roles get what they are assembled from; what a test
//!   leaves behind in it fails the test.
//! - [`role`]: one role behind its routes, without a socket, and its handlers.
//! - [`neighbours`]: other services that answer what a test says.
//! - [`oidc_issuer`]: another issuer of access tokens, on a port of its own.
//! - [`faults`]: the next call of an operation breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]

pub mod faults;
pub mod installation;
pub mod neighbours;
pub mod oidc_issuer;
pub mod role;

pub use faults::NextCall;
pub use installation::{INTERNAL_TOKEN, Installation, signing_key};
pub use neighbours::FakeNeighbours;
pub use role::{Answer, RoleUnderTest, Sender};
