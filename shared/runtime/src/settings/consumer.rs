//! Consumers: how often and how long messages are tried.

use std::time::Duration;

use jiff::SignedDuration;
use shotengai_messaging::{Backoff, ConsumerConfig};

use super::{Faults, Given, SettingsGroup, whole};

/// By how much waits for something that is away are longer than others.
const UNAVAILABLE_BACKOFF: u32 = 10;

/// Consumers, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Consumers")]
pub struct ConsumerArgs {
    // One below the queues' `maxReceiveCount` at the most: beyond it a message would go to the dead letters without its reason.
    /// A message that can't be handled is a dead letter after so many attempts; below the queues' own limit of 50
    #[arg(long, env = "CONSUMER_MAX_ATTEMPTS", default_value = "40", value_name = "1..49", value_parser = whole::<u32>())]
    consumer_max_attempts: Given<u32>,
    /// How long an event of a version that this release can't read is tried again before it is a dead letter, in
    /// seconds; longer than a rolling upgrade takes
    #[arg(long, env = "CONSUMER_FUTURE_PATIENCE_SECONDS", default_value = "600", value_name = "0..3600")]
    #[arg(value_parser = whole::<u32>())]
    consumer_future_patience_seconds: Given<u32>,
    /// The longest wait before a message that could not be handled comes again, in seconds; ten times as long, but not
    /// for that reason above ten minutes, where something it needs failed though what is probed answers
    #[arg(long, env = "CONSUMER_MAX_BACKOFF_SECONDS", default_value = "60", value_name = "0..3600")]
    #[arg(value_parser = whole::<u64>())]
    consumer_max_backoff_seconds: Given<u64>,
    // A third of it is the time between two renewals.
    /// How long a message that a process holds stays hidden from others, in seconds; 3 at least. The process renews it
    /// three times as often, so it is what passes until another takes up the work of one that was killed
    #[arg(long, env = "CONSUMER_VISIBILITY_SECONDS", default_value = "30", value_name = "3..3600")]
    #[arg(value_parser = whole::<u64>())]
    consumer_visibility_seconds: Given<u64>,
}

/// Consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerSettings {
    /// A message that can't be handled is a dead letter after so many attempts.
    pub max_attempts: u32,
    /// How long an event of a future version is tried again, in seconds.
    pub future_patience_seconds: u32,
    /// The longest wait before a message comes again, in seconds; ten times as long, ten minutes at the most, where what
    /// it needs is away.
    pub max_backoff_seconds: u64,
    /// How long a message that is held stays hidden from others, in seconds.
    pub visibility_seconds: u64,
}

impl SettingsGroup for ConsumerArgs {
    type Settings = ConsumerSettings;

    fn check(self, faults: &mut Faults) -> Option<ConsumerSettings> {
        let max_attempts = faults.take(self.consumer_max_attempts);
        let future_patience_seconds = faults.take(self.consumer_future_patience_seconds);
        let max_backoff_seconds = faults.take(self.consumer_max_backoff_seconds);
        let visibility_seconds = faults.take(self.consumer_visibility_seconds);
        Some(ConsumerSettings {
            max_attempts: max_attempts?,
            future_patience_seconds: future_patience_seconds?,
            max_backoff_seconds: max_backoff_seconds?,
            visibility_seconds: visibility_seconds?,
        })
    }
}

impl ConsumerSettings {
    /// How the consumer of this name behaves.
    #[must_use]
    pub fn config(&self, name: &'static str) -> ConsumerConfig {
        let longest = Duration::from_secs(self.max_backoff_seconds);
        ConsumerConfig {
            max_attempts: self.max_attempts,
            visibility: Duration::from_secs(self.visibility_seconds),
            future_patience: SignedDuration::from_secs(i64::from(self.future_patience_seconds)),
            backoff: Backoff::new(Backoff::FIRST, longest),
            unavailable_backoff: Backoff::new(
                Backoff::FIRST,
                longest.max((longest * UNAVAILABLE_BACKOFF).min(Backoff::LONGEST)),
            ),
            ..ConsumerConfig::new(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_not_be_are_named_together() {
        let flags = [
            "--consumer-max-attempts=50",
            "--consumer-future-patience-seconds=-1",
            "--consumer-max-backoff-seconds=1.5",
            "--consumer-visibility-seconds=2",
        ];
        let error = ConsumerArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.faults.len(), flags.len(), "{error}");
        assert!(
            error.to_string().starts_with("CONSUMER_MAX_ATTEMPTS: must be a whole number from 1 to 49\n"),
            "{error}"
        );
    }
}
