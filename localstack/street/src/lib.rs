//! The local parts of a developer's street: MiniStack and PostgreSQL as supervised children, bound to loopback.
//!
//! - [`Child`]: one program that ends when its owner does, even by `kill -9`.
//! - [`MiniStack`]: the local AWS. [`Postgres`]: a real PostgreSQL 18 over a disposable directory.
//! - [`locate_venv`]: the Python environment made by `localstack/bootstrap.sh`, which holds both programs.
//! - [`locate_mailpit`]: Mailpit, where it is installed.
//! - [`free_port`], [`port_in_use`]. [`changes_as_root`]: what root should know before anything starts.
//!
//! # How children end
//! Each program runs under a keeper, a small Python script in a process group of its own: Ctrl-C in a terminal reaches
//! only us, and we stop children in the order we like. The keeper reads a pipe whose other end we hold. Our end closes by
//! `stop`, by drop or by our death, and the keeper then signals the program's group: politely first, SIGKILL after a grace.
//! A SIGKILL of the keeper itself leaves its program running; [`Postgres`] clears that up at its next start.
//!
//! # One owner
//! Everything here is for one machine and one developer. A folder handed to [`MiniStack`] or [`Postgres`] has one owner
//! at a time; a second one is refused, while a dying predecessor is waited for.

mod child;
mod error;
mod keeper;
mod log_file;
mod mailpit;
mod ministack;
mod owner;
mod port;
mod postgres;
mod probe;
mod venv;

pub use child::{Child, ChildSpec, StopSignal};
pub use error::StreetError;
pub use mailpit::locate_mailpit;
pub use ministack::{MiniStack, MiniStackConfig};
pub use port::{free_port, port_in_use};
pub use postgres::{Postgres, PostgresConfig, changes_as_root};
pub use venv::locate_venv;
