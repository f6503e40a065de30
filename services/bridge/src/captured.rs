//! Which captured commits came through: what the reconciler compares event tables with.
//!
//! DynamoDB says nothing of a change that it gives up on, so the other side keeps the list: of each commit that a bridge
//! passed on, a part of its id, by the ten minutes in which it was decided. The list is written every ten seconds and may
//! lack what came shortly before a bridge died: the reconciler then publishes that once more, which is harmless.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use shotengai_kernel::{CommitId, Ports, Timestamp};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, Worker, WriteError, metrics};
use tokio_util::sync::CancellationToken;

use crate::NAME;
use crate::change::commit;

/// How long a window is, in seconds.
pub(crate) const WINDOW: i64 = 600;
/// How often the list is written.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// The most commits of a row, which may have 400 KB.
const ROW: usize = 10_000;
/// The most commits that wait to be written, should the table be away. The others are published once more.
const WAITING: usize = 200_000;
const PAGE: usize = 20;

/// The window of a time.
pub(crate) fn window_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(WINDOW)
}

/// Number that stands for a commit: the last 64 bits of its id, of which 62 are random.
pub(crate) fn short(id: CommitId) -> String {
    let (_, low) = id.uuid().as_u64_pair();
    format!("{low:016x}")
}

/// The list of a reader's commits.
pub(crate) struct Captured {
    table: Arc<dyn Table>,
    partition: String,
    ports: Ports,
    noted: Mutex<BTreeMap<i64, BTreeSet<String>>>,
}

impl Captured {
    /// The list of what came from this stream, in the table of checkpoints.
    pub(crate) fn new(table: Arc<dyn Table>, stream: &str, ports: Ports) -> Self {
        Self { table, partition: format!("captured/{stream}"), ports, noted: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<i64, BTreeSet<String>>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These records are passed on.
    fn note(&self, records: &[ReadRecord]) {
        let mut noted = self.noted();
        let mut room = WAITING.saturating_sub(noted.values().map(BTreeSet::len).sum());
        for (id, at) in records.iter().filter_map(|record| commit(&record.data)) {
            if room == 0 {
                return;
            }
            noted.entry(window_of(at)).or_default().insert(short(id));
            room -= 1;
        }
    }

    /// Writes what was noted.
    ///
    /// # Errors
    /// A [`Fault`] of the table; what was not written waits.
    pub(crate) async fn write(&self) -> Result<(), Fault> {
        let noted = std::mem::take(&mut *self.noted());
        let mut outcome = Ok(());
        for (window, commits) in noted {
            let commits: Vec<_> = commits.into_iter().collect();
            for part in commits.chunks(ROW) {
                let outcome_of = self.put(window, part).await;
                if let Err(fault) = outcome_of {
                    self.noted().entry(window).or_default().extend(part.iter().cloned());
                    outcome = Err(fault);
                }
            }
        }
        outcome
    }

    async fn put(&self, window: i64, commits: &[String]) -> Result<(), Fault> {
        let place = format!("{window:012}/{}", self.ports.ids.uuid_v7().as_simple());
        let row = Row::new(Key::new(self.partition.clone(), place), 1, json!({ "commits": commits }));
        match self.table.put(&row, Condition::Any).await {
            Ok(()) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
            Err(WriteError::Condition(_)) => {
                Err(Fault::new(FaultKind::Permanent, "captured.put", "refused without a condition"))
            }
        }
    }

    /// Every commit of a window that came through.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub(crate) async fn seen(&self, window: i64) -> Result<BTreeSet<String>, Fault> {
        let mut seen = BTreeSet::new();
        for row in self.rows(window).await? {
            let commits = row.doc.get("commits").and_then(|commits| commits.as_array());
            seen.extend(commits.into_iter().flatten().filter_map(|commit| commit.as_str()).map(str::to_owned));
        }
        Ok(seen)
    }

    /// Drops the list of a window.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub(crate) async fn forget(&self, window: i64) -> Result<(), Fault> {
        for row in self.rows(window).await? {
            match self.table.delete(&row.key, Condition::Any).await {
                Ok(()) | Err(WriteError::Condition(_)) => {}
                Err(WriteError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn rows(&self, window: i64) -> Result<Vec<Row>, Fault> {
        let (prefix, mut rows) = (format!("{window:012}/"), Vec::<Row>::new());
        loop {
            let after = rows.last().map(|row| row.key.sk.clone());
            let page = self.table.list(&self.partition, &prefix, after.as_deref(), PAGE).await?;
            let full = page.len() >= PAGE;
            rows.extend(page);
            if !full {
                return Ok(rows);
            }
        }
    }

    /// Writes the list until cancelled, and what is left then.
    pub(crate) fn worker(self: &Arc<Self>) -> Worker {
        let captured = Arc::clone(self);
        let run = move |shutdown: CancellationToken| {
            let captured = Arc::clone(&captured);
            async move {
                loop {
                    let ends = tokio::select! {
                        biased;
                        () = shutdown.cancelled() => true,
                        () = tokio::time::sleep(WRITE_EVERY) => false,
                    };
                    if let Err(fault) = captured.write().await {
                        metrics::count_fault(&fault);
                        tracing::warn!(%fault, "which commits came through is not written down; it will be tried again");
                    }
                    if ends {
                        return;
                    }
                }
            }
        };
        // What readers pass on while they end is noted, too.
        Worker::new(format!("{NAME}/captured"), run).ending_last()
    }
}

/// Notes what the bridge has passed on.
pub(crate) struct Noting {
    pub(crate) inner: Arc<dyn RecordHandler>,
    pub(crate) captured: Arc<Captured>,
}

#[async_trait]
impl RecordHandler for Noting {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let applied = self.inner.handle(shard, records, shutdown).await;
        self.captured.note(records.get(..applied).unwrap_or(records));
        applied
    }
}
