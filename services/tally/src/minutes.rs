//! The chart of the last minutes, read at most once a second however many ask.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::api::tally::MAX_MINUTES;
use shotengai_kernel::Clock;
use shotengai_messaging::Fault;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::counters::{Counters, Series};

/// How old a chart may be.
const FRESH: Duration = Duration::from_secs(1);

struct Chart {
    minutes: u16,
    read_at: Instant,
    series: Arc<Series>,
}

/// Charts. The reading is expensive for a public path, so one at a time is made and shared.
pub struct Minutes {
    counters: Counters,
    clock: Arc<dyn Clock>,
    latest: Mutex<Option<Chart>>,
}

impl Minutes {
    /// Charts of these counters.
    #[must_use]
    pub fn new(counters: Counters, clock: Arc<dyn Clock>) -> Self {
        Self { counters, clock, latest: Mutex::new(None) }
    }

    /// The chart of the last `minutes` minutes, up to a second old.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn chart(&self, minutes: u16) -> Result<Arc<Series>, Fault> {
        let minutes = minutes.clamp(1, MAX_MINUTES);
        // Held across the reading: whoever asks meanwhile waits for it instead of reading too.
        let mut latest = self.latest.lock().await;
        if let Some(chart) = &*latest
            && chart.minutes == minutes
            && chart.read_at.elapsed() < FRESH
        {
            return Ok(Arc::clone(&chart.series));
        }
        let series = Arc::new(self.counters.series(self.clock.now(), minutes).await?);
        *latest = Some(Chart { minutes, read_at: Instant::now(), series: Arc::clone(&series) });
        Ok(series)
    }
}
