//! The role over an installation in memory, and the program that it is in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]

mod adjusting;
mod collecting;
mod program;
mod size;
mod support;
