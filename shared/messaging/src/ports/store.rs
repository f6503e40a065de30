//! Where events are kept.

use std::ops::Range;

use async_trait::async_trait;
use serde_json::Value;
use shotengai_kernel::{AggregateId, CommitId, Timestamp, Version};

use super::fault::{Fault, FaultKind};
use crate::commit::Commit;

/// How many shards the outbox index and the time index have (`00` to `0f`), so that neither is one hot partition.
pub const OUTBOX_SHARDS: u8 = 16;

/// The most commits of one [`EventStore::append_each`].
pub const APPEND_EACH_MAX: usize = 25;

/// Why commits were not appended. In every case but [`AppendError::Fault`] of kind `Transient`, nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else's commit stands where at least one of these would go, or behind a version that one of them relies on:
    /// reload and decide again.
    #[error("{} of the commits and guards lost against another writer", .indexes.len())]
    Conflict {
        /// Which of the commits lost; guards count on after the commits. Never empty.
        indexes: Vec<usize>,
    },
    /// The commits can't ever be written together: too many, too large, or two of one aggregate.
    #[error("the commits can't be written together: {0}")]
    Unwritable(String),
    /// The store failed. After a transient fault the same commits may be appended again, unchanged, safely.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A version at which an aggregate must still stand when commits are written that rely on it and don't write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The aggregate.
    pub aggregate_id: AggregateId,
    /// The version at which it was read.
    pub version: Version,
}

/// A state folded up to a version, so that a load needs only what came after.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The aggregate.
    pub aggregate_id: AggregateId,
    /// The last event that is folded in.
    pub version: Version,
    /// The shape of `state`; a reader that knows another ignores the snapshot.
    pub schema: u32,
    /// The state.
    pub state: Value,
    /// The commit that ends at `version`. A store without it is not the one that the state was folded from. Releases before
    /// this field wrote none.
    pub last_commit: Option<CommitMark>,
}

/// One commit, told from every other that ever stood or might stand in its slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitMark {
    /// Its first event.
    pub first_version: Version,
    /// Which attempt it is.
    pub commit_id: CommitId,
}

/// A part of an aggregate's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// Its commits; fewer than were asked for where they are large.
    pub commits: Vec<Commit>,
    /// Whether others may lie beyond the last of them.
    pub more: bool,
}

/// A small document that processes of one service keep beside their events, for the store's own upkeep: who sweeps, how
/// far something has been looked through. Kept with the snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Rises with every write.
    pub version: u64,
    /// What it says.
    pub doc: Value,
}

/// An append-only store of commits, one service's own.
///
/// A commit's slot is (`aggregate_id`, `first_version`), and a slot is taken once. All reads by id are consistent; the
/// outbox index and the time index are not: they may lag and, for an instant, show what is gone.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Writes all of these commits or none, each into its slot, each marked as not yet in the stream (unless the stream
    /// is fed by change capture). `Ok` means durable.
    ///
    /// An append whose answer was lost is repeated by the adapter itself; a slot that holds the same `commit_id` is
    /// this append's own success. At most 100 commits, at most one an aggregate, at most 4 MB together, 400 KB each.
    ///
    /// # Errors
    /// [`AppendError`], and then nothing was written (see there for the one exception).
    async fn append(&self, commits: &[Commit]) -> Result<(), AppendError> {
        self.append_guarded(commits, &[]).await
    }

    /// The same, if each aggregate of `guards` still stands where its guard says. They count as commits do: at most 100
    /// together, none of an aggregate that has another or a commit here. An append that has happened is its own success
    /// whatever its guarded aggregates did since.
    ///
    /// # Errors
    /// As [`EventStore::append`].
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError>;

    /// Appends each of these commits by itself, in one request: what becomes of one says nothing of the others. One answer
    /// a commit, in order, as [`EventStore::append`] would have given it alone, but that one which is refused for now is not
    /// tried again here. At most [`APPEND_EACH_MAX`] commits, no two for one slot.
    ///
    /// A request whose answer was lost is repeated by the adapter itself, unchanged.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any. After a transient one any of them may have been written.
    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault>;

    /// The same for commits that the stream has had already, restored from the archive: none is marked as not in the stream,
    /// and whether the table is captured is not looked at. So where change capture is on, they go into the stream once more.
    ///
    /// # Errors
    /// As [`EventStore::append_each`]; `Denied` where this store can't be restored.
    async fn restore_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        let _ = commits;
        Err(Fault::new(FaultKind::Denied, "store.restore_each", "nothing is restored into this store"))
    }

    /// All commits of one aggregate whose events come after `after`, oldest first. Consistent.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault>;

    /// The first of them, `limit` at the most. Consistent. For histories without a bound, which are folded page by page.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault>;

    /// The last commits of one aggregate that begin before `before`, newest first, `limit` at the most. Consistent.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault>;

    /// The newest snapshot, if there is one. May be older than the newest saved.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault>;

    /// Keeps a snapshot unless a newer one stands there. Losing one loses nothing but time.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault>;

    /// A page of the commits of one outbox shard that are marked as not in the stream, oldest first, `limit` at the most;
    /// the second value continues where this answer stopped. Not consistent: one that has just been cleared may still
    /// show, one that was just written may not yet. One that can't be read is left out, logged and counted: it must not
    /// keep the others from the stream. So a page may be short, or empty, and not the last.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault>;

    /// Whether each of these commits stands and has its marker, in order. Consistent, and so what tells a commit that
    /// waits from one that the outbox index still shows.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault>;

    /// Takes the marker off commits that the stream has acknowledged: one answer a commit, in order. Safe to repeat.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any.
    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// All commits of one shard of the time index from `from` on, oldest first, `limit` at the most; the second value
    /// continues where this answer stopped.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn scan(&self, shard: u8, from: Option<String>, limit: usize)
    -> Result<(Vec<Commit>, Option<String>), Fault>;

    /// The same for those decided in `between` (by the clocks of those who decided), but commits that can't be read are
    /// left out, logged and counted. So a page may be short, or empty, and not the last.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault>;

    /// The aggregates whose first commit stands in one shard of the time index, oldest first: over all shards each comes
    /// once. `limit` bounds the commits that are looked at, so a page may be empty and not the last; the second value
    /// continues as that of [`EventStore::scan`]. Reads only keys: a commit that can't be read hides no aggregate. For
    /// rebuilding projections.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault>;

    /// The note of this name, if there is one. Consistent.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn note(&self, name: &str) -> Result<Option<Note>, Fault>;

    /// Writes a note in the place of the one of version `replacing` (none: where there is none); false, and nothing is
    /// written, where another stands.
    ///
    /// # Errors
    /// A [`Fault`] of the store. After a transient one the note may have been written.
    async fn put_note(&self, name: &str, note: &Note, replacing: Option<u64>) -> Result<bool, Fault>;

    /// A cheap call that answers when the store does.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn ping(&self) -> Result<(), Fault>;
}
