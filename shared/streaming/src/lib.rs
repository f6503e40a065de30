//! Streaming consumers: a stream's shards, shared among processes, each read once and from where it was left.
//!
//! - **checkpoint** ([`checkpoint`]): how far a shard has been read. The epoch in it, not the lease, is what fences.
//! - **lease** ([`lease`]): how processes share shards; as rows of a table ([`TableLeases`]), or behind the port
//!   [`Leases`](shotengai_messaging::Leases) of another adapter.
//! - **shard** ([`shard`]): takes this process's share, reads, hands records to a
//!   [`RecordHandler`](shotengai_messaging::RecordHandler), saves how far it came.
//! - **change** ([`change`]): what DynamoDB puts into the stream where event tables stream themselves.
//! - **aside** ([`aside`]): the dead letters of records that a reader can't use.
//!
//! The bridge, the archiver and catalog's price stream read by it, adapters keep leases by it, and the status command looks at its checkpoints; roles that take
//! messages from queues have no use for it. `tests/crates` has the list.

pub mod aside;
pub mod change;
pub mod checkpoint;
pub mod lease;
mod letter;
pub mod metrics;
pub mod shard;

pub use aside::{Aside, Unfit};
pub use change::Change;
pub use checkpoint::{Checkpoint, CheckpointError, Checkpoints};
pub use lease::table::TableLeases;
pub use shard::{ReaderName, ShardConfig, StreamConsumer};
