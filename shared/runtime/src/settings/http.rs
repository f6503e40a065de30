//! HTTP: where it is served, and how requests end.

use std::net::SocketAddr;

use super::{Faults, Given, SettingsGroup, parsed, text, whole};

/// HTTP, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// Where HTTP is served; port 0 picks a free one
    #[arg(long, env = "HTTP_ADDR", default_value = "0.0.0.0:8080", value_name = "IP:PORT", value_parser = parsed(text::address))]
    http_addr: Given<SocketAddr>,
    /// Where /livez, /readyz and /metrics are served; port 0 picks a free one
    #[arg(long, env = "HEALTH_ADDR", default_value = "0.0.0.0:9090", value_name = "IP:PORT", value_parser = parsed(text::address))]
    health_addr: Given<SocketAddr>,
    // Nought would mean no limit to one part of the server and no time at all to another.
    /// How long a request's head, and then its body, may take to arrive, in seconds; 1 at least
    #[arg(long, env = "REQUEST_READ_SECONDS", default_value = "10", value_name = "1..3600", value_parser = whole::<u64>())]
    request_read_seconds: Given<u64>,
    /// How long work in hand may take to finish after SIGTERM, in seconds
    #[arg(long, env = "DRAIN_SECONDS", default_value = "25", value_name = "0..3600", value_parser = whole::<u64>())]
    drain_seconds: Given<u64>,
    /// How long requests are still accepted after SIGTERM while the endpoint is withdrawn, in seconds
    #[arg(long, env = "PRE_STOP_SECONDS", default_value = "5", value_name = "0..3600", value_parser = whole::<u64>())]
    pre_stop_seconds: Given<u64>,
}

/// HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where HTTP is served.
    pub addr: SocketAddr,
    /// Where health and metrics are served.
    pub health_addr: SocketAddr,
    /// How long a request's head, and then its body, may take to arrive, in seconds.
    pub request_read_seconds: u64,
    /// How long work in hand may take to finish after the signal, in seconds.
    pub drain_seconds: u64,
    /// How long requests are still accepted after the signal, in seconds.
    pub pre_stop_seconds: u64,
}

impl SettingsGroup for HttpArgs {
    type Settings = HttpSettings;

    fn check(self, faults: &mut Faults) -> Option<HttpSettings> {
        let addr = faults.take(self.http_addr);
        let health_addr = faults.take(self.health_addr);
        let request_read_seconds = faults.take(self.request_read_seconds);
        let drain_seconds = faults.take(self.drain_seconds);
        let pre_stop_seconds = faults.take(self.pre_stop_seconds);
        Some(HttpSettings {
            addr: addr?,
            health_addr: health_addr?,
            request_read_seconds: request_read_seconds?,
            drain_seconds: drain_seconds?,
            pre_stop_seconds: pre_stop_seconds?,
        })
    }
}

impl HttpSettings {
    /// Free loopback ports, and hardly any time to drain. For tests and tools.
    pub(super) fn local() -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { addr: loopback, health_addr: loopback, drain_seconds: 5, pre_stop_seconds: 0, ..HttpArgs::defaults() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_times_that_can_not_be_are_named_together() {
        let flags = [
            "--http-addr=8080",
            "--health-addr=localhost:9090",
            "--request-read-seconds=0",
            "--drain-seconds=soon",
            "--pre-stop-seconds=3601",
        ];
        let error = HttpArgs::from_flags(flags).unwrap_err();
        let names = ["HTTP_ADDR", "HEALTH_ADDR", "REQUEST_READ_SECONDS", "DRAIN_SECONDS", "PRE_STOP_SECONDS"];
        assert_eq!(error.names(), names, "{error}");
        let wanted = "DRAIN_SECONDS: must be a whole number of seconds from 0 to 3600";
        assert!(error.to_string().lines().any(|line| line == wanted), "{error}");
    }
}
