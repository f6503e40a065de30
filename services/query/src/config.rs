//! What can be set about this role.

use std::time::Duration;

use shotengai_runtime::settings::{DatabaseArgs, DatabaseSettings, Faults, Given, SettingsGroup, whole};

/// Settings of the query role, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct QueryArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How long a read with min_version waits for the read model, in milliseconds
    #[arg(long, env = "QUERY_MIN_VERSION_WAIT_MS", default_value = "2000", value_name = "0..30000", value_parser = whole::<u64>())]
    query_min_version_wait_ms: Given<u64>,
}

/// Settings of the query role.
#[derive(Clone, Debug)]
pub struct QuerySettings {
    /// PostgreSQL of the read models.
    pub database: DatabaseSettings,
    /// How long a read with min_version waits for the read model, in milliseconds.
    pub query_min_version_wait_ms: u64,
}

impl SettingsGroup for QueryArgs {
    type Settings = QuerySettings;

    fn check(self, faults: &mut Faults) -> Option<QuerySettings> {
        let database = self.database.check(faults);
        let query_min_version_wait_ms = faults.take(self.query_min_version_wait_ms);
        Some(QuerySettings { database: database?, query_min_version_wait_ms: query_min_version_wait_ms? })
    }
}

impl QuerySettings {
    pub(crate) const fn min_version_wait(&self) -> Duration {
        Duration::from_millis(self.query_min_version_wait_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_needs_a_database_and_says_so_with_everything_else() {
        let error = QueryArgs::from_flags(["--query-min-version-wait-ms=30001"]).unwrap_err();
        assert_eq!(error.names(), ["DATABASE_URL", "QUERY_MIN_VERSION_WAIT_MS"], "{error}");
        let settings = QueryArgs::from_flags(["--database-url=postgres://localhost/shop"]).unwrap();
        assert_eq!(settings.min_version_wait(), Duration::from_secs(2));
    }
}
