//! The figures of shards. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Definition, Gauge, Label};

const READER: Label = Label::each("reader", "reader of a stream");
const SHARD: Label = Label::each("shard", "shard of the stream");

/// How far a shard's reader is behind its newest record.
pub(crate) static SHARD_LAG: Gauge<2> =
    Gauge::new("shotengai.shard.lag", "s", "How far a shard's reader is behind its newest record", &[READER, SHARD]);

/// 1 where a shard has had records to read and has not moved for the configured time, or where its checkpoint row could
/// not be read for so long; else 0. A process shows what it reads, and rows that it finds unreadable.
pub(crate) static SHARD_STUCK: Gauge<2> = Gauge::new(
    "shotengai.shard.stuck",
    "",
    "1 while a shard has records and its reader does not move",
    &[READER, SHARD],
);

/// Shards that this process reads.
pub(crate) static SHARDS_HELD: Gauge<1> =
    Gauge::new("shotengai.reader.shards", "{shard}", "Shards that this process reads", &[READER]);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [SHARDS_HELD.definition(), SHARD_LAG.definition(), SHARD_STUCK.definition()];
