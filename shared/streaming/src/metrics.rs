//! The figures of shards. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Definition, Gauge, Label};

const SHARD: Label = Label::each("shard", "shard of the stream");

/// How far a shard's reader is behind its newest record.
pub(crate) static SHARD_LAG: Gauge<1> =
    Gauge::new("shotengai.shard.lag", "s", "How far a shard's reader is behind its newest record", &[SHARD]);

/// 1 where a shard has had records to read and has not moved for the configured time, or where its checkpoint row could
/// not be read for so long; else 0. A process shows what it reads, and rows that it finds unreadable.
pub(crate) static SHARD_STUCK: Gauge<1> =
    Gauge::new("shotengai.shard.stuck", "", "1 while a shard has records and its reader does not move", &[SHARD]);

/// Shards that this process reads.
pub(crate) static SHARDS_HELD: Gauge<1> = Gauge::new(
    "shotengai.reader.shards",
    "{shard}",
    "Shards that this process reads",
    &[Label::each("reader", "reader of the stream")],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [SHARDS_HELD.definition(), SHARD_LAG.definition(), SHARD_STUCK.definition()];
