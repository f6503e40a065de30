//! An event store whose appends are caught.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Timestamp, Version};

use super::met::Looks;
use super::{Caught, Net};
use crate::commit::Commit;
use crate::ports::fault::Fault;
use crate::ports::store::{AppendError, EventStore, Guard, HistoryPage, Note, Snapshot};

/// Reads of the store, and what was appended to its shadow behind that.
pub(super) struct ShadowStore {
    owner: Owner,
    of: Arc<dyn EventStore>,
    net: Net,
    looks: Looks,
    /// By aggregate, in the order of their versions.
    appended: Mutex<BTreeMap<AggregateId, Vec<Commit>>>,
}

impl ShadowStore {
    pub(super) fn new(owner: Owner, of: Arc<dyn EventStore>, net: Net, looks: Looks) -> Self {
        Self { owner, of, net, looks, appended: Mutex::default() }
    }

    fn appended(&self) -> MutexGuard<'_, BTreeMap<AggregateId, Vec<Commit>>> {
        self.appended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn caught(&self, id: &AggregateId) -> Vec<Commit> {
        self.appended().get(id).cloned().unwrap_or_default()
    }

    /// The version at which an aggregate stands, what was caught included.
    async fn version(&self, id: &AggregateId) -> Result<Version, Fault> {
        let newest = self.load_newest(id, Version::new(u64::MAX), 1).await?;
        Ok(newest.commits.first().map_or(Version::ZERO, Commit::last_version))
    }
}

#[async_trait]
impl EventStore for ShadowStore {
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError> {
        let mut indexes = Vec::new();
        for (index, commit) in commits.iter().enumerate() {
            if self.version(&commit.aggregate_id).await?.next() != commit.first_version {
                indexes.push(index);
            }
        }
        for (index, guard) in guards.iter().enumerate() {
            if self.version(&guard.aggregate_id).await? != guard.version {
                indexes.push(commits.len() + index);
            }
        }
        if !indexes.is_empty() {
            return Err(AppendError::Conflict { indexes });
        }
        let mut appended = self.appended();
        for commit in commits {
            appended.entry(commit.aggregate_id.clone()).or_default().push(commit.clone());
            self.net.catch(Caught::Commit(self.owner, commit.clone()));
        }
        Ok(())
    }

    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        let mut answers = Vec::with_capacity(commits.len());
        for commit in commits {
            answers.push(self.append(std::slice::from_ref(commit)).await);
        }
        Ok(answers)
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        self.looks.read(self.owner, id);
        let mut commits = self.of.load(id, after).await?;
        commits.extend(self.caught(id).into_iter().filter(|commit| commit.first_version > after));
        Ok(commits)
    }

    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault> {
        self.looks.read(self.owner, id);
        let mut page = self.of.load_some(id, after, limit).await?;
        if !page.more {
            let caught = self.caught(id).into_iter().filter(|commit| commit.first_version > after);
            page.commits.extend(caught);
            page.more = page.commits.len() > limit;
            page.commits.truncate(limit);
        }
        Ok(page)
    }

    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let caught = self.caught(id).into_iter().rev().filter(|commit| commit.first_version < before);
        let mut commits: Vec<_> = caught.take(limit).collect();
        if commits.len() == limit {
            return Ok(HistoryPage { commits, more: true });
        }
        let HistoryPage { commits: older, more } = self.of.load_newest(id, before, limit - commits.len()).await?;
        commits.extend(older);
        Ok(HistoryPage { commits, more })
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        self.of.load_snapshot(id).await
    }

    /// Snapshots are no business of who asks what would happen.
    async fn save_snapshot(&self, _: &Snapshot) -> Result<(), Fault> {
        Ok(())
    }

    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.of.pending(shard, from, limit).await
    }

    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault> {
        self.of.marked(commits).await
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        Ok(commits.iter().map(|_| Ok(())).collect())
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.of.scan(shard, from, limit).await
    }

    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.of.scan_between(shard, between, from, limit).await
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        self.of.aggregates(shard, from, limit).await
    }

    async fn note(&self, name: &str) -> Result<Option<Note>, Fault> {
        self.of.note(name).await
    }

    async fn put_note(&self, _: &str, _: &Note, _: Option<u64>) -> Result<bool, Fault> {
        Ok(true)
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.of.ping().await
    }
}
