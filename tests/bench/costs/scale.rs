//! Shards, pods and dollars at a rate of orders. Pure.

use std::collections::BTreeMap;

use shotengai_query::prices::Prices;

use super::assumed::{
    ALONE, IDLE_ROLE, LARGE, POD_FILLED, PODS, PodSize, SHARD_FILLED, SMALL, UNCOUNTED_CDC, UNCOUNTED_OUTBOX,
};
use super::counts::{Counted, Counts};
use crate::price::{GB, HOURS_A_MONTH, MILLION, SECONDS_A_MONTH, Used, fan_out_month, shard_month};

const SHARD_RECORDS: f64 = 1000.0;
const SHARD_BYTES: f64 = 1e6;

/// How commits reach the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publish {
    Outbox,
    Cdc,
}

impl Publish {
    pub(super) const ALL: [Self; 2] = [Self::Outbox, Self::Cdc];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Cdc => "cdc",
        }
    }

    pub(super) const fn uncounted_writes(self) -> f64 {
        match self {
            Self::Outbox => UNCOUNTED_OUTBOX,
            Self::Cdc => UNCOUNTED_CDC,
        }
    }

    const fn counted(self, counts: &Counts) -> &Counted {
        match self {
            Self::Outbox => &counts.outbox,
            Self::Cdc => &counts.cdc,
        }
    }
}

/// An installation with so many orders a second, evenly.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub(super) counts: &'a Counts,
    pub(super) orders: f64,
}

impl Scale<'_> {
    pub(super) fn orders_a_month(&self) -> f64 {
        self.orders * SECONDS_A_MONTH
    }

    /// What an order uses, with what the local AWS doesn't count. Where orders are few, none shares a request of SNS or SQS.
    pub(super) fn an_order(&self, publish: Publish) -> Used {
        let counted = publish.counted(self.counts);
        let order = if self.orders <= ALONE { with_messages_alone(counted) } else { counted.an_order };
        Used { dynamodb_write: order.dynamodb_write + publish.uncounted_writes(), ..order }
    }

    /// Open shards of the stream of events.
    pub(super) fn shards(&self, publish: Publish) -> f64 {
        let order = publish.counted(self.counts).an_order;
        let by = |units: f64, most: f64| units * self.orders / (most * SHARD_FILLED);
        by(order.kinesis_payload, SHARD_RECORDS).max(by(order.stream_bytes, SHARD_BYTES)).ceil().max(1.0)
    }

    /// Pods of each role and their size. Bridges beyond the number of shards would idle.
    pub(super) fn pods(&self) -> BTreeMap<&str, (f64, PodSize)> {
        let roles = self.counts.apart.cpu_ms_an_order.iter().map(|(role, ms)| (role.as_str(), ms * self.orders / 1e3));
        let with_idle = roles.chain([(IDLE_ROLE, 0.0)]);
        with_idle.map(|(role, cores)| (role, pods_for(cores))).collect()
    }

    /// Cores that they use.
    pub(super) fn cores(&self) -> f64 {
        self.counts.apart.cpu_ms_an_order.values().map(|ms| ms * self.orders / 1e3).sum()
    }

    /// GB of events that a month adds to tables. Captured records hold all that a commit's item does, and more.
    pub(super) fn stored_gb(&self) -> f64 {
        self.orders_a_month() * self.counts.cdc.an_order.stream_bytes / GB
    }

    /// Dollars a month of requests and what else is paid by use, at rest and by orders.
    pub(super) fn requests_month(&self, publish: Publish, prices: &Prices) -> f64 {
        let rest =
            publish.counted(self.counts).a_second_at_rest.a_month(prices, false).into_values().sum::<f64>() * PODS;
        let million = self.an_order(publish).a_million(prices, false).into_values().sum::<f64>();
        rest + million * self.orders_a_month() / MILLION
    }

    /// Of shards, that of the price stream included.
    pub(super) fn shards_month(&self, publish: Publish, prices: &Prices) -> f64 {
        (self.shards(publish) + 1.0) * shard_month(prices)
    }

    /// Of enhanced fan-out: its hours, and what it is sent.
    pub(super) fn push_month(&self, publish: Publish, prices: &Prices) -> f64 {
        let bytes = publish.counted(self.counts).an_order.stream_bytes;
        let gb = bytes * self.orders_a_month() / GB;
        self.shards(publish) * fan_out_month(prices) + gb * prices.kinesis_fan_out_gb
    }

    pub(super) fn pods_month(&self, prices: &Prices) -> f64 {
        let hour = |size: PodSize| size.vcpu * prices.fargate_vcpu_hour + size.gb * prices.fargate_gb_hour;
        self.pods().into_values().map(|(pods, size)| pods * hour(size) * HOURS_A_MONTH).sum()
    }

    pub(super) fn storage_month(&self, prices: &Prices) -> f64 {
        self.stored_gb() * prices.dynamodb_storage_gb_month
    }
}

/// What an order uses whose messages share no request with others.
pub(super) fn with_messages_alone(counted: &Counted) -> Used {
    let Used { sns_request, sqs_request, .. } = counted.an_order_alone;
    Used { sns_request, sqs_request, ..counted.an_order }
}

fn pods_for(cores: f64) -> (f64, PodSize) {
    let of = |size: PodSize| (cores / (size.vcpu * POD_FILLED)).ceil().max(PODS);
    if of(SMALL) <= PODS { (PODS, SMALL) } else { (of(LARGE), LARGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_small_until_two_do_not_do() {
        assert_eq!(pods_for(0.0), (2.0, SMALL));
        assert_eq!(pods_for(0.29), (2.0, SMALL));
        assert_eq!(pods_for(0.31), (2.0, LARGE));
        assert_eq!(pods_for(60.0), (100.0, LARGE));
    }

    #[test]
    fn shards_follow_whatever_fills_them_first() {
        let mut counts = Counts::kept();
        counts.cdc.an_order = Used { kinesis_payload: 7.0, stream_bytes: 1.0, ..Used::default() };
        let shards = |counts: &Counts, orders| Scale { counts, orders }.shards(Publish::Cdc);
        assert_eq!([shards(&counts, 0.0), shards(&counts, 100.0), shards(&counts, 1000.0)], [1.0, 1.0, 10.0]);
        counts.cdc.an_order.stream_bytes = 14_000.0;
        assert_eq!(shards(&counts, 1000.0), 20.0);
    }

    #[test]
    fn what_is_rare_comes_alone() {
        let counts = Counts::kept();
        let order = |orders| Scale { counts: &counts, orders }.an_order(Publish::Cdc);
        assert!(order(ALONE).sqs_request > order(ALONE + 1.0).sqs_request);
        assert_eq!(order(1000.0).dynamodb_write, counts.cdc.an_order.dynamodb_write + UNCOUNTED_CDC);
    }
}
