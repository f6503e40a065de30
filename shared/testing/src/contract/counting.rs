//! An event store that says what was read from it, and can become another one.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use shotengai_kernel::{AggregateId, Timestamp, Version};
use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::fault::{Fault, FaultKind};
use shotengai_messaging::ports::store::{AppendError, EventStore, Guard, HistoryPage, Note, Snapshot};

/// Passes everything on, and counts the commits that loads answer.
pub struct CountingStore {
    inner: RwLock<Arc<dyn EventStore>>,
    read: AtomicUsize,
    away: AtomicBool,
}

impl CountingStore {
    /// Over this store.
    #[must_use]
    pub fn new(inner: Arc<dyn EventStore>) -> Self {
        Self { inner: RwLock::new(inner), read: AtomicUsize::new(0), away: AtomicBool::new(false) }
    }

    /// From now on over this one, as if the first had been emptied and filled with what stands there.
    pub fn become_one(&self, inner: Arc<dyn EventStore>) {
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = inner;
    }

    /// Fails the next load, as a store does that is being set back.
    pub fn be_away_once(&self) {
        self.away.store(true, Ordering::Relaxed);
    }

    fn inner(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many commits loads have answered since the last call.
    #[must_use]
    pub fn take_read(&self) -> usize {
        self.read.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl EventStore for CountingStore {
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError> {
        self.inner().append_guarded(commits, guards).await
    }

    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        self.inner().append_each(commits).await
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        if self.away.swap(false, Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Transient, "store.load", "away"));
        }
        let commits = self.inner().load(id, after).await?;
        self.read.fetch_add(commits.len(), Ordering::Relaxed);
        Ok(commits)
    }

    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let page = self.inner().load_some(id, after, limit).await?;
        self.read.fetch_add(page.commits.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let page = self.inner().load_newest(id, before, limit).await?;
        self.read.fetch_add(page.commits.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        self.inner().load_snapshot(id).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        self.inner().save_snapshot(snapshot).await
    }

    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.inner().pending(shard, from, limit).await
    }

    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault> {
        self.inner().marked(commits).await
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner().clear_pending(commits).await
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.inner().scan(shard, from, limit).await
    }

    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.inner().scan_between(shard, between, from, limit).await
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        self.inner().aggregates(shard, from, limit).await
    }

    async fn note(&self, name: &str) -> Result<Option<Note>, Fault> {
        self.inner().note(name).await
    }

    async fn put_note(&self, name: &str, note: &Note, replacing: Option<u64>) -> Result<bool, Fault> {
        self.inner().put_note(name, note, replacing).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.inner().ping().await
    }
}
