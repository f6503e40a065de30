//! Names of attributes and indexes: the provisioner creates them, the adapters use them.

/// Partition of commits and snapshots.
pub(crate) const AGGREGATE_ID: &str = "aggregate_id";
/// Sort key of commits (their first version); in snapshots the version folded in; in rows the row's version.
pub(crate) const VERSION: &str = "version";
/// Tells attempts at one slot apart.
pub(crate) const COMMIT_ID: &str = "commit_id";
/// When a commit was decided: UTC with exactly six fractional digits, so that text order is time order.
pub(crate) const CREATED_AT: &str = "created_at";
/// The commit's envelopes, a JSON array.
pub(crate) const EVENTS: &str = "events";
/// The index that lists all commits in time. Like the other one it holds keys alone, see `entries`.
pub const TIME_INDEX: &str = "GSI1";
/// Its partition: `EVENTS#<00..0f>`.
pub(crate) const TIME_SHARD: &str = "gsi1pk";
/// The sparse index of commits not known to be in the stream.
pub const OUTBOX_INDEX: &str = "GSI2";
/// Its partition and the marker itself: `<00..0f>`.
pub(crate) const OUTBOX: &str = "outbox";
/// The shape of a snapshot's state.
pub(crate) const SCHEMA: &str = "schema";
/// A snapshot's state, JSON.
pub(crate) const STATE: &str = "state";
/// The first version of the commit that a snapshot ends with; beside it that commit's id.
pub(crate) const LAST_FIRST_VERSION: &str = "last_first_version";

/// A row's partition.
pub(crate) const PK: &str = "pk";
/// A row's place in it.
pub(crate) const SK: &str = "sk";
/// A row's document, JSON.
pub(crate) const DOC: &str = "doc";
/// A row's expiry, seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "expires_at";
/// Stands before the name of each counter.
pub(crate) const COUNTER_PREFIX: &str = "c_";
