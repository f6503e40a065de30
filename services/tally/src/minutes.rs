//! The chart of the last minutes, read at most once a second (an hour's, and a day's) however many ask, and for however many
//! minutes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_contracts::api::tally::MAX_MINUTES;
use shotengai_kernel::{Clock, Timestamp};
use shotengai_messaging::{Fault, SharedRead};
use tokio::time::Instant;

use crate::counters::Counters;
use crate::domain::chart::{Chart, Series, Turn};

/// How old a chart may be.
const FRESH: Duration = Duration::from_secs(1);
/// Minutes that are read by one call. Each is kept as it comes: who goes away half-way leaves it to the next.
const PART: usize = 60;

/// The windows that are read: what most ask for, and the longest. Whoever wants the short one does not wait for the long.
const WINDOWS: [u16; 2] = [60, MAX_MINUTES];

/// Charts. Reading is expensive for a public path: one at a time reads a window's chart, and it is cut for everybody.
pub struct Minutes {
    counters: Counters,
    clock: Arc<dyn Clock>,
    read: Mutex<Chart>,
    windows: [Window; 2],
}

struct Window {
    minutes: u16,
    progress: Mutex<Progress>,
    shared: SharedRead<(Timestamp, Chart)>,
}

struct Progress {
    refreshed_at: Instant,
    turn: Turn,
}

impl Minutes {
    /// Charts of these counters.
    #[must_use]
    pub fn new(counters: Counters, clock: Arc<dyn Clock>) -> Self {
        let refreshed_at = Instant::now();
        let progress = || Mutex::new(Progress { refreshed_at, turn: Turn::default() });
        let windows = WINDOWS.map(|minutes| Window { minutes, progress: progress(), shared: SharedRead::default() });
        Self { counters, clock, read: Mutex::default(), windows }
    }

    /// The chart of the last `minutes` minutes, up to a second old. What came late, for a minute that has been over for a
    /// while, is in it within a minute where somebody asks every other second, and within 24 readings in any case.
    ///
    /// # Errors
    /// A [`Fault`] of the table; who shared the reading shares it.
    pub async fn chart(&self, minutes: u16) -> Result<Series, Fault> {
        let [hour, day] = &self.windows;
        let window = if minutes <= hour.minutes { hour } else { day };
        let now = Instant::now();
        let since = now.checked_sub(FRESH).unwrap_or(now);
        let shared = window.shared.since(since, async || self.refresh(window).await).await?;
        let (now, chart) = shared.as_ref();
        Ok(chart.series(*now, minutes))
    }

    async fn refresh(&self, window: &Window) -> Result<(Timestamp, Chart), Fault> {
        let (now, began) = (self.clock.now(), Instant::now());
        let due = {
            let Progress { refreshed_at, turn } = &*locked(&window.progress);
            locked(&self.read).due(now, window.minutes, turn, began.duration_since(*refreshed_at))
        };
        for part in due.chunks(PART) {
            let sales = self.counters.minutes(part).await?;
            locked(&self.read).keep(now, &mut locked(&window.progress).turn, sales);
        }
        locked(&window.progress).refreshed_at = began;
        Ok((now, locked(&self.read).clone()))
    }
}

// Neither can be left half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
