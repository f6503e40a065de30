//! How the one door behaves.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use shotengai_runtime::settings::{Faults, Given, SettingsGroup, parsed, whole};

use crate::client::Trust;
use crate::cors::Origins;
use crate::hosts::Hosts;

/// Settings of the one door, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct DoorArgs {
    /// Sites whose scripts may use the shop: origins with commas between, or *
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", default_value = "", value_name = "ORIGINS", value_parser = parsed(Origins::parse))]
    cors_allowed_origins: Given<Origins>,
    /// How many proxies of ours stand before storefront; so far X-Forwarded-For is believed
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "0", value_name = "0..255", value_parser = whole::<u8>())]
    trusted_proxies: Given<u8>,
    /// Calls a second that each user, or else each address, may make; 0: any number
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value = "50", value_name = "0..", value_parser = whole::<u32>())]
    rate_limit_per_second: Given<u32>,
    /// How many of these they may make at once after a pause
    #[arg(long, env = "RATE_LIMIT_BURST", default_value = "200", value_name = "0..", value_parser = whole::<u32>())]
    rate_limit_burst: Given<u32>,
    /// Guests and sign-ins a minute from each address; 0: any number
    #[arg(long, env = "SIGN_IN_LIMIT_PER_MINUTE", default_value = "60", value_name = "0..", value_parser = whole::<u32>())]
    sign_in_limit_per_minute: Given<u32>,
    /// Requests that each user, or else each address, may have in hand at the same time, a quarter of them waiting; 0: any number
    #[arg(long, env = "CALLER_CONCURRENCY", default_value = "32", value_name = "0..", value_parser = whole::<u32>())]
    caller_concurrency: Given<u32>,
    /// WebSockets that each user, or else each address, may have open; 0: any number
    #[arg(long, env = "CALLER_WEBSOCKETS", default_value = "20", value_name = "0..", value_parser = whole::<u32>())]
    caller_websockets: Given<u32>,
    /// How many users' worth of all this the guests at one address have together; 0: any number
    #[arg(long, env = "ADDRESS_CALLERS", default_value = "4", value_name = "0..", value_parser = whole::<u32>())]
    address_callers: Given<u32>,
    /// How long a role may take until its answer begins, in seconds
    #[arg(long, env = "FORWARD_HEAD_SECONDS", default_value = "15", value_name = "1..600", value_parser = whole::<u64>())]
    forward_head_seconds: Given<u64>,
    /// How long a role may take until its answer ends, in seconds
    #[arg(long, env = "FORWARD_SECONDS", default_value = "60", value_name = "1..3600", value_parser = whole::<u64>())]
    forward_seconds: Given<u64>,
    /// Requests that each role may have in hand at the same time; more are answered 503
    #[arg(long, env = "FORWARD_CONCURRENCY", default_value = "256", value_name = "1..10000", value_parser = whole::<usize>())]
    forward_concurrency: Given<usize>,
    /// For so long browsers are told to come by TLS only, in seconds; 0: not told. Set it where TLS ends before us
    #[arg(long, env = "HSTS_SECONDS", default_value = "0", value_name = "0..", value_parser = whole::<u32>())]
    hsts_seconds: Given<u32>,
    /// By which names browsers may come. No flag: only `shotengai dev` knows.
    #[arg(skip)]
    hosts: Hosts,
}

impl DoorArgs {
    /// The same, for a machine whose browsers come by these names alone.
    #[must_use]
    pub fn for_hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }
}

/// Settings of the one door.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Whose scripts may read answers.
    pub origins: Origins,
    /// By which names browsers may come.
    pub hosts: Hosts,
    /// Proxies of ours before us.
    pub trust: Trust,
    /// Calls a second of each user or address; 0: any number.
    pub rate_limit_per_second: u32,
    /// Calls at once after a pause.
    pub rate_limit_burst: u32,
    /// Guests and sign-ins a minute from each address; 0: any number.
    pub sign_in_limit_per_minute: u32,
    /// Requests that each caller may have in hand; 0: any number.
    pub caller_concurrency: u32,
    /// WebSockets that each caller may have open; 0: any number.
    pub caller_websockets: u32,
    /// How many callers' worth all at one address have together; 0: any number.
    pub address_callers: u32,
    /// Until an answer begins.
    pub head: Duration,
    /// Until it ends.
    pub whole: Duration,
    /// Requests of one role in hand.
    pub at_once: usize,
    /// What tells browsers to come by TLS only.
    pub transport: Option<HeaderValue>,
}

impl SettingsGroup for DoorArgs {
    type Settings = DoorSettings;

    fn check(self, faults: &mut Faults) -> Option<DoorSettings> {
        let origins = faults.take(self.cors_allowed_origins);
        let proxies = faults.take(self.trusted_proxies);
        let rate_limit_per_second = faults.take(self.rate_limit_per_second);
        let rate_limit_burst = faults.take(self.rate_limit_burst);
        let sign_in_limit_per_minute = faults.take(self.sign_in_limit_per_minute);
        let caller_concurrency = faults.take(self.caller_concurrency);
        let caller_websockets = faults.take(self.caller_websockets);
        let address_callers = faults.take(self.address_callers);
        let head = faults.take(self.forward_head_seconds);
        let whole = faults.take(self.forward_seconds);
        let at_once = faults.take(self.forward_concurrency);
        let hsts = faults.take(self.hsts_seconds);
        if head.zip(whole).is_some_and(|(head, whole)| whole < head) {
            faults.add("FORWARD_SECONDS", "must not be less than FORWARD_HEAD_SECONDS");
        }
        let told = |seconds| HeaderValue::from_str(&format!("max-age={seconds}; includeSubDomains")).ok();
        Some(DoorSettings {
            origins: origins?,
            hosts: self.hosts,
            trust: Trust(usize::from(proxies?)),
            rate_limit_per_second: rate_limit_per_second?,
            rate_limit_burst: rate_limit_burst?,
            sign_in_limit_per_minute: sign_in_limit_per_minute?,
            caller_concurrency: caller_concurrency?,
            caller_websockets: caller_websockets?,
            address_callers: address_callers?,
            head: Duration::from_secs(head?),
            whole: Duration::from_secs(whole?),
            at_once: at_once?,
            transport: hsts.filter(|seconds| *seconds > 0).and_then(told),
        })
    }
}

impl Default for DoorSettings {
    fn default() -> Self {
        DoorArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_of_the_door_is_named_at_once() {
        let flags = ["--cors-allowed-origins=shop.example", "--forward-head-seconds=9", "--forward-seconds=8"];
        let error = DoorArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.names(), ["CORS_ALLOWED_ORIGINS", "FORWARD_SECONDS"], "{error}");
        let flags = ["--trusted-proxies=256", "--forward-concurrency=0", "--hsts-seconds=-1"];
        let error = DoorArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.names(), ["TRUSTED_PROXIES", "FORWARD_CONCURRENCY", "HSTS_SECONDS"], "{error}");
    }

    #[test]
    fn browsers_are_told_to_come_by_tls_only_where_that_is_set() {
        assert_eq!(DoorSettings::default().transport, None);
        let told = DoorArgs::from_flags(["--hsts-seconds=600"]).unwrap().transport.unwrap();
        assert_eq!(told.to_str().unwrap(), "max-age=600; includeSubDomains");
    }
}
