//! The bridge's settings.

use std::time::Duration;

use shotengai_messaging::shard::ShardConfig;

/// What can be set.
#[derive(clap::Args, Clone, Debug)]
pub struct BridgeSettings {
    /// Wait between reads of a shard while records come. Kinesis allows five reads a second and shard.
    #[arg(long, env = "BRIDGE_BUSY_POLL_MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub bridge_busy_poll_ms: u64,
    /// Wait between reads of a shard that has been quiet for five seconds.
    #[arg(long, env = "BRIDGE_IDLE_POLL_MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub bridge_idle_poll_ms: u64,
    /// Seconds within which the shards of a bridge that died are another's.
    #[arg(long, env = "BRIDGE_LEASE_SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub bridge_lease_seconds: u64,
    /// Seconds for which a shard may have records and not move before it counts as stuck.
    #[arg(long, env = "BRIDGE_STUCK_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub bridge_stuck_seconds: u64,
}

impl BridgeSettings {
    /// How it reads and shares shards.
    #[must_use]
    pub fn shards(&self) -> ShardConfig {
        ShardConfig {
            busy_poll: self.busy_poll(),
            idle_poll: self.idle_poll(),
            lease: self.lease(),
            stuck_after: self.stuck_after(),
            ..ShardConfig::default()
        }
    }

    const fn busy_poll(&self) -> Duration {
        Duration::from_millis(self.bridge_busy_poll_ms)
    }

    const fn lease(&self) -> Duration {
        Duration::from_secs(self.bridge_lease_seconds)
    }

    const fn stuck_after(&self) -> Duration {
        Duration::from_secs(self.bridge_stuck_seconds)
    }

    const fn idle_poll(&self) -> Duration {
        Duration::from_millis(self.bridge_idle_poll_ms)
    }
}
