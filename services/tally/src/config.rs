//! tally's own settings.

use crate::page::Places;

/// Settings of tally, by flag or environment variable.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Tally")]
pub struct TallySettings {
    /// How often the counters are read while somebody watches, in milliseconds.
    #[arg(long, env = "TALLY_POLL_MS", default_value_t = 250, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub tally_poll_ms: u64,
    /// How many may watch one process at once.
    #[arg(long, env = "TALLY_MAX_CLIENTS", default_value_t = 10_000)]
    pub tally_max_clients: usize,
    /// What the page links to. No flag: only `shotengai dev` knows.
    #[arg(skip)]
    pub places: Places,
}

impl Default for TallySettings {
    fn default() -> Self {
        Self { tally_poll_ms: 250, tally_max_clients: 10_000, places: Places::default() }
    }
}
