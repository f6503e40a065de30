//! Helpers around the memory adapters: time, faults, running workers.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod clock;
mod faults;
mod logs;
mod running;

pub use clock::{PausedClock, paused_ports};
pub use faults::Faults;
pub use logs::every_line_counts;
pub use running::{Running, until, until_found};
