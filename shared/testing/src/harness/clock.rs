//! The time of day under `tokio`'s paused time.

use std::sync::Arc;

use jiff::Timestamp;
use shotengai_kernel::{Clock, Ports, SeededRandom};
use tokio::time::Instant;

/// 2026-01-01T00:00:00Z, in seconds.
const BEGINNING: i64 = 1_767_225_600;

/// The time of day, moved by `tokio`'s paused time.
pub struct PausedClock(Instant);

impl Default for PausedClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(BEGINNING).unwrap() + self.0.elapsed()
    }
}

/// Ports whose clock goes by `tokio`'s paused time.
#[must_use]
pub fn paused_ports(seed: u64) -> Ports {
    Ports::from_parts(Arc::new(PausedClock::default()), Arc::new(SeededRandom::new(seed)))
}
