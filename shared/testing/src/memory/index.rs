//! The two indexes of an event store: all commits in time, and those not yet in the stream. Both may lag.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Bound, Range};
use std::time::Duration;

use shotengai_kernel::{AggregateId, Timestamp, Version};
use shotengai_messaging::commit::Commit;
use tokio::time::Instant;

/// Where a commit stands; taken once.
pub(super) type Slot = (AggregateId, Version);

/// The slot of a commit.
pub(super) fn slot_of(commit: &Commit) -> Slot {
    (commit.aggregate_id.clone(), commit.first_version)
}

/// A place in a shard: microseconds since 1970 (the index keys have six fractional digits), then the slot.
type Entry = (i64, AggregateId, Version);

fn entry_of(commit: &Commit) -> Entry {
    let (id, version) = slot_of(commit);
    (commit.created_at.as_microsecond(), id, version)
}

fn slot((_, id, version): &Entry) -> Slot {
    (id.clone(), *version)
}

/// Commits of each shard by time, as they are and as readers see them: what was so a while ago.
#[derive(Debug, Default)]
pub(super) struct Index {
    now: Shards,
    shown: Shards,
    /// Changes that readers don't see yet, oldest first.
    changes: VecDeque<(Instant, Change)>,
    lag: Duration,
}

#[derive(Debug, Default)]
struct Shards(BTreeMap<u8, BTreeSet<Entry>>);

#[derive(Debug)]
struct Change {
    shard: u8,
    entry: Entry,
    stands: bool,
}

impl Shards {
    fn apply(&mut self, Change { shard, entry, stands }: Change) {
        let entries = self.0.entry(shard).or_default();
        if stands {
            entries.insert(entry);
        } else {
            entries.remove(&entry);
        }
    }
}

impl Index {
    /// How long changes take from now on until readers see them.
    pub(super) const fn set_lag(&mut self, lag: Duration) {
        self.lag = lag;
    }

    pub(super) fn insert(&mut self, commit: &Commit) {
        self.change(commit, true);
    }

    pub(super) fn remove(&mut self, commit: &Commit) {
        self.change(commit, false);
    }

    fn change(&mut self, commit: &Commit, stands: bool) {
        let change = || Change { shard: commit.index_shard(), entry: entry_of(commit), stands };
        self.now.apply(change());
        self.changes.push_back((Instant::now(), change()));
    }

    /// Whether a commit stands in it, whatever readers see.
    pub(super) fn has(&self, commit: &Commit) -> bool {
        self.now.0.get(&commit.index_shard()).is_some_and(|entries| entries.contains(&entry_of(commit)))
    }

    /// Entries that stand in it, whatever readers see.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.now.0.values().flatten().map(slot).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.now.0.values().map(BTreeSet::len).sum()
    }

    fn catch_up(&mut self) {
        while self.changes.front().is_some_and(|(at, _)| at.elapsed() >= self.lag) {
            if let Some((_, change)) = self.changes.pop_front() {
                self.shown.apply(change);
            }
        }
    }

    /// Slots of a shard behind a token, oldest first, and the token to go on with when there are more. `None` for a token
    /// that is none of ours.
    pub(super) fn page(&mut self, shard: u8, from: Option<&str>, limit: usize) -> Option<(Vec<Slot>, Option<String>)> {
        self.page_between(shard, None, from, limit)
    }

    /// The same within a time.
    pub(super) fn page_between(
        &mut self,
        shard: u8,
        between: Option<Range<Timestamp>>,
        from: Option<&str>,
        limit: usize,
    ) -> Option<(Vec<Slot>, Option<String>)> {
        self.catch_up();
        let after = match from {
            Some(token) => Bound::Excluded(parse(token)?),
            None => Bound::Unbounded,
        };
        let Some(entries) = self.shown.0.get(&shard) else { return Some((Vec::new(), None)) };
        let between = between.map(|between| between.start.as_microsecond()..between.end.as_microsecond());
        let within = |(at, ..): &&Entry| between.as_ref().is_none_or(|between| between.contains(at));
        let mut entries = entries.range((after, Bound::Unbounded)).filter(within);
        let page: Vec<&Entry> = entries.by_ref().take(limit).collect();
        let next = entries.next().and_then(|_| page.last().map(|entry| token(entry)));
        Some((page.into_iter().map(slot).collect(), next))
    }
}

fn token((at, id, version): &Entry) -> String {
    format!("{at}:{}:{id}", version.get())
}

fn parse(token: &str) -> Option<Entry> {
    let mut parts = token.splitn(3, ':');
    let at = parts.next()?.parse().ok()?;
    let version = Version::new(parts.next()?.parse().ok()?);
    Some((at, AggregateId::parse(parts.next()?).ok()?, version))
}
