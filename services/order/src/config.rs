//! Order's own settings.

use std::time::Duration;

/// What can be set for order alone.
#[derive(clap::Args, Clone, Debug)]
pub struct OrderSettings {
    /// How many batches of messages order handles at the same time.
    #[arg(long, env = "ORDER_CONSUMER_CONCURRENCY", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub order_consumer_concurrency: u16,
    /// How long order waits for catalog's answer about a product that it has no price of, in milliseconds.
    #[arg(long, env = "ORDER_CATALOG_TIMEOUT_MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=30_000))]
    pub order_catalog_timeout_ms: u64,
    /// How long an order may wait for stock and payment before it is cancelled, in seconds; 3 days at the most, since
    /// queues keep what it waits for no longer than 4. Orders placed before follow a change at their next reminder.
    #[arg(long, env = "ORDER_DEADLINE_SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=259_200))]
    pub order_deadline_seconds: u32,
}

impl OrderSettings {
    /// How long order waits for catalog.
    #[must_use]
    pub const fn catalog_timeout(&self) -> Duration {
        Duration::from_millis(self.order_catalog_timeout_ms)
    }

    /// How long an order may wait for stock and payment.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.order_deadline_seconds as u64)
    }
}

impl Default for OrderSettings {
    fn default() -> Self {
        Self { order_consumer_concurrency: 4, order_catalog_timeout_ms: 2000, order_deadline_seconds: 900 }
    }
}
