//! The archiver's settings.

use std::time::Duration;

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, on_or_off, whole};
use shotengai_streaming::ShardConfig;

use crate::gathered::Gathering;

const MEGABYTE: usize = 1024 * 1024;
/// The most records of a read. Kinesis gives ten thousand and ten megabytes, and a shard has two megabytes a second for all who read it.
const READ: usize = 5_000;
/// So many bytes of a shard are read a second, however far behind: half of what it gives.
const BYTES_A_SECOND: usize = MEGABYTE;

/// Whether there is an archive: a setting of the archiver, and of what makes its bucket.
#[derive(clap::Args, Clone, Debug)]
pub struct ArchiveArgs {
    /// Whether all events are archived, in the bucket ARCHIVE_BUCKET
    #[arg(long, env = "ARCHIVE", default_value = "off", value_name = "on|off", value_parser = on_or_off())]
    archive: Given<bool>,
}

impl SettingsGroup for ArchiveArgs {
    type Settings = bool;

    fn check(self, faults: &mut Faults) -> Option<bool> {
        faults.take(self.archive)
    }
}

/// Settings, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct ArchiverArgs {
    #[command(flatten)]
    archive: ArchiveArgs,
    /// Seconds after which events are put into the archive, however few there are
    #[arg(long, env = "ARCHIVE_AGE_SECONDS", default_value = "60", value_name = "1..900", value_parser = whole::<u64>())]
    archive_age_seconds: Given<u64>,
    /// Megabytes of a shard's events that are put into the archive, however young they are; each takes two of memory, for each shard
    #[arg(long, env = "ARCHIVE_SIZE_MB", default_value = "8", value_name = "1..64", value_parser = whole::<usize>())]
    archive_size_mb: Given<usize>,
    /// Seconds within which the shards of an archiver that died are another's
    #[arg(long, env = "ARCHIVE_LEASE_SECONDS", default_value = "30", value_name = "1..300", value_parser = whole::<u64>())]
    archive_lease_seconds: Given<u64>,
}

/// Settings.
#[derive(Clone, Debug)]
pub struct ArchiverSettings {
    /// Whether there is an archive.
    pub archive: bool,
    /// Seconds after which events are put, however few there are.
    pub archive_age_seconds: u64,
    /// Megabytes of a shard's events that are put, however young they are.
    pub archive_size_mb: usize,
    /// Seconds within which the shards of an archiver that died are another's.
    pub archive_lease_seconds: u64,
}

impl SettingsGroup for ArchiverArgs {
    type Settings = ArchiverSettings;

    fn check(self, faults: &mut Faults) -> Option<ArchiverSettings> {
        let archive = self.archive.check(faults);
        let archive_age_seconds = faults.take(self.archive_age_seconds);
        let archive_size_mb = faults.take(self.archive_size_mb);
        let archive_lease_seconds = faults.take(self.archive_lease_seconds);
        Some(ArchiverSettings {
            archive: archive?,
            archive_age_seconds: archive_age_seconds?,
            archive_size_mb: archive_size_mb?,
            archive_lease_seconds: archive_lease_seconds?,
        })
    }
}

impl ArchiverSettings {
    /// How shards are read and shared. Seldom and much: Kinesis allows five reads a second and shard, which are the bridge's.
    #[must_use]
    pub fn shards(&self) -> ShardConfig {
        ShardConfig {
            limit: READ,
            busy_poll: self.poll(),
            idle_poll: self.poll() * 2,
            reads_per_second: 1,
            lease: Duration::from_secs(self.archive_lease_seconds),
            stuck_after: Duration::from_secs(60) + self.age() * 2,
            ..ShardConfig::default()
        }
    }

    /// When there is enough.
    #[must_use]
    pub fn gathering(&self) -> Gathering {
        let poll = self.poll();
        let at_once = BYTES_A_SECOND.saturating_mul(usize::try_from(poll.as_secs()).unwrap_or(1));
        Gathering { bytes: self.archive_size_mb.saturating_mul(MEGABYTE), at_once, age: self.age(), poll }
    }

    const fn age(&self) -> Duration {
        Duration::from_secs(self.archive_age_seconds)
    }

    /// Also while behind.
    fn poll(&self) -> Duration {
        (self.age() / 4).clamp(Duration::from_secs(1), Duration::from_secs(5))
    }
}

impl Default for ArchiverSettings {
    fn default() -> Self {
        ArchiverArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_not_be_are_named_together() {
        let flags =
            ["--archive=maybe", "--archive-age-seconds=0", "--archive-size-mb=65", "--archive-lease-seconds=1h"];
        let error = ArchiverArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.faults.len(), flags.len(), "{error}");
    }

    #[test]
    fn a_shard_is_left_to_its_other_readers() {
        for age in [1, 60, 900] {
            let settings = ArchiverSettings { archive_age_seconds: age, ..ArchiverSettings::default() };
            let Gathering { at_once, poll, .. } = settings.gathering();
            assert!(poll >= Duration::from_secs(1) && at_once <= MEGABYTE * usize::try_from(poll.as_secs()).unwrap());
            assert!(settings.shards().limit <= 5_000);
        }
    }

    #[test]
    fn a_shard_that_is_gathered_is_not_stuck() {
        let settings = ArchiverSettings::default();
        assert!(!settings.archive);
        assert!(settings.shards().stuck_after > settings.gathering().age * 2);
    }
}
