//! Configuration: text comes in ([`SettingsArgs`]), typed values go out ([`Settings`]), every fault is named at once.

mod args;
mod faults;
mod validate;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use shotengai_contracts::topology::{STREAM, Service};
use shotengai_kernel::Currency;
use shotengai_messaging::{Backoff, ConsumerConfig};

pub use args::SettingsArgs;
pub use faults::{Faults, SettingsError};

/// By how much waits for something that is away are longer than others.
const UNAVAILABLE_BACKOFF: u32 = 10;

/// How commits get into the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// Each service publishes its own, from markers in its table.
    Outbox,
    /// DynamoDB's change capture does; commits carry no marker.
    Cdc,
}

/// Where leases are kept, by which processes share the shards of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStore {
    /// As rows of the table `checkpoints`.
    Table,
    /// As Lease objects of the cluster.
    Kubernetes,
}

impl LeaseStore {
    /// What `LEASES` says.
    ///
    /// # Errors
    /// What it may say.
    pub fn parse(value: &str) -> Result<Self, &'static str> {
        match value {
            "table" => Ok(Self::Table),
            "kubernetes" => Ok(Self::Kubernetes),
            _ => Err("must be table or kubernetes"),
        }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The settings that roles share, checked. Printing it prints no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Endpoint of a local AWS; `None` is AWS itself.
    pub aws_endpoint_url: Option<String>,
    /// AWS region.
    pub aws_region: String,
    /// Kinesis stream of the events, without the prefix.
    pub kinesis_stream_name: String,
    /// Put before every resource's name; often empty.
    pub resource_prefix: String,
    /// How commits get into the stream.
    pub publish: Publish,
    /// Where leases are kept.
    pub leases: LeaseStore,
    /// The namespace of Lease objects; `None` is the one that the cluster's configuration names.
    pub lease_namespace: Option<String>,
    /// Where this process runs, as others should see it: the pod's name or the host's.
    pub host: Option<String>,
    /// PostgreSQL of the read models; only roles that need it ask for it.
    pub database_url: Option<SecretString>,
    /// Certificates to trust instead of the system's when PostgreSQL speaks TLS.
    pub database_ca_file: Option<String>,
    /// Issuer that access tokens must name.
    pub jwt_issuer: String,
    /// The PEM that signs access tokens; only storefront has one.
    pub jwt_signing_key: Option<SecretString>,
    /// Where the public keys of access tokens are.
    pub jwks_url: String,
    /// Secret by which services know each other.
    pub internal_token: SecretString,
    /// OTLP/gRPC collector; `None` exports no traces.
    pub otlp_endpoint: Option<String>,
    /// Currency of all prices.
    pub currency: Currency,
    /// Where HTTP is served.
    pub http_addr: SocketAddr,
    /// Where health and metrics are served.
    pub health_addr: SocketAddr,
    /// The catalog service, without a slash at the end.
    pub catalog_url: String,
    /// Where storefront reaches roles in other processes; what is not named here is not forwarded to.
    pub role_urls: BTreeMap<Service, String>,
    /// The storefront service, without a slash at the end.
    pub storefront_url: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged; `None` is [`crate::telemetry::DEFAULT_LOG`].
    pub log: Option<String>,
    /// A message that can't be handled is a dead letter after so many attempts.
    pub consumer_max_attempts: u32,
    /// How long an event of a future version is tried again, in seconds.
    pub consumer_future_patience_seconds: u64,
    /// The longest wait before a message comes again, in seconds; ten times as long, ten minutes at the most, where what it needs is away.
    pub consumer_max_backoff_seconds: u64,
    /// How long a message that is held stays hidden from others, in seconds.
    pub consumer_visibility_seconds: u64,
    /// How long a request's head, and then its body, may take to arrive, in seconds.
    pub request_read_seconds: u64,
    /// How long work in hand may take to finish after the signal, in seconds.
    pub drain_seconds: u64,
    /// How long requests are still accepted after the signal, in seconds.
    pub pre_stop_seconds: u64,
}

impl Settings {
    /// All defaults, with this internal token; listens on free loopback ports and drains at once. For tests and tools.
    #[must_use]
    pub fn local(internal_token: SecretString) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            aws_endpoint_url: None,
            aws_region: "ap-northeast-1".to_owned(),
            kinesis_stream_name: STREAM.to_owned(),
            resource_prefix: String::new(),
            publish: Publish::Outbox,
            leases: LeaseStore::Table,
            lease_namespace: None,
            host: None,
            database_url: None,
            database_ca_file: None,
            jwt_issuer: "shotengai".to_owned(),
            jwt_signing_key: None,
            jwks_url: "http://127.0.0.1:8080/.well-known/jwks.json".to_owned(),
            internal_token,
            otlp_endpoint: None,
            currency: Currency::JPY,
            http_addr: loopback,
            health_addr: loopback,
            catalog_url: "http://127.0.0.1:8080".to_owned(),
            role_urls: BTreeMap::new(),
            storefront_url: "http://127.0.0.1:8080".to_owned(),
            log_format: LogFormat::Json,
            log: None,
            consumer_max_attempts: 40,
            consumer_future_patience_seconds: 600,
            consumer_max_backoff_seconds: 60,
            consumer_visibility_seconds: 30,
            request_read_seconds: 10,
            drain_seconds: 5,
            pre_stop_seconds: 0,
        }
    }

    pub(crate) fn consumer_config(&self, name: &'static str) -> ConsumerConfig {
        let longest = Duration::from_secs(self.consumer_max_backoff_seconds);
        let patience = i64::try_from(self.consumer_future_patience_seconds).unwrap_or(i64::MAX);
        ConsumerConfig {
            max_attempts: self.consumer_max_attempts,
            visibility: Duration::from_secs(self.consumer_visibility_seconds),
            future_patience: SignedDuration::from_secs(patience),
            backoff: Backoff::new(Backoff::FIRST, longest),
            unavailable_backoff: Backoff::new(
                Backoff::FIRST,
                longest.max((longest * UNAVAILABLE_BACKOFF).min(Backoff::LONGEST)),
            ),
            ..ConsumerConfig::new(name)
        }
    }
}
