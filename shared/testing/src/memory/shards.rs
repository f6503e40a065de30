//! A stream's shards: which keys each takes, what it holds, what became of it.

use std::collections::BTreeMap;

use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::stream::StreamRecord;

/// A stable place of a key among all places (FNV-1a, then a finalizer that spreads short keys).
fn place_of(key: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A record that the stream has taken.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) record: StreamRecord,
    pub(super) arrived_at: Timestamp,
}

/// One shard: an inclusive range of places.
#[derive(Debug)]
pub(super) struct ShardState {
    first: u64,
    last: u64,
    pub(super) parents: Vec<String>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) records: BTreeMap<u64, Stored>,
}

impl ShardState {
    pub(super) fn is_readable(&self, horizon: Timestamp) -> bool {
        self.closed_at.is_none_or(|at| at >= horizon)
    }
}

/// All shards by id; the open ones cover every place once.
#[derive(Debug)]
pub(super) struct Shards {
    pub(super) by_id: BTreeMap<String, ShardState>,
    positions: u64,
    opened: u64,
}

impl Shards {
    pub(super) fn new(count: u64) -> Self {
        let count = count.max(1);
        let width = u64::MAX / count;
        let mut shards = Self { by_id: BTreeMap::new(), positions: 0, opened: 0 };
        for index in 0..count {
            let last = if index + 1 == count { u64::MAX } else { width * (index + 1) - 1 };
            shards.open(width * index, last, Vec::new());
        }
        shards
    }

    fn open(&mut self, first: u64, last: u64, parents: Vec<String>) -> String {
        let id = format!("shardId-{:012}", self.opened);
        self.opened += 1;
        let state = ShardState { first, last, parents, closed_at: None, records: BTreeMap::new() };
        self.by_id.insert(id.clone(), state);
        id
    }

    /// A shard that still holds records, or may get some: open, or closed since the horizon.
    pub(super) fn readable(&self, id: &str, horizon: Timestamp) -> Option<&ShardState> {
        self.by_id.get(id).filter(|state| state.is_readable(horizon))
    }

    /// The open shard that takes this key.
    pub(super) fn of_key(&self, key: &str) -> Option<&String> {
        let place = place_of(key);
        let takes = |state: &ShardState| state.closed_at.is_none() && (state.first..=state.last).contains(&place);
        self.by_id.iter().find(|(_, state)| takes(state)).map(|(id, _)| id)
    }

    /// Positions count up over the whole stream from 1, so that a comparison as text goes wrong at the tenth record.
    pub(super) fn put(&mut self, record: &StreamRecord, arrived_at: Timestamp) -> Option<String> {
        let id = self.of_key(&record.key).cloned()?;
        self.positions += 1;
        let position = self.positions;
        if let Some(shard) = self.by_id.get_mut(&id) {
            shard.records.insert(position, Stored { record: record.clone(), arrived_at });
        }
        Some(id)
    }

    fn close(&mut self, id: &str, now: Timestamp) -> Option<(u64, u64)> {
        let shard = self.by_id.get_mut(id).filter(|shard| shard.closed_at.is_none())?;
        shard.closed_at = Some(now);
        Some((shard.first, shard.last))
    }

    /// Closes a shard and opens two that share its places; `None` when it is not open or has one place only.
    pub(super) fn split(&mut self, id: &str, now: Timestamp) -> Option<(String, String)> {
        let narrow = self.by_id.get(id).is_none_or(|shard| shard.first == shard.last);
        if narrow {
            return None;
        }
        let (first, last) = self.close(id, now)?;
        let middle = first + (last - first) / 2;
        let lower = self.open(first, middle, vec![id.to_owned()]);
        let upper = self.open(middle + 1, last, vec![id.to_owned()]);
        Some((lower, upper))
    }

    /// Closes two adjacent shards and opens one in their place; `None` when they are not open or not adjacent.
    pub(super) fn merge(&mut self, lower: &str, upper: &str, now: Timestamp) -> Option<String> {
        let open = |id: &str| self.by_id.get(id).filter(|shard| shard.closed_at.is_none());
        let adjacent = open(lower)?.last.checked_add(1) == Some(open(upper)?.first);
        if !adjacent {
            return None;
        }
        let (first, _) = self.close(lower, now)?;
        let (_, last) = self.close(upper, now)?;
        Some(self.open(first, last, vec![lower.to_owned(), upper.to_owned()]))
    }
}
