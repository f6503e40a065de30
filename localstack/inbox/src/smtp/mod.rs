//! The mail half of the inbox.
//!
//! - `command`, `path`: one line of a client, parsed.
//! - `data`: the text after `DATA`, its dots unstuffed.
//! - `session`: what to answer, without I/O: bytes in, actions out.
//! - `server`: sockets, deadlines and the store.

mod command;
mod data;
mod path;
mod reply;
mod server;
mod session;

pub(crate) use server::{Limits, serve};
