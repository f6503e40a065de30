//! The stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::ports::fault::{Fault, FaultKind};
use shotengai_messaging::ports::stream::{
    CursorExpired, PUT_MAX_BYTES, PUT_MAX_RECORDS, PositionGone, RECORD_MAX_BYTES, ReadRecord, Shard, ShardBatch,
    ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter, Subscription,
};
use tokio::time::Instant;

use super::faults::{FaultInjector, Gate, throttled};
use super::limits::{self, READ_MAX_BYTES, READ_MAX_RECORDS, invalid};
use super::shards::{ShardState, Shards};
use super::subscription::{MemorySubscription, Pushes};
use super::{NoFaults, lock};

const PUT: &str = "stream.put";
const SHARDS: &str = "stream.shards";
const CURSOR: &str = "stream.cursor";
const READ: &str = "stream.read";
const SUBSCRIBE: &str = "stream.subscribe";
const KEY_MAX_CHARS: usize = 256;

/// How a stream behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamConfig {
    /// How many shards it starts with.
    pub shards: u64,
    /// How long a cursor is good for.
    pub cursor_ttl: Duration,
    /// How long records can be read; `None`: for ever.
    pub keeps: Option<SignedDuration>,
    /// Whether no cursor begins behind a position that is older than that; otherwise it begins at the oldest record.
    /// Kinesis has been seen to do either.
    pub refuses_old_positions: bool,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self { shards: 4, cursor_ttl: Duration::from_secs(300), keeps: None, refuses_old_positions: false }
    }
}

/// A stream in memory: shards by key, positions that count up, cursors that expire, splits and merges. What its retention
/// ends for nobody reads any more; tests still see it.
pub struct MemoryStream {
    gate: Gate,
    config: StreamConfig,
    shards: Arc<Mutex<Shards>>,
    pushes: Arc<Pushes>,
    /// Cursors of an earlier generation have expired.
    generation: AtomicU64,
    started: Instant,
}

/// Position that a cursor's text says.
struct StreamPosition {
    generation: u64,
    issued_ms: u128,
    /// The last position that was read.
    after: u64,
    shard: String,
}

impl MemoryStream {
    /// A stream that behaves by default.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with(name, ports, StreamConfig::default(), Arc::new(NoFaults))
    }

    /// A stream with everything chosen.
    #[must_use]
    pub fn with(name: &str, ports: Ports, config: StreamConfig, faults: Arc<dyn FaultInjector>) -> Self {
        Self {
            gate: Gate::new(name, faults, ports),
            config,
            shards: Arc::new(Mutex::new(Shards::new(config.shards))),
            pushes: Arc::default(),
            generation: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// Closes a shard and opens two children; `None` when there is no such open shard.
    pub fn split(&self, shard: &str) -> Option<(String, String)> {
        let children = lock(&self.shards).split(shard, self.gate.ports.clock.now());
        self.pushes.changed.notify_waiters();
        children
    }

    /// Closes two shards and opens their child; `None` when they are not open or not adjacent.
    pub fn merge(&self, lower: &str, upper: &str) -> Option<String> {
        let child = lock(&self.shards).merge(lower, upper, self.gate.ports.clock.now());
        self.pushes.changed.notify_waiters();
        child
    }

    /// Drops a closed shard and what it holds, as the end of its retention does; false when it is open or not there.
    pub fn forget(&self, shard: &str) -> bool {
        let mut shards = lock(&self.shards);
        let closed = shards.by_id.get(shard).is_some_and(|state| state.closed_at.is_some());
        closed && shards.by_id.remove(shard).is_some()
    }

    /// The open shard that takes this key now.
    #[must_use]
    pub fn shard_of(&self, key: &str) -> Option<String> {
        lock(&self.shards).of_key(key).cloned()
    }

    /// Makes every cursor that was given out so far expire.
    pub fn expire_cursors(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Every record, in the order the stream took them; also those that nobody can read any more.
    #[must_use]
    pub fn records(&self) -> Vec<ReadRecord> {
        let shards = lock(&self.shards);
        let mut all: Vec<_> = shards.by_id.values().flat_map(|shard| &shard.records).collect();
        all.sort_by_key(|(position, _)| **position);
        all.into_iter().map(|(position, stored)| read_record(*position, stored)).collect()
    }

    /// When the oldest records came that can still be read.
    fn horizon(&self) -> Timestamp {
        horizon(&self.gate, self.config)
    }

    /// How many records nobody can read any more that stand behind the position to which their shard was read.
    #[must_use]
    pub fn dropped_unread(&self, read: impl Fn(&str) -> Option<String>) -> usize {
        let (shards, horizon) = (lock(&self.shards), self.horizon());
        let dropped = shards.by_id.iter().map(|(shard, state)| {
            let after = read(shard).and_then(|position| position.parse::<u64>().ok()).unwrap_or(0);
            let unread = state.records.range(after.saturating_add(1)..);
            unread.filter(|(_, stored)| stored.arrived_at < horizon).count()
        });
        dropped.sum()
    }

    /// The position behind which reading begins.
    fn begin(
        &self,
        operation: &'static str,
        state: &ShardState,
        start: &StartAt,
        horizon: Timestamp,
    ) -> Result<u64, Fault> {
        let position = match start {
            StartAt::Oldest => return Ok(0),
            StartAt::Latest => return Ok(state.records.last_key_value().map_or(0, |(position, _)| *position)),
            StartAt::After(position) => position,
        };
        let gone = || PositionGone::fault(operation, position);
        let position = position.parse().map_err(|_| gone())?;
        let stored = state.records.get(&position).ok_or_else(gone)?;
        if self.config.refuses_old_positions && stored.arrived_at < horizon {
            return Err(gone());
        }
        Ok(position)
    }

    fn issue(&self, shard: &str, after: u64) -> ShardCursor {
        let generation = self.generation.load(Ordering::Relaxed);
        ShardCursor(format!("{generation}:{}:{after}:{shard}", self.started.elapsed().as_millis()))
    }

    fn good(&self, place: &StreamPosition) -> bool {
        let age = self.started.elapsed().as_millis().saturating_sub(place.issued_ms);
        place.generation == self.generation.load(Ordering::Relaxed) && age <= self.config.cursor_ttl.as_millis()
    }
}

fn parse(cursor: &ShardCursor) -> Option<StreamPosition> {
    let mut parts = cursor.0.splitn(4, ':');
    Some(StreamPosition {
        generation: parts.next()?.parse().ok()?,
        issued_ms: parts.next()?.parse().ok()?,
        after: parts.next()?.parse().ok()?,
        shard: parts.next()?.to_owned(),
    })
}

fn read_record(position: u64, stored: &super::shards::Stored) -> ReadRecord {
    ReadRecord {
        position: position.to_string(),
        key: stored.record.key.clone(),
        data: stored.record.data.clone(),
        arrived_at: Some(stored.arrived_at),
    }
}

fn size_of(record: &StreamRecord) -> usize {
    record.key.len() + record.data.len()
}

fn check_put(records: &[StreamRecord]) -> Result<(), Fault> {
    limits::entries(PUT, records.len(), PUT_MAX_RECORDS)?;
    if records.iter().any(|record| !(1..=KEY_MAX_CHARS).contains(&record.key.chars().count())) {
        return Err(invalid(PUT, "a key has 1 to 256 characters"));
    }
    if records.iter().any(|record| size_of(record) > RECORD_MAX_BYTES) {
        return Err(invalid(PUT, "a record has more than 1 MiB"));
    }
    if records.iter().map(size_of).sum::<usize>() > PUT_MAX_BYTES {
        return Err(invalid(PUT, "the records have more than 5 MiB together"));
    }
    Ok(())
}

/// When the oldest records came that can still be read.
pub(super) fn horizon(gate: &Gate, config: StreamConfig) -> Timestamp {
    let now = gate.ports.clock.now();
    config.keeps.and_then(|keeps| now.checked_sub(keeps).ok()).unwrap_or(Timestamp::MIN)
}

/// Up to `limit` records behind `after`, and how far the last of them is behind the newest.
pub(super) fn page(shard: &ShardState, after: u64, limit: usize, horizon: Timestamp) -> (Vec<ReadRecord>, i64) {
    let mut records = Vec::new();
    let mut bytes = 0;
    let rest = shard.records.range(after.saturating_add(1)..);
    let mut rest = rest.skip_while(|(_, stored)| stored.arrived_at < horizon).peekable();
    while let Some((position, stored)) = rest.next_if(|(_, stored)| {
        bytes += size_of(&stored.record);
        records.len() < limit && (records.is_empty() || bytes <= READ_MAX_BYTES)
    }) {
        records.push(read_record(*position, stored));
    }
    let newest = shard.records.last_key_value().map(|(_, stored)| stored.arrived_at);
    let last = records.last().and_then(|record| record.arrived_at);
    let behind_ms = match (newest, last) {
        (Some(newest), Some(last)) => newest.as_millisecond().saturating_sub(last.as_millisecond()).max(0),
        _ => 0,
    };
    (records, behind_ms)
}

#[async_trait]
impl StreamWriter for MemoryStream {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.place(records).await?;
        Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
    }

    async fn place(&self, records: &[StreamRecord]) -> Result<Vec<Result<Option<String>, Fault>>, Fault> {
        check_put(records)?;
        let (passage, failing) = self.gate.batch(PUT, records.len()).await?;
        let now = self.gate.ports.clock.now();
        let mut shards = lock(&self.shards);
        let answers = records.iter().enumerate().map(|(index, record)| {
            if failing.contains(&index) {
                return Err(throttled(PUT));
            }
            Ok(shards.put(record, now))
        });
        let answers = answers.collect();
        self.pushes.changed.notify_waiters();
        passage.answer(answers)
    }
}

#[async_trait]
impl StreamReader for MemoryStream {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        let passage = self.gate.single(SHARDS).await?;
        let shards = lock(&self.shards);
        let shard = |(id, state): (&String, &ShardState)| Shard { id: id.clone(), parents: state.parents.clone() };
        let horizon = self.horizon();
        passage.answer(shards.by_id.iter().filter(|(_, state)| state.is_readable(horizon)).map(shard).collect())
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        let passage = self.gate.single(CURSOR).await?;
        let shards = lock(&self.shards);
        let horizon = self.horizon();
        let state = shards.readable(shard, horizon).ok_or_else(|| no_shard(CURSOR))?;
        let after = self.begin(CURSOR, state, start, horizon)?;
        passage.answer(self.issue(shard, after))
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        limits::entries(READ, limit, READ_MAX_RECORDS)?;
        let passage = self.gate.single(READ).await?;
        let place = parse(cursor).ok_or_else(|| invalid(READ, "not a cursor of this stream"))?;
        if !self.good(&place) {
            return Err(CursorExpired::fault(READ));
        }
        let shards = lock(&self.shards);
        let horizon = self.horizon();
        let state = shards.readable(&place.shard, horizon).ok_or_else(|| no_shard(READ))?;
        let (records, behind_ms) = page(state, place.after, limit, horizon);
        let after = records.last().and_then(|record| record.position.parse().ok()).unwrap_or(place.after);
        let mut rest = state.records.range(after.saturating_add(1)..);
        let ended = state.closed_at.is_some() && !rest.any(|(_, stored)| stored.arrived_at >= horizon);
        let next = (!ended).then(|| self.issue(&place.shard, after));
        passage.answer(ShardBatch { records, next, behind_ms })
    }

    async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        let passage = self.gate.single(SUBSCRIBE).await?;
        let shards = lock(&self.shards);
        let horizon = self.horizon();
        let state = shards.readable(shard, horizon).ok_or_else(|| no_shard(SUBSCRIBE))?;
        let after = self.begin(SUBSCRIBE, state, start, horizon)?;
        let subscription = MemorySubscription::begin(
            self.gate.clone(),
            self.config,
            Arc::clone(&self.shards),
            Arc::clone(&self.pushes),
            (shard, after),
        )?;
        passage.answer(Box::new(subscription))
    }
}

/// A thing that is missing is the installation's fault.
pub(super) fn no_shard(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Denied, operation, "there is no such shard")
}
