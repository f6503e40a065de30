//! The chart of the last minutes, read at most once a second however many ask, and for however many minutes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_kernel::{Clock, Timestamp};
use shotengai_messaging::{Fault, SharedRead};
use tokio::time::Instant;

use crate::counters::Counters;
use crate::domain::chart::{Chart, Series};

/// How old a chart may be.
const FRESH: Duration = Duration::from_secs(1);
/// Minutes that are read by one call. Each is kept as it comes: who goes away half-way leaves it to the next.
const PART: usize = 60;

/// Charts. Reading is expensive for a public path: the longest chart is read, by one at a time, and cut for everybody.
pub struct Minutes {
    counters: Counters,
    clock: Arc<dyn Clock>,
    read: Mutex<Chart>,
    refreshed_at: Mutex<Instant>,
    shared: SharedRead<(Timestamp, Chart)>,
}

impl Minutes {
    /// Charts of these counters.
    #[must_use]
    pub fn new(counters: Counters, clock: Arc<dyn Clock>) -> Self {
        let refreshed_at = Mutex::new(Instant::now());
        Self { counters, clock, read: Mutex::default(), refreshed_at, shared: SharedRead::default() }
    }

    /// The chart of the last `minutes` minutes, up to a second old. What came late, for a minute that has been over for a
    /// while, is in it within a minute.
    ///
    /// # Errors
    /// A [`Fault`] of the table; who shared the reading shares it.
    pub async fn chart(&self, minutes: u16) -> Result<Series, Fault> {
        let now = Instant::now();
        let since = now.checked_sub(FRESH).unwrap_or(now);
        let shared = self.shared.since(since, async || self.refresh().await).await?;
        let (now, chart) = shared.as_ref();
        Ok(chart.series(*now, minutes))
    }

    async fn refresh(&self) -> Result<(Timestamp, Chart), Fault> {
        let (now, began) = (self.clock.now(), Instant::now());
        let due = locked(&self.read).due(now, began.duration_since(*locked(&self.refreshed_at)));
        for part in due.chunks(PART) {
            let sales = self.counters.minutes(part).await?;
            locked(&self.read).keep(now, sales);
        }
        *locked(&self.refreshed_at) = began;
        Ok((now, locked(&self.read).clone()))
    }
}

// Neither can be left half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
