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

/// Messages put into a dead-letter queue, by consumer (the bridge is one) and reason.
static DEAD_LETTERS: LazyLock<Counter<u64>> = LazyLock::new(|| {
    meter().u64_counter("dead_letters").with_description("Messages put into a dead-letter queue").build()
});

/// From what is fast for an event that passes six services to what an outage leaves behind, in seconds.
const AGE_BOUNDARIES: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// Seconds from an event's decision to the end of its handling, by consumer.
pub static EVENT_AGE: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    meter()
        .f64_histogram("event_handled_age")
        .with_unit("s")
        .with_description("Age of an event once handled")
        .with_boundaries(AGE_BOUNDARIES.to_vec())
        .build()
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

/// 1 where a shard has had records to read and has not moved for the configured time, or where its checkpoint row could
/// not be read for so long; else 0. A process shows what it reads, and rows that it finds unreadable.
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

/// Why something becomes a dead letter; `docs/dead-letters.md` explains all of them.
pub(crate) const REASONS: [&str; 14] = [
    "exhausted",
    "not_json",
    "not_an_envelope",
    "not_a_commit",
    "unknown_type",
    "future_version",
    "bad_data",
    "unexpected_type",
    "contradiction",
    "unwritable",
    "unrenderable_mail",
    "order_too_large",
    "too_large",
    "refused",
];

/// Shows a consumer's dead letters before there are any: what alerts look for is a number that grows, and one that
/// only appears has not grown.
pub fn show_dead_letters(consumer: &'static str) {
    for reason in REASONS {
        dead_letters(consumer, reason, 0);
    }
}

/// Counts a message that has arrived in a dead-letter queue.
pub fn count_dead_letter(consumer: &'static str, reason: &'static str) {
    dead_letters(consumer, reason, 1);
}

fn dead_letters(consumer: &'static str, reason: &'static str, letters: u64) {
    DEAD_LETTERS.add(letters, &[KeyValue::new("consumer", consumer), KeyValue::new("reason", reason)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_those_that_are_explained() {
        let text = include_str!("../../../docs/dead-letters.md");
        let table = text.split("## Reasons").nth(1).unwrap().split("\n## ").next().unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        // What the commands say of a letter that no consumer wrote, or whose facts can't be read.
        let others = ["reason", "undelivered", "unreadable_facts"];
        let explained: std::collections::BTreeSet<_> = rows.filter(|reason| !others.contains(reason)).collect();
        assert_eq!(explained, REASONS.into_iter().collect());
    }
}
