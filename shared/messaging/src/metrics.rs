//! The figures of messaging. [`DEFINITIONS`] lists them.

use opentelemetry::Value;
use shotengai_kernel::AggregateId;
use shotengai_metrics::{AmountCounter, Counter, Definition, Gauge, Histogram, Label, OTHER};

use crate::reason::{OF_EVERY_CONSUMER, Reason};

const CONSUMER: Label = Label::each("consumer", "consumer of a queue");

/// Deliveries settled.
pub static SETTLED: Counter<3> = Counter::new(
    "shotengai.consumer.deliveries",
    "{delivery}",
    "Deliveries that a handler answered, by its answer",
    &[
        CONSUMER,
        Label::each("event_type", "event type"),
        Label::of("outcome", &["done", "retry", "unavailable", "denied", "refused", "reject"]),
    ],
);

/// Messages put into a dead-letter queue; the bridge is a consumer, too.
static DEAD_LETTERS: Counter<2> = Counter::new(
    "shotengai.dead_letters",
    "{message}",
    "Messages put into a dead-letter queue",
    &[CONSUMER, Label::each("reason", "reason that is declared")],
);

/// From what is fast for an event that passes six services to what an outage leaves behind, in seconds.
const AGE_BOUNDARIES: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// Seconds from an event's decision to the end of its handling.
pub static EVENT_AGE: Histogram<1> = Histogram::new(
    "shotengai.consumer.event.age",
    "s",
    "Time from an event's decision to the end of its handling",
    &[CONSUMER],
    &AGE_BOUNDARIES,
);

/// Seconds that the oldest message of a consumer's last receive had been in its queue.
pub(crate) static OLDEST: Gauge<1> = Gauge::new(
    "shotengai.consumer.oldest",
    "s",
    "How long the oldest message of the last receive had been in its queue",
    &[CONSUMER],
);

/// Events acknowledged by the stream.
pub static PUBLISHED: Counter<2> = Counter::new(
    "shotengai.outbox.events",
    "{event}",
    "Events that the stream acknowledged, by who put them there",
    &[Label::each("service", "service that owns events"), Label::of("by", &["publisher", "sweeper", "republish"])],
);

/// Seconds since the oldest commit was decided that a service's outbox holds.
pub(crate) static OUTBOX_OLDEST: Gauge<1> = Gauge::new(
    "shotengai.outbox.oldest",
    "s",
    "How old the oldest commit was that waited for the stream when this process last looked; 0 where none did",
    &[Label::each("service", "service that owns events")],
);

/// Failed attempts; each was or will be tried again.
static FAULTS: Counter<2> = Counter::new(
    "shotengai.faults",
    "{fault}",
    "Failed calls of what the program needs, each tried again",
    &[
        Label::each("operation", "operation of AWS, PostgreSQL, SMTP or a neighbouring service"),
        Label::of("kind", &["transient", "throttled", "denied", "permanent"]),
    ],
);

/// 1 while a consumer receives nothing because something it needs is away, else 0.
pub static BREAKER_OPEN: Gauge<1> = Gauge::new(
    "shotengai.consumer.breaker.open",
    "",
    "1 while a consumer receives nothing because something that it needs is away or denied",
    &[CONSUMER],
);

/// Optimistic writes that lost and were decided again.
static CONFLICTS: Counter<1> = Counter::new(
    "shotengai.commit.conflicts",
    "{conflict}",
    "Commits that lost their slot to another writer's and were decided again",
    &[Label::each("kind", "kind of aggregate")],
);

/// Aggregates that commands decided on, by where they came from.
static MEMORY: Counter<2> = Counter::new(
    "shotengai.aggregate.cache",
    "{aggregate}",
    "Aggregates that commands decided on: remembered (hit), read (miss), or decided on in vain as remembered and then read (stale)",
    &[Label::each("kind", "kind of aggregate"), Label::of("outcome", &[HIT, MISS, STALE])],
);

/// Decided on what this process remembers, without a read.
pub(crate) const HIT: &str = "hit";
/// Read, since it was not remembered, or no longer believed.
pub(crate) const MISS: &str = "miss";
/// Taken for true in vain: it is read, and decided anew.
pub(crate) const STALE: &str = "stale";

/// Up to what one request takes.
const TOGETHER_BOUNDARIES: [f64; 8] = [1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 18.0, 25.0];

/// Single commits of each request that appends any. Transactions are not among them.
pub static COMMITS_TOGETHER: Histogram<1> = Histogram::new(
    "shotengai.commit.together",
    "{commit}",
    "Single commits that went to the event store in one request",
    &[Label::each("service", "service that owns events")],
    &TOGETHER_BOUNDARIES,
);

/// Rows of each request that puts any on a condition. Transactions are not among them.
pub static ROWS_TOGETHER: Histogram<1> = Histogram::new(
    "shotengai.rows.together",
    "{row}",
    "Rows that were written to a table in one request, of those that may go with others",
    &[Label::each("table", "table whose rows go together")],
    &TOGETHER_BOUNDARIES,
);

/// What calls to AWS come to that no order is the cause of.
pub(crate) static RECEIPT_REST: AmountCounter<3> = AmountCounter::new(
    "shotengai.receipt.rest",
    "{unit}",
    "What is on no order's receipt: shares of requests to AWS (call) that no order caused, and of the units that they are paid by",
    &[
        Label::each("rpc.service", "service of AWS that is used"),
        Label::each("rpc.method", "operation of AWS that is used"),
        Label::of("unit", &["call", "read", "write", "payload", "request"]),
    ],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 13] = [
    SETTLED.definition(),
    EVENT_AGE.definition(),
    OLDEST.definition(),
    BREAKER_OPEN.definition(),
    DEAD_LETTERS.definition(),
    PUBLISHED.definition(),
    OUTBOX_OLDEST.definition(),
    CONFLICTS.definition(),
    MEMORY.definition(),
    COMMITS_TOGETHER.definition(),
    ROWS_TOGETHER.definition(),
    RECEIPT_REST.definition(),
    FAULTS.definition(),
];

/// Counts a commit that lost its slot to another writer's; `kind` is the aggregate's, such as `stock`.
pub fn count_conflict(kind: impl Into<Value>) {
    CONFLICTS.add(1, [kind.into()]);
}

/// Counts where an aggregate came from that a command decided on.
pub(crate) fn count_memory(id: &AggregateId, outcome: &'static str) {
    MEMORY.add(1, [kind_of(id).into(), outcome.into()]);
}

/// `prod`, `ord`, `stock` …: few values, fit for a metric's label.
pub(crate) fn kind_of(id: &AggregateId) -> String {
    id.as_str().split(['_', '/']).next().unwrap_or_default().to_owned()
}

/// Counts a fault.
pub fn count_fault(fault: &crate::Fault) {
    FAULTS.add(1, [fault.operation().into(), fault.kind().as_str().into()]);
}

/// Shows a consumer's dead letters before there are any: what alerts look for is a number that grows, and one that
/// only appears has not grown. `own` are the reasons that only this consumer has.
pub fn show_dead_letters(consumer: &'static str, own: &[Reason]) {
    for reason in OF_EVERY_CONSUMER.iter().chain(own) {
        DEAD_LETTERS.add(0, [consumer.into(), reason.word.into()]);
    }
}

/// Shows what a consumer has done before it has done anything, for the same reason. `kinds` are its event types.
pub(crate) fn show_done(consumer: &'static str, kinds: &[&'static str]) {
    for kind in kinds {
        SETTLED.add(0, [consumer.into(), (*kind).into(), "done".into()]);
    }
}

/// Counts a message that has arrived in a dead-letter queue. A reason that nobody declared is another.
pub fn count_dead_letter(consumer: &'static str, own: &[Reason], reason: &'static str) {
    let is_declared = OF_EVERY_CONSUMER.iter().chain(own).any(|declared| declared.word == reason);
    if !is_declared {
        tracing::error!(consumer, reason, "a dead letter has a reason that its consumer does not declare");
    }
    DEAD_LETTERS.add(1, [consumer.into(), if is_declared { reason } else { OTHER }.into()]);
}
