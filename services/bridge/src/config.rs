//! The bridge's settings.

use std::time::Duration;

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, one_of, whole};
use shotengai_streaming::shard::ShardConfig;

/// How bridges read the stream: a setting of theirs, and of what registers the stream's consumer.
#[derive(clap::Args, Clone, Debug)]
pub struct StreamReadArgs {
    /// How bridges read the stream: poll, or push (enhanced fan-out: records are sent as soon as they are there; costs by the hour
    /// and shard, and wants `shotengai provision` to register the consumer)
    #[arg(long, env = "STREAM_READ", default_value = "poll", value_name = "HOW", value_parser = one_of::<StreamRead>())]
    stream_read: Given<StreamRead>,
}

/// How bridges read the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StreamRead {
    /// By reads at intervals, and as soon as a hint comes
    Poll,
    /// By subscriptions, and by polls only while there is none
    Push,
}

impl SettingsGroup for StreamReadArgs {
    type Settings = StreamRead;

    fn check(self, faults: &mut Faults) -> Option<StreamRead> {
        faults.take(self.stream_read)
    }
}

/// Settings, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct BridgeArgs {
    #[command(flatten)]
    stream_read: StreamReadArgs,
    /// Wait between reads of a shard while records come. Kinesis allows five reads a second and shard
    #[arg(long, env = "BRIDGE_BUSY_POLL_MS", default_value = "200", value_name = "10..10000", value_parser = whole::<u64>())]
    bridge_busy_poll_ms: Given<u64>,
    /// Longest wait between reads of a shard that has been quiet for five seconds; each is twice the one before
    #[arg(long, env = "BRIDGE_IDLE_POLL_MS", default_value = "500", value_name = "10..10000", value_parser = whole::<u64>())]
    bridge_idle_poll_ms: Given<u64>,
    /// Reads of a shard within a second, however often hints ask for one; no fewer than BRIDGE_BUSY_POLL_MS makes. Kinesis
    /// allows five
    #[arg(long, env = "BRIDGE_READS_PER_SECOND", default_value = "5", value_name = "1..1000", value_parser = whole::<usize>())]
    bridge_reads_per_second: Given<usize>,
    /// Seconds within which the shards of a bridge that died are another's
    #[arg(long, env = "BRIDGE_LEASE_SECONDS", default_value = "15", value_name = "1..300", value_parser = whole::<u64>())]
    bridge_lease_seconds: Given<u64>,
    /// Seconds for which a shard may have records and not move before it counts as stuck
    #[arg(long, env = "BRIDGE_STUCK_SECONDS", default_value = "60", value_name = "1..3600", value_parser = whole::<u64>())]
    bridge_stuck_seconds: Given<u64>,
}

/// Settings.
#[derive(Clone, Debug)]
pub struct BridgeSettings {
    /// How it reads the stream.
    pub stream_read: StreamRead,
    /// Wait between reads of a shard while records come, in milliseconds.
    pub bridge_busy_poll_ms: u64,
    /// Longest wait between reads of a shard that has been quiet for five seconds, in milliseconds.
    pub bridge_idle_poll_ms: u64,
    /// Reads of a shard within a second, however often hints ask for one.
    pub bridge_reads_per_second: usize,
    /// Seconds within which the shards of a bridge that died are another's.
    pub bridge_lease_seconds: u64,
    /// Seconds for which a shard may have records and not move before it counts as stuck.
    pub bridge_stuck_seconds: u64,
}

impl SettingsGroup for BridgeArgs {
    type Settings = BridgeSettings;

    fn check(self, faults: &mut Faults) -> Option<BridgeSettings> {
        let stream_read = self.stream_read.check(faults);
        let bridge_busy_poll_ms = faults.take(self.bridge_busy_poll_ms);
        let bridge_idle_poll_ms = faults.take(self.bridge_idle_poll_ms);
        let bridge_reads_per_second = faults.take(self.bridge_reads_per_second);
        let bridge_lease_seconds = faults.take(self.bridge_lease_seconds);
        let bridge_stuck_seconds = faults.take(self.bridge_stuck_seconds);
        Some(BridgeSettings {
            stream_read: stream_read?,
            bridge_busy_poll_ms: bridge_busy_poll_ms?,
            bridge_idle_poll_ms: bridge_idle_poll_ms?,
            bridge_reads_per_second: bridge_reads_per_second?,
            bridge_lease_seconds: bridge_lease_seconds?,
            bridge_stuck_seconds: bridge_stuck_seconds?,
        })
    }
}

impl BridgeSettings {
    /// How it reads and shares shards.
    #[must_use]
    pub fn shards(&self) -> ShardConfig {
        ShardConfig {
            busy_poll: self.busy_poll(),
            idle_poll: self.idle_poll(),
            push: self.stream_read == StreamRead::Push,
            reads_per_second: self.bridge_reads_per_second,
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

impl Default for BridgeSettings {
    fn default() -> Self {
        BridgeArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_not_be_are_named_together() {
        let flags = [
            "--stream-read=wait",
            "--bridge-busy-poll-ms=9",
            "--bridge-idle-poll-ms=10001",
            "--bridge-reads-per-second=0",
            "--bridge-lease-seconds=0",
            "--bridge-stuck-seconds=1h",
        ];
        let error = BridgeArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.faults.len(), flags.len(), "{error}");
        assert_eq!(BridgeSettings::default().lease(), Duration::from_secs(15));
    }
}
