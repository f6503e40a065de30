//! The reconciler: publishes what change capture has lost.
//!
//! DynamoDB gives a change up that it could not put into the stream for 24 hours. So of every ten minutes, 26 hours later,
//! the commits of the event tables are compared with those that came through ([`Captured`]), and what is missing is
//! published. Half an hour after the ten minutes they are compared for a first time: what is missing by then is shown as a
//! figure, a day before it is lost.
//!
//! It believes that clocks are off by less than an hour: what was decided under a clock further behind is not looked at. It
//! begins when the first bridge starts that finds change capture on, ten to twenty minutes before that, so that nothing is
//! left out that a clock behind the bridge's has dated. Two bridges that look at the same ten minutes at one time
//! both publish what is missing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::outbox::{Republish, Republished};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Publisher, Row, Table, Worker, WriteError, metrics};

use crate::NAME;
use crate::captured::{Captured, WINDOW, short, window_of};
use crate::metrics::{CAPTURE_MISSING, RECONCILED};

/// How long after a window what is missing in it is lost: DynamoDB's 24 hours, an hour for clocks, and one to spare.
const LOST_AFTER: Duration = Duration::from_secs(26 * 3600);
/// In its row: services published by themselves.
const OFF: &str = "off";
/// How long after a window it is first looked at.
const LATE_AFTER: Duration = Duration::from_secs(1800);
const LOOK_EVERY: Duration = Duration::from_secs(300);
/// Events a second, beside those that come for the first time.
const PER_SECOND: u32 = 400;

/// Compares and publishes.
pub(crate) struct Reconciler {
    table: Arc<dyn Table>,
    key: Key,
    captured: Arc<Captured>,
    /// One for each service that owns events.
    publishers: Vec<Arc<Publisher>>,
    ports: Ports,
}

impl Reconciler {
    pub(crate) fn new(
        table: Arc<dyn Table>,
        stream: &str,
        captured: Arc<Captured>,
        publishers: Vec<Arc<Publisher>>,
        ports: Ports,
    ) -> Self {
        Self { table, key: key(stream), captured, publishers, ports }
    }

    /// Looks every now and then, until cancelled.
    pub(crate) fn worker(self: Arc<Self>) -> Worker {
        // Dropped halfway it loses nothing: the window is done last.
        Worker::until_cancelled(format!("{NAME}/reconciler"), move || {
            let reconciler = Arc::clone(&self);
            async move {
                // An alert looks for a number that grows, and one that only appears has not grown.
                RECONCILED.add(0, []);
                // At once: what is decided from now on is to be found, though this bridge ended in a minute.
                if let Err(fault) = reconciler.next(reconciler.ports.clock.now()).await {
                    metrics::count_fault(&fault);
                    tracing::warn!(%fault, "where the comparison begins is not written down; the next look tries again");
                }
                loop {
                    let every = u64::try_from(LOOK_EVERY.as_millis()).unwrap_or(u64::MAX);
                    let wait = Duration::from_millis(every / 2 + reconciler.ports.random.below(every));
                    tokio::time::sleep(wait).await;
                    if let Err(fault) = reconciler.look().await {
                        metrics::count_fault(&fault);
                        tracing::warn!(%fault, "event tables and stream were not compared; the next look comes");
                    }
                }
            }
        })
    }

    /// One look: at the window that should have come by now, and at all whose changes are lost if they have not.
    ///
    /// # Errors
    /// The [`Fault`] that ended it; what was published stays so.
    pub(crate) async fn look(&self) -> Result<(), Fault> {
        let now = self.ports.clock.now();
        let missing = self.missing_lately(now).await?;
        CAPTURE_MISSING.record(u32::try_from(missing).unwrap_or(u32::MAX), []);
        if missing > 0 {
            tracing::warn!(commits = missing, "captured commits have not come into the stream for half an hour");
        }
        // A window is over when the next one begins.
        let lost = window_of(before(now, LOST_AFTER)) - 1;
        while let Some((next, version)) = self.next(now).await? {
            if next > lost {
                break;
            }
            let Republished { wanted, refused, .. } = self.compare(next, false).await?;
            if wanted > 0 {
                tracing::error!(commits = wanted, "change capture has lost commits; they are published");
                RECONCILED.add(u64::try_from(wanted).unwrap_or(u64::MAX), []);
            }
            if refused > 0 {
                return Err(Fault::new(FaultKind::Throttled, "reconcile", "the stream did not take all of them"));
            }
            if !self.done(next, version).await? {
                break;
            }
            self.captured.forget(next).await?;
        }
        Ok(())
    }

    /// How many commits have not come through that should have by now: of the window that was over half an hour ago. None
    /// of a window before the beginning, of which nothing was noted.
    async fn missing_lately(&self, now: Timestamp) -> Result<usize, Fault> {
        let late = window_of(before(now, LATE_AFTER)) - 1;
        match self.next(now).await? {
            Some((next, _)) if next <= late => Ok(self.compare(late, true).await?.wanted),
            _ => Ok(0),
        }
    }

    /// Which commits of a window did not come through; publishes them, unless it only looks.
    async fn compare(&self, window: i64, dry_run: bool) -> Result<Republished, Fault> {
        let seen = self.captured.seen(window).await?;
        let moment = |window: i64| Timestamp::from_second(window.saturating_mul(WINDOW)).unwrap_or(Timestamp::MAX);
        let what = Republish {
            between: moment(window)..moment(window.saturating_add(1)),
            dry_run,
            per_second: PER_SECOND,
            wanted: &|commit| !seen.contains(&short(commit.commit_id)),
            progress: &|_| {},
        };
        let mut report = Republished::default();
        for publisher in &self.publishers {
            publisher.republish(&what, &mut report).await?;
        }
        Ok(report)
    }

    /// The next window and the row's version; none where this is the beginning.
    async fn next(&self, now: Timestamp) -> Result<Option<(i64, u64)>, Fault> {
        let Some(row) = self.table.get(&self.key).await? else {
            let first = Row::new(self.key.clone(), 1, json!({ "next": window_of(now) - 1 }));
            return self.put(&first, Condition::Absent).await.map(|_| None);
        };
        if row.doc.get(OFF).is_some() {
            // Services published by themselves until now, and nothing of that was noted.
            let begins = json!({ "next": window_of(now) + 1 });
            let row = Row::new(self.key.clone(), row.version + 1, begins);
            return self.put(&row, Condition::VersionIs(row.version - 1)).await.map(|_| None);
        }
        let next = row.doc.get("next").and_then(serde_json::Value::as_i64);
        let next = next.ok_or_else(|| Fault::new(FaultKind::Permanent, "reconcile", "its row can't be read"))?;
        Ok(Some((next, row.version)))
    }

    async fn done(&self, window: i64, version: u64) -> Result<bool, Fault> {
        let row = Row::new(self.key.clone(), version + 1, json!({ "next": window + 1 }));
        self.put(&row, Condition::VersionIs(version)).await
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<bool, Fault> {
        match self.table.put(row, condition).await {
            Ok(()) => Ok(true),
            Err(WriteError::Condition(_)) => Ok(false),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Writes down, once, that capture is off: where services publish by themselves nothing is noted, and if capture comes
    /// back, all of that time would look lost.
    pub(crate) fn forgetting(self: Arc<Self>) -> Worker {
        Worker::until_cancelled(format!("{NAME}/reconciler"), move || {
            let reconciler = Arc::clone(&self);
            async move {
                let off = off(reconciler.key.clone());
                while let Err(WriteError::Fault(fault)) = reconciler.table.put(&off, Condition::Any).await {
                    metrics::count_fault(&fault);
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        })
    }
}

/// A row of the table of checkpoints. Once it is put there, nothing that was decided until a bridge reads it is compared: of what
/// other processes have written into the event tables, nothing came through.
#[must_use]
pub fn begins_anew(stream: &str) -> Row {
    off(key(stream))
}

fn key(stream: &str) -> Key {
    Key::new(format!("reconciled/{stream}"), "next")
}

fn off(key: Key) -> Row {
    Row::new(key, 1, json!({ OFF: true }))
}

fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
