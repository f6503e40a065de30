//! What was not measured: each figure with its reason, which the page shows.

use shotengai_messaging::{ConsumerConfig, OUTBOX_SHARDS};

/// Write units an order that AWS counts and the local AWS does not: it counts one unit for each statement of a batch.
pub(super) const UNCOUNTED_OUTBOX: f64 = 20.0;
pub(super) const UNCOUNTED_CDC: f64 = 7.0;
/// The share of a shard that is used, so that what comes unevenly has room.
pub(super) const SHARD_FILLED: f64 = 0.7;
/// The share of a pod's processor that is used; autoscalers of the chart aim at about as much.
pub(super) const POD_FILLED: f64 = 0.6;
/// Pods of a role at least, as the chart has them.
pub(super) const PODS: f64 = 2.0;
/// Commits of order for each order: placed, each of stock and payment secured (with the later one confirmed), paid.
pub(super) const ORDER_COMMITS: f64 = 4.0;
/// Mails an order.
pub(super) const MAILS: f64 = 2.0;
/// Up to so many orders a second each is reckoned as one that comes alone.
pub(super) const ALONE: f64 = 10.0;
/// Most that `KINESIS_SHARDS` takes.
pub(super) const PROVISIONED_SHARDS: f64 = 500.0;
/// A role that no order passes through.
pub(super) const IDLE_ROLE: &str = "ops";

/// Partitions of each index of an event table.
pub(super) fn index_partitions() -> f64 {
    f64::from(OUTBOX_SHARDS)
}

/// Messages that a consumer holds at the most.
pub(super) fn held_by_a_consumer() -> f64 {
    let config = ConsumerConfig::new("any");
    crate::results::count(config.concurrency * config.batch)
}

/// Vcpu and GB of a pod, small and large: sizes that Fargate has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PodSize {
    pub(super) vcpu: f64,
    pub(super) gb: f64,
}

pub(super) const SMALL: PodSize = PodSize { vcpu: 0.25, gb: 0.5 };
pub(super) const LARGE: PodSize = PodSize { vcpu: 1.0, gb: 2.0 };
