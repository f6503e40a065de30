//! The event store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_kernel::{AggregateId, Ports, Timestamp, Version};
use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::store::{
    APPEND_EACH_MAX, AppendError, EventStore, Guard, HistoryPage, Note, OUTBOX_SHARDS, Snapshot,
};

use super::faults::{FaultInjector, Gate, throttled};
use super::index::{Index, Slot, slot_of};
use super::limits::{ITEM_MAX_BYTES, ITEM_OVERHEAD_BYTES, invalid, unwritable};
use super::{NoFaults, lock};

const APPEND: &str = "store.append";
const CLEAR: &str = "store.clear_pending";
const SAVE: &str = "store.save_snapshot";
const SCAN: &str = "store.scan";
const AGGREGATES: &str = "store.aggregates";
const PENDING: &str = "store.pending";

#[derive(Debug, Default)]
struct Items {
    commits: BTreeMap<Slot, Commit>,
    /// Slots in the order they were taken.
    log: Vec<Slot>,
    pending: Index,
    times: Index,
    snapshots: BTreeMap<AggregateId, Snapshot>,
    notes: BTreeMap<String, Note>,
}

/// An event store in memory.
///
/// As in DynamoDB, only the slot is checked: a commit that leaves a gap, or starts inside another, is taken. Tests ask
/// [`MemoryEventStore::inconsistencies`] whether that ever happened.
pub struct MemoryEventStore {
    gate: Gate,
    marks_outbox: bool,
    items: Mutex<Items>,
}

impl MemoryEventStore {
    /// An empty store that marks commits for the outbox.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with(name, ports, true, Arc::new(NoFaults))
    }

    /// An empty store; without outbox markers, nothing is ever pending.
    #[must_use]
    pub fn with(name: &str, ports: Ports, marks_outbox: bool, faults: Arc<dyn FaultInjector>) -> Self {
        Self { gate: Gate::new(name, faults, ports), marks_outbox, items: Mutex::new(Items::default()) }
    }

    /// Every commit, in the order of appending.
    #[must_use]
    pub fn all_commits(&self) -> Vec<Commit> {
        let items = lock(&self.items);
        items.log.iter().filter_map(|slot| items.commits.get(slot)).cloned().collect()
    }

    /// The commits that were appended after the first `count`.
    #[must_use]
    pub fn commits_after(&self, count: usize) -> Vec<Commit> {
        let items = lock(&self.items);
        items.log.iter().skip(count).filter_map(|slot| items.commits.get(slot)).cloned().collect()
    }

    /// How many commits are marked as not in the stream.
    #[must_use]
    pub fn pending_count(&self) -> usize {
        lock(&self.items).pending.len()
    }

    /// The commits that are marked as not in the stream.
    #[must_use]
    pub fn pending_commits(&self) -> Vec<Commit> {
        let items = lock(&self.items);
        items.at(&items.pending.slots())
    }

    /// Whether a commit is marked as not in the stream.
    #[must_use]
    pub fn is_pending(&self, commit: &Commit) -> bool {
        lock(&self.items).pending.has(commit)
    }

    /// How long the outbox index and the time index take from now on to show what was written; at once without this.
    pub fn set_index_lag(&self, lag: Duration) {
        let mut items = lock(&self.items);
        items.pending.set_lag(lag);
        items.times.set_lag(lag);
    }

    /// How many aggregates have a snapshot.
    #[must_use]
    pub fn snapshot_count(&self) -> usize {
        lock(&self.items).snapshots.len()
    }

    /// Forgets all snapshots, which must change no answer.
    pub fn drop_snapshots(&self) {
        lock(&self.items).snapshots.clear();
    }

    /// Gaps and overlaps in an aggregate's versions, which must never be.
    #[must_use]
    pub fn inconsistencies(&self) -> Vec<String> {
        let items = lock(&self.items);
        let mut found = Vec::new();
        let mut last: Option<(&AggregateId, Version)> = None;
        for ((id, first), commit) in &items.commits {
            let expected = last.filter(|(of, _)| *of == id).map_or(Version::new(1), |(_, version)| version.next());
            if *first != expected {
                found.push(format!("{id}: a commit starts at {first} where {expected} comes next"));
            }
            last = Some((id, commit.last_version()));
        }
        found
    }
}

impl Items {
    fn append(&mut self, commits: &[Commit], guards: &[Guard], marked: bool) -> Result<(), AppendError> {
        let standing = |commit: &Commit| self.commits.get(&slot_of(commit)).map(|standing| standing.commit_id);
        let ours = commits.iter().any(|commit| standing(commit) == Some(commit.commit_id));
        let lost = |commit: &Commit| standing(commit).is_some_and(|id| id != commit.commit_id);
        // What has happened relied on what was so then.
        let moved =
            |guard: &Guard| !ours && self.commits.contains_key(&(guard.aggregate_id.clone(), guard.version.next()));
        let lost = commits.iter().map(lost).chain(guards.iter().map(moved));
        let indexes: Vec<usize> = lost.enumerate().filter(|(_, is_lost)| *is_lost).map(|(index, _)| index).collect();
        if !indexes.is_empty() {
            return Err(AppendError::Conflict { indexes });
        }
        for commit in commits {
            let slot = slot_of(commit);
            // What stands there is this commit, from an attempt whose answer was lost.
            if self.commits.contains_key(&slot) {
                continue;
            }
            self.commits.insert(slot.clone(), commit.clone());
            self.log.push(slot);
            self.times.insert(commit);
            if marked {
                self.pending.insert(commit);
            }
        }
        Ok(())
    }

    /// Takes the marker off where this very commit stands; changes and makes nothing else.
    fn clear(&mut self, commit: &Commit) {
        if let Some(standing) = self.commits.get(&slot_of(commit)).filter(|it| it.commit_id == commit.commit_id) {
            self.pending.remove(standing);
        }
    }

    fn marked(&self, commit: &Commit) -> bool {
        let standing = self.commits.get(&slot_of(commit)).filter(|it| it.commit_id == commit.commit_id);
        standing.is_some_and(|standing| self.pending.has(standing))
    }

    fn at(&self, slots: &[Slot]) -> Vec<Commit> {
        slots.iter().filter_map(|slot| self.commits.get(slot)).cloned().collect()
    }
}

impl MemoryEventStore {
    /// Appends as a process does that marks its commits for an outbox, or that leaves them to change capture; both write to
    /// one table while one is changed for the other.
    ///
    /// # Errors
    /// As [`EventStore::append_guarded`].
    pub async fn append_as(&self, commits: &[Commit], guards: &[Guard], marks: bool) -> Result<(), AppendError> {
        if let Some(why) = unwritable(commits, guards) {
            return Err(AppendError::Unwritable(why));
        }
        let passage = self.gate.single(APPEND).await?;
        lock(&self.items).append(commits, guards, marks)?;
        Ok(passage.answer(())?)
    }

    /// The same for commits that stand alone.
    ///
    /// # Errors
    /// As [`EventStore::append_each`].
    pub async fn append_each_as(&self, commits: &[Commit], marks: bool) -> Result<Vec<Result<(), AppendError>>, Fault> {
        let slots: BTreeSet<Slot> = commits.iter().map(slot_of).collect();
        if commits.len() > APPEND_EACH_MAX || slots.len() < commits.len() {
            return Err(invalid(APPEND, "a request has at most 25 commits, and no two of one slot"));
        }
        let (passage, failing) = self.gate.batch(APPEND, commits.len()).await?;
        let mut items = lock(&self.items);
        let answers = commits.iter().enumerate().map(|(index, commit)| {
            let alone = std::slice::from_ref(commit);
            match unwritable(alone, &[]) {
                Some(why) => Err(AppendError::Unwritable(why)),
                None if failing.contains(&index) => Err(throttled(APPEND).into()),
                None => items.append(alone, &[], marks),
            }
        });
        passage.answer(answers.collect())
    }
}

fn history<'a>(mut commits: impl Iterator<Item = &'a Commit>, limit: usize) -> HistoryPage {
    let read = commits.by_ref().take(limit).cloned().collect();
    HistoryPage { commits: read, more: commits.next().is_some() }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn append_guarded(&self, commits: &[Commit], guards: &[Guard]) -> Result<(), AppendError> {
        self.append_as(commits, guards, self.marks_outbox).await
    }

    async fn append_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        self.append_each_as(commits, self.marks_outbox).await
    }

    async fn restore_each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        self.append_each_as(commits, false).await
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        self.load_some(id, after, usize::MAX).await.map(|page| page.commits)
    }

    async fn load_some(&self, id: &AggregateId, after: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let passage = self.gate.single("store.load").await?;
        let items = lock(&self.items);
        let later = (Bound::Excluded((id.clone(), after)), Bound::Included((id.clone(), Version::new(u64::MAX))));
        passage.answer(history(items.commits.range(later).map(|(_, commit)| commit), limit))
    }

    async fn load_newest(&self, id: &AggregateId, before: Version, limit: usize) -> Result<HistoryPage, Fault> {
        let passage = self.gate.single("store.load_newest").await?;
        let items = lock(&self.items);
        let earlier = (id.clone(), Version::ZERO)..(id.clone(), before);
        passage.answer(history(items.commits.range(earlier).rev().map(|(_, commit)| commit), limit))
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        let passage = self.gate.single("store.load_snapshot").await?;
        passage.answer(lock(&self.items).snapshots.get(id).cloned())
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        if snapshot.state.to_string().len() + ITEM_OVERHEAD_BYTES > ITEM_MAX_BYTES {
            return Err(invalid(SAVE, "an item has at most 400 KB"));
        }
        let passage = self.gate.single(SAVE).await?;
        let mut items = lock(&self.items);
        let newer = items.snapshots.get(&snapshot.aggregate_id).is_some_and(|kept| kept.version > snapshot.version);
        if !newer {
            items.snapshots.insert(snapshot.aggregate_id.clone(), snapshot.clone());
        }
        passage.answer(())
    }

    async fn pending(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        check_page(PENDING, shard, limit)?;
        let passage = self.gate.single(PENDING).await?;
        let mut items = lock(&self.items);
        let page = items.pending.page(shard, from.as_deref(), limit);
        let (slots, next) = page.ok_or_else(|| invalid(PENDING, "this continues no page"))?;
        passage.answer((items.at(&slots), next))
    }

    async fn marked(&self, commits: &[Commit]) -> Result<Vec<bool>, Fault> {
        let passage = self.gate.single("store.marked").await?;
        let items = lock(&self.items);
        passage.answer(commits.iter().map(|commit| items.marked(commit)).collect())
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let (passage, failing) = self.gate.batch(CLEAR, commits.len()).await?;
        let mut items = lock(&self.items);
        let answers = commits.iter().enumerate().map(|(index, commit)| {
            if failing.contains(&index) {
                return Err(throttled(CLEAR));
            }
            items.clear(commit);
            Ok(())
        });
        passage.answer(answers.collect())
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        check_page(SCAN, shard, limit)?;
        let passage = self.gate.single(SCAN).await?;
        let mut items = lock(&self.items);
        let (slots, next) = items
            .times
            .page(shard, from.as_deref(), limit)
            .ok_or_else(|| invalid(SCAN, "this does not continue a scan"))?;
        passage.answer((items.at(&slots), next))
    }

    async fn scan_between(
        &self,
        shard: u8,
        between: Range<Timestamp>,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        const OPERATION: &str = "store.scan_between";
        check_page(OPERATION, shard, limit)?;
        let passage = self.gate.single(OPERATION).await?;
        let mut items = lock(&self.items);
        let page = items.times.page_between(shard, Some(between), from.as_deref(), limit);
        let (slots, next) = page.ok_or_else(|| invalid(OPERATION, "this does not continue a scan"))?;
        passage.answer((items.at(&slots), next))
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        check_page(AGGREGATES, shard, limit)?;
        let passage = self.gate.single(AGGREGATES).await?;
        let (slots, next) = lock(&self.items)
            .times
            .page(shard, from.as_deref(), limit)
            .ok_or_else(|| invalid(AGGREGATES, "this does not continue a scan"))?;
        let firsts = slots.into_iter().filter(|(_, version)| *version == Version::FIRST).map(|(id, _)| id);
        passage.answer((firsts.collect(), next))
    }

    async fn note(&self, name: &str) -> Result<Option<Note>, Fault> {
        let passage = self.gate.single("store.note").await?;
        passage.answer(lock(&self.items).notes.get(name).cloned())
    }

    async fn put_note(&self, name: &str, note: &Note, replacing: Option<u64>) -> Result<bool, Fault> {
        let passage = self.gate.single("store.put_note").await?;
        let notes = &mut lock(&self.items).notes;
        let free = notes.get(name).map(|standing| standing.version) == replacing;
        if free {
            notes.insert(name.to_owned(), note.clone());
        }
        passage.answer(free)
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.gate.single("store.ping").await?.answer(())
    }
}

fn check_page(operation: &'static str, shard: u8, limit: usize) -> Result<(), Fault> {
    if shard < OUTBOX_SHARDS && limit > 0 {
        return Ok(());
    }
    Err(invalid(operation, "shards count from 0 to 15, limits from 1"))
}
