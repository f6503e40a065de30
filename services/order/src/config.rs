//! Order's own settings.

use std::time::Duration;

use crate::orders::deadline::Timeouts;
use shotengai_runtime::settings::{Faults, Given, SettingsGroup, whole};

/// What can be set for order alone, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct OrderArgs {
    /// How many batches of messages order handles at the same time
    #[arg(long, env = "ORDER_CONSUMER_CONCURRENCY", default_value = "4", value_name = "1..64", value_parser = whole::<u16>())]
    order_consumer_concurrency: Given<u16>,
    /// How long order waits for catalog's answer about a product that it has no price of, in milliseconds
    #[arg(long, env = "ORDER_CATALOG_TIMEOUT_MS", default_value = "2000", value_name = "1..30000", value_parser = whole::<u64>())]
    order_catalog_timeout_ms: Given<u64>,
    /// How long an order may wait for stock and payment before it is cancelled, in seconds; 3 days at the most, since
    /// queues keep what it waits for no longer than 4. Orders placed before follow a change at their next reminder
    #[arg(long, env = "ORDER_DEADLINE_SECONDS", default_value = "900", value_name = "1..259200", value_parser = whole::<u32>())]
    order_deadline_seconds: Given<u32>,
    /// How long an order that is confirmed may stay unpaid after it was placed, in seconds, until somebody is told: it
    /// becomes a dead letter of order-deadline-queue, and nothing else happens to it. No sooner than its deadline
    #[arg(long, env = "ORDER_CAPTURE_DEADLINE_SECONDS", default_value = "21600", value_name = "1..259200", value_parser = whole::<u32>())]
    order_capture_deadline_seconds: Given<u32>,
    /// How many orders of one customer may be pending at the same time; 0 for any number
    #[arg(long, env = "ORDER_MAX_PENDING", default_value = "20", value_name = "0..100", value_parser = whole::<u16>())]
    order_max_pending: Given<u16>,
}

/// What can be set for order alone.
#[derive(Clone, Debug)]
pub struct OrderSettings {
    /// How many batches of messages order handles at the same time.
    pub order_consumer_concurrency: u16,
    /// How long order waits for catalog's answer, in milliseconds.
    pub order_catalog_timeout_ms: u64,
    /// How long an order may wait for stock and payment, in seconds.
    pub order_deadline_seconds: u32,
    /// How long an order that is confirmed may stay unpaid until somebody is told, in seconds.
    pub order_capture_deadline_seconds: u32,
    /// How many orders of one customer may be pending at the same time; 0 for any number.
    pub order_max_pending: u16,
}

impl SettingsGroup for OrderArgs {
    type Settings = OrderSettings;

    fn check(self, faults: &mut Faults) -> Option<OrderSettings> {
        let order_consumer_concurrency = faults.take(self.order_consumer_concurrency);
        let order_catalog_timeout_ms = faults.take(self.order_catalog_timeout_ms);
        let order_deadline_seconds = faults.take(self.order_deadline_seconds);
        let order_capture_deadline_seconds = faults.take(self.order_capture_deadline_seconds);
        let order_max_pending = faults.take(self.order_max_pending);
        Some(OrderSettings {
            order_consumer_concurrency: order_consumer_concurrency?,
            order_catalog_timeout_ms: order_catalog_timeout_ms?,
            order_deadline_seconds: order_deadline_seconds?,
            order_capture_deadline_seconds: order_capture_deadline_seconds?,
            order_max_pending: order_max_pending?,
        })
    }
}

impl OrderSettings {
    /// How long order waits for catalog.
    #[must_use]
    pub const fn catalog_timeout(&self) -> Duration {
        Duration::from_millis(self.order_catalog_timeout_ms)
    }

    /// How long an order may wait, for what.
    #[must_use]
    pub const fn timeouts(&self) -> Timeouts {
        Timeouts {
            securing: Duration::from_secs(self.order_deadline_seconds as u64),
            capture: Duration::from_secs(self.order_capture_deadline_seconds as u64),
        }
    }
}

impl Default for OrderSettings {
    fn default() -> Self {
        OrderArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_not_be_are_named_together() {
        let flags = [
            "--order-consumer-concurrency=0",
            "--order-catalog-timeout-ms=soon",
            "--order-deadline-seconds=259201",
            "--order-capture-deadline-seconds=0",
            "--order-max-pending=101",
        ];
        let error = OrderArgs::from_flags(flags).unwrap_err();
        let names = [
            "ORDER_CONSUMER_CONCURRENCY",
            "ORDER_CATALOG_TIMEOUT_MS",
            "ORDER_DEADLINE_SECONDS",
            "ORDER_CAPTURE_DEADLINE_SECONDS",
            "ORDER_MAX_PENDING",
        ];
        assert_eq!(error.names(), names, "{error}");
        let Timeouts { securing, capture } = OrderSettings::default().timeouts();
        assert_eq!((securing, capture), (Duration::from_secs(900), Duration::from_secs(6 * 3600)));
    }
}
