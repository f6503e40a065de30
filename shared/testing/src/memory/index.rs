//! The two indexes of an event store: all commits in time, and those not yet in the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use shotengai_kernel::{AggregateId, Timestamp, Version};
use shotengai_messaging::commit::Commit;

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

/// Commits of each shard by time.
#[derive(Debug, Default)]
pub(super) struct Index(BTreeMap<u8, BTreeSet<Entry>>);

impl Index {
    pub(super) fn insert(&mut self, commit: &Commit) {
        self.0.entry(commit.index_shard()).or_default().insert(entry_of(commit));
    }

    pub(super) fn remove(&mut self, commit: &Commit) {
        if let Some(entries) = self.0.get_mut(&commit.index_shard()) {
            entries.remove(&entry_of(commit));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// Slots of a shard before a moment, oldest first.
    pub(super) fn before(&self, shard: u8, before: Timestamp, limit: usize) -> Vec<Slot> {
        let before = before.as_microsecond();
        let entries = self.0.get(&shard).into_iter().flatten();
        entries.take_while(|(at, ..)| *at < before).take(limit).map(slot).collect()
    }

    /// Slots of a shard behind a token, oldest first, and the token to go on with when there are more. `None` for a token
    /// that is none of ours.
    pub(super) fn page(&self, shard: u8, from: Option<&str>, limit: usize) -> Option<(Vec<Slot>, Option<String>)> {
        let after = match from {
            Some(token) => Bound::Excluded(parse(token)?),
            None => Bound::Unbounded,
        };
        let Some(entries) = self.0.get(&shard) else { return Some((Vec::new(), None)) };
        let mut entries = entries.range((after, Bound::Unbounded));
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
