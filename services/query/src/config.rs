//! What can be set about this role.

use std::time::Duration;

/// Settings of the query role.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Query")]
pub struct QuerySettings {
    /// How long a read with min_version waits for the read model, in milliseconds
    #[arg(long, env = "QUERY_MIN_VERSION_WAIT_MS", default_value_t = 2000, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(0..=30_000))]
    pub query_min_version_wait_ms: u64,
}

impl QuerySettings {
    pub(crate) const fn min_version_wait(&self) -> Duration {
        Duration::from_millis(self.query_min_version_wait_ms)
    }
}
