//! The ordered stream between the services' outboxes and the bridge.

use async_trait::async_trait;
use shotengai_kernel::Timestamp;

use super::fault::{Fault, FaultKind};
use crate::hints::Wake;

/// The most records of one [`StreamWriter::put`].
pub const PUT_MAX_RECORDS: usize = 500;
/// The most bytes, keys included, of one [`StreamWriter::put`] (5 MiB).
pub const PUT_MAX_BYTES: usize = 5 * 1024 * 1024;
/// The most bytes of one record, key included (1 MiB).
pub const RECORD_MAX_BYTES: usize = 1024 * 1024;

/// A record to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRecord {
    /// Records of one key keep their order; 1 to 256 characters.
    pub key: String,
    /// The payload.
    pub data: Vec<u8>,
}

/// Writes to the stream.
#[async_trait]
pub trait StreamWriter: Send + Sync {
    /// Puts up to [`PUT_MAX_RECORDS`] records: one answer a record, in order. Some may succeed and others fail.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came; some records may have been written all the same.
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// The same; the answer of a record that was taken has its shard, where that is known.
    ///
    /// # Errors
    /// As [`StreamWriter::put`].
    async fn place(&self, records: &[StreamRecord]) -> Result<Vec<Result<Option<String>, Fault>>, Fault> {
        let answers = self.put(records).await?;
        Ok(answers.into_iter().map(|answer| answer.map(|()| None)).collect())
    }
}

/// A shard of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its id.
    pub id: String,
    /// The shards it came from by a split or a merge; their records come before its own.
    pub parents: Vec<String>,
}

/// Where to start reading a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAt {
    /// At the oldest record kept.
    Oldest,
    /// Behind this position.
    After(String),
    /// Behind the newest record there is: at what comes from now on.
    Latest,
}

/// A place in a shard to read on from; good for some minutes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardCursor(pub String);

/// A record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRecord {
    /// Its place in the shard; larger numbers (as decimals of any length) come later.
    pub position: String,
    /// Its key.
    pub key: String,
    /// The payload.
    pub data: Vec<u8>,
    /// When the stream took it, by the stream's clock.
    pub arrived_at: Option<Timestamp>,
}

/// What one read gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardBatch {
    /// The records, in order.
    pub records: Vec<ReadRecord>,
    /// Where to read on; none when the shard is closed and read to its end.
    pub next: Option<ShardCursor>,
    /// How far the end of the batch is behind the newest record, in milliseconds.
    pub behind_ms: i64,
}

/// Why a read failed whose cursor was given out too long ago. Nothing is wrong: take a new one from the last position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor has expired")]
pub struct CursorExpired;

impl CursorExpired {
    /// As the fault of a read: transient.
    #[must_use]
    pub fn fault(operation: &'static str) -> Fault {
        Fault::new(FaultKind::Transient, operation, Self)
    }

    /// Whether this is what a fault says.
    #[must_use]
    pub fn is_cause_of(fault: &Fault) -> bool {
        fault.is_caused_by::<Self>()
    }
}

/// Why no cursor begins behind a position: the stream does not have it. Its retention is over, or it is of another stream
/// that had the same name. What is left is read from [`StartAt::Oldest`].
///
/// Not every Kinesis says so: where it is the retention, it may answer with a cursor to the oldest record instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stream has no such position: {0}")]
pub struct PositionGone(pub String);

impl PositionGone {
    /// As the fault of [`StreamReader::cursor`]: permanent.
    #[must_use]
    pub fn fault(operation: &'static str, said: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Permanent, operation, Self(said.into()))
    }

    /// Whether this is what a fault says.
    #[must_use]
    pub fn is_cause_of(fault: &Fault) -> bool {
        fault.is_caused_by::<Self>()
    }
}

/// Batch of records that a subscription brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedBatch {
    /// The records, in order; none where it only says how far behind it is.
    pub records: Vec<ReadRecord>,
    /// The shard is closed, and this was its end.
    pub ended: bool,
    /// How far the end of the batch is behind the newest record, in milliseconds.
    pub behind_ms: i64,
}

/// A subscription to a shard: what comes into it is sent without being asked for. Dropping it ends it.
#[async_trait]
pub trait Subscription: Send {
    /// The next batch; none when the subscription is over, after some minutes. Batches come every few seconds though there is
    /// nothing new. **Not safe to drop**: what it had received is lost, and read again behind the last position.
    ///
    /// # Errors
    /// A [`Fault`] that ended the subscription; [`SubscriptionTaken`] is the cause of one where another has it now.
    async fn next(&mut self) -> Result<Option<PushedBatch>, Fault>;
}

/// Why there is no subscription: another has it, or had it until now. It can be taken over five seconds after it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another subscribes to this shard")]
pub struct SubscriptionTaken;

impl SubscriptionTaken {
    /// As a fault: transient.
    #[must_use]
    pub fn fault(operation: &'static str) -> Fault {
        Fault::new(FaultKind::Transient, operation, Self)
    }

    /// Whether this is what a fault says.
    #[must_use]
    pub fn is_cause_of(fault: &Fault) -> bool {
        fault.is_caused_by::<Self>()
    }
}

/// Reads from the stream.
#[async_trait]
pub trait StreamReader: Send + Sync {
    /// All shards that still hold records, closed ones included.
    ///
    /// # Errors
    /// A [`Fault`] of the stream.
    async fn shards(&self) -> Result<Vec<Shard>, Fault>;

    /// A cursor into a shard.
    ///
    /// # Errors
    /// A [`Fault`] of the stream; `Permanent` for a shard that is not there, [`PositionGone`] is the cause of one where it
    /// is the position.
    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault>;

    /// Up to `limit` records from a cursor. An empty batch is no sign of the end.
    ///
    /// # Errors
    /// A [`Fault`] of the stream; [`CursorExpired`] is the cause of one where that is all.
    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault>;

    /// Subscribes to a shard. Whoever subscribes five seconds or more after another takes the subscription over.
    ///
    /// # Errors
    /// A [`Fault`]: `Denied` where the stream can't be subscribed to (it has no consumer, or it is not permitted); causes are
    /// [`SubscriptionTaken`], and [`PositionGone`] as for a cursor.
    async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        let _ = (shard, start);
        Err(Fault::new(FaultKind::Denied, "stream.subscribe", "this stream can't be subscribed to"))
    }

    /// Hints that a shard may have something new; none come, unless this process has them
    /// ([`HintingInfrastructure`](crate::HintingInfrastructure)).
    fn wake(&self, shard: &str) -> Wake {
        let _ = shard;
        Wake::never()
    }
}
