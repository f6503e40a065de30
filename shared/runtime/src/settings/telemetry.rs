//! Telemetry: what is logged and how it looks, and where traces go.

use std::io::IsTerminal;

use super::{Faults, Given, SettingsGroup, one_of, parsed, text};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Pretty,
    /// One JSON object a line
    Json,
}

/// Telemetry, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Logs and traces")]
pub struct TelemetryArgs {
    /// OTLP/gRPC collector; unset: traces are propagated but not exported
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = parsed(text::plain_http))]
    otel_exporter_otlp_endpoint: Option<Given<String>>,
    /// Log lines' form; default: pretty on a terminal, else json
    #[arg(long, env = "LOG_FORMAT", value_name = "FORM", value_parser = one_of::<LogFormat>())]
    log_format: Option<Given<LogFormat>>,
    /// What is logged, as tracing's directives (info,shotengai_order=debug); RUST_LOG serves too
    #[arg(long, env = "LOG", value_name = "DIRECTIVES", value_parser = parsed(directives))]
    log: Option<Given<String>>,
    /// The same under the name that Rust programs have for it
    #[arg(long, env = "RUST_LOG", hide = true, value_parser = parsed(directives))]
    rust_log: Option<Given<String>>,
}

/// Telemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// OTLP/gRPC collector; `None` exports no traces.
    pub otlp_endpoint: Option<String>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged; `None` is [`crate::telemetry::DEFAULT_LOG`].
    pub log: Option<String>,
}

impl SettingsGroup for TelemetryArgs {
    type Settings = TelemetrySettings;

    fn check(self, faults: &mut Faults) -> Option<TelemetrySettings> {
        let otlp_endpoint = faults.optional(self.otel_exporter_otlp_endpoint);
        let log_format = faults.optional(self.log_format).unwrap_or_else(default_format);
        let log = faults.optional(self.log).or_else(|| faults.optional(self.rust_log));
        Some(TelemetrySettings { otlp_endpoint, log_format, log })
    }
}

impl TelemetrySettings {
    /// JSON, as in a pod. For tests and tools.
    pub(super) fn local() -> Self {
        Self { log_format: LogFormat::Json, ..TelemetryArgs::defaults() }
    }
}

fn default_format() -> LogFormat {
    if std::io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json }
}

fn directives(text: &str) -> Result<String, String> {
    let text = text.trim();
    tracing_subscriber::EnvFilter::try_new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_has_two_names_of_which_ours_goes_first() {
        let of = |flags: &[&str]| TelemetryArgs::from_flags(flags).unwrap().log;
        assert_eq!(of(&["--rust-log=debug"]).as_deref(), Some("debug"));
        assert_eq!(of(&["--rust-log=debug", "--log=warn"]).as_deref(), Some("warn"));
        assert_eq!(of(&["--log="]), None);
    }

    #[test]
    fn forms_and_directives_that_can_not_be_are_named_together() {
        let flags = ["--log-format=xml", "--log=shop=loud", "--otel-exporter-otlp-endpoint=https://collector"];
        let error = TelemetryArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.names(), ["OTEL_EXPORTER_OTLP_ENDPOINT", "LOG_FORMAT", "LOG"], "{error}");
    }
}
