//! The numbers that messaging reports, by OpenTelemetry's global meter. Names are Prometheus-ready.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

fn meter() -> Meter {
    opentelemetry::global::meter("shotengai")
}

/// Deliveries settled, by consumer, event type and outcome (`done`, `retry`, `unavailable`,
/// `reject`).
pub static SETTLED: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("messages_settled").with_description("Deliveries settled").build());

/// Messages put into a dead-letter queue, by consumer and reason.
pub static DEAD_LETTERS: LazyLock<Counter<u64>> = LazyLock::new(|| {
    meter().u64_counter("dead_letters").with_description("Messages put into a dead-letter queue").build()
});

/// Seconds from an event's decision to the end of its handling, by consumer.
pub static EVENT_AGE: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    meter().f64_histogram("event_handled_age").with_unit("s").with_description("Age of an event once handled").build()
});

/// Events acknowledged by the stream, by service and by who put them (`publisher`, `sweeper`).
pub static PUBLISHED: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("events_published").with_description("Events in the stream").build());

/// Failed attempts, by operation and kind; each was or will be tried again.
pub static FAULTS: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("faults").with_description("Failed calls behind a port").build());

/// Records that the bridge passed on or set aside, by outcome.
pub static BRIDGED: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("records_bridged").with_description("Stream records handled").build());

/// How far a shard's reader is behind its newest record, in milliseconds.
pub static SHARD_LAG: LazyLock<Gauge<i64>> = LazyLock::new(|| {
    meter().i64_gauge("shard_lag").with_unit("ms").with_description("How far a shard's reader is behind").build()
});

/// 1 while a consumer receives nothing because something it needs is away, else 0; by consumer.
pub static BREAKER_OPEN: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    meter().u64_gauge("breaker_open").with_description("Whether a consumer waits for a dependency").build()
});

/// 1 where a shard has had records to read and has not moved for the configured time, else 0.
pub static SHARD_STUCK: LazyLock<Gauge<i64>> =
    LazyLock::new(|| meter().i64_gauge("shard_stuck").with_description("Shards with lag and without progress").build());

/// Shards that this process reads, by reader.
pub static SHARDS_HELD: LazyLock<Gauge<u64>> =
    LazyLock::new(|| meter().u64_gauge("shards_held").with_description("Shards this process reads").build());

/// Optimistic writes that lost and were decided again, by kind of aggregate.
pub static CONFLICTS: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("append_conflicts").with_description("Commits decided again").build());

/// Counts a commit that lost its slot to another writer's; `kind` is the aggregate's, such as `stock`.
pub fn count_conflict(kind: impl Into<opentelemetry::Value>) {
    CONFLICTS.add(1, &[KeyValue::new("kind", kind.into())]);
}

/// Counts a fault.
pub fn count_fault(fault: &crate::Fault) {
    FAULTS.add(1, &[KeyValue::new("operation", fault.operation()), KeyValue::new("kind", fault.kind().as_str())]);
}
