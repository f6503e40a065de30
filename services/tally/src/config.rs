//! tally's own settings.

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, whole};

/// Settings of tally, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct TallyArgs {
    /// How often the counters are read while somebody watches, in milliseconds
    #[arg(long, env = "TALLY_POLL_MS", default_value = "250", value_name = "10..60000", value_parser = whole::<u64>())]
    tally_poll_ms: Given<u64>,
    /// How many may watch one process at once
    #[arg(long, env = "TALLY_MAX_CLIENTS", default_value = "10000", value_name = "0..", value_parser = whole::<usize>())]
    tally_max_clients: Given<usize>,
}

/// Settings of tally.
#[derive(Clone, Debug)]
pub struct TallySettings {
    /// How often the counters are read while somebody watches, in milliseconds.
    pub tally_poll_ms: u64,
    /// How many may watch one process at once.
    pub tally_max_clients: usize,
}

impl SettingsGroup for TallyArgs {
    type Settings = TallySettings;

    fn check(self, faults: &mut Faults) -> Option<TallySettings> {
        let tally_poll_ms = faults.take(self.tally_poll_ms);
        let tally_max_clients = faults.take(self.tally_max_clients);
        Some(TallySettings { tally_poll_ms: tally_poll_ms?, tally_max_clients: tally_max_clients? })
    }
}

impl Default for TallySettings {
    fn default() -> Self {
        TallyArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_not_be_are_named_together() {
        let error = TallyArgs::from_flags(["--tally-poll-ms=9", "--tally-max-clients=many"]).unwrap_err();
        assert_eq!(error.names(), ["TALLY_POLL_MS", "TALLY_MAX_CLIENTS"], "{error}");
        assert_eq!(TallySettings::default().tally_max_clients, 10_000);
    }
}
