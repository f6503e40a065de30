//! The role's own settings.

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, parsed, text};

/// Settings of ops, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct OpsArgs {
    /// Where processes of the street serve their health, with commas between; all addresses of a name are asked. Without it: this process alone
    #[arg(long, env = "OPS_PROCESSES", value_name = "URL,…", value_parser = parsed(urls))]
    ops_processes: Option<Given<Vec<String>>>,
}

/// Settings of ops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpsSettings {
    /// Where processes serve their health; none: this process alone.
    pub processes: Vec<String>,
}

impl SettingsGroup for OpsArgs {
    type Settings = OpsSettings;

    fn check(self, faults: &mut Faults) -> Option<OpsSettings> {
        let processes = faults.optional(self.ops_processes).unwrap_or_default();
        Some(OpsSettings { processes })
    }
}

fn urls(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(text::plain_http).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_plain_urls_with_commas_between() {
        assert_eq!(OpsArgs::defaults(), OpsSettings::default());
        let two = OpsArgs::from_flags(["--ops-processes=http://shop-metrics:9090/, http://127.0.0.1:1"]).unwrap();
        assert_eq!(two.processes, ["http://shop-metrics:9090", "http://127.0.0.1:1"]);
        let error = OpsArgs::from_flags(["--ops-processes=shop:9090"]).unwrap_err();
        assert_eq!(error.names(), ["OPS_PROCESSES"]);
    }
}
