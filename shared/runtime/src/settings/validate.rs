//! From text to typed settings.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use shotengai_contracts::topology::Service;
use shotengai_kernel::Currency;

use super::{Faults, LeaseStore, LogFormat, Publish, Settings, SettingsArgs, SettingsError};
use crate::auth::TokenIssuer;

/// Names that earlier systems of this kind used, and what stands in their place. Silently ignored, each would leave an
/// operator believing in a setting that does nothing.
const REFUSED: [(&str, &str); 5] = [
    ("DYNAMODB_ENDPOINT", "is now AWS_ENDPOINT_URL"),
    ("DYNAMODB_REGION", "is now AWS_REGION"),
    ("DYNAMODB_TABLE_NAME", "is now RESOURCE_PREFIX; the tables have fixed names behind it"),
    ("DYNAMODB_SNAPSHOT_TABLE_NAME", "is now RESOURCE_PREFIX; the tables have fixed names behind it"),
    ("JWT_SECRET", "is now JWT_SIGNING_KEY_FILE (or JWT_SIGNING_KEY): tokens are signed with a key pair"),
];

/// Everything of one machine is there, unless something else is said.
const CATALOG_URL: &str = "http://127.0.0.1:8080";
const MIN_TOKEN: usize = 16;
const MAX_SECONDS: u64 = 3600;
/// One below the queues' `maxReceiveCount`: beyond it a message would go to the dead letters without its reason.
const MAX_ATTEMPTS: u32 = 49;

impl SettingsArgs {
    /// The settings these make, in this process's environment. Reads the signing key's file.
    ///
    /// # Errors
    /// [`SettingsError`] that names every fault.
    pub fn into_settings(self) -> Result<Settings, SettingsError> {
        self.validate(|name| std::env::var(name).ok())
    }

    /// The settings these make where `env` answers for the environment.
    ///
    /// # Errors
    /// [`SettingsError`] that names every fault.
    pub fn validate(self, env: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
        let mut faults = Faults::default();
        for (name, message) in REFUSED {
            if env(name).is_some() {
                faults.add(name, message);
            }
        }
        let settings = self.typed(&mut faults, env);
        faults.finish(settings)
    }

    fn typed(self, faults: &mut Faults, env: impl Fn(&str) -> Option<String>) -> Option<Settings> {
        // Every line runs before the first `?`, or a fault would hide those behind it.
        let aws_endpoint_url =
            present(self.aws_endpoint_url).and_then(|url| faults.take("AWS_ENDPOINT_URL", http_url(&url)));
        let aws_region = faults.take("AWS_REGION", plain(self.aws_region, 1..=40));
        let kinesis_stream_name = faults.take("KINESIS_STREAM_NAME", plain(self.kinesis_stream_name, 1..=80));
        let resource_prefix = faults.take("RESOURCE_PREFIX", plain(self.resource_prefix, 0..=32));
        let publish = faults.take("PUBLISH", publish(&self.publish));
        let leases = faults.take("LEASES", LeaseStore::parse(&self.leases));
        let lease_namespace = present(self.lease_namespace).map(|name| faults.take("LEASE_NAMESPACE", namespace(name)));
        let pod_namespace = present(env("POD_NAMESPACE"));
        let host = present(self.pod_name).or_else(host);
        let database_url = faults.take("DATABASE_URL", database_url(self.database_url));
        let database_ca_file = present(self.database_ca_file);
        let jwt_issuer = faults.take("JWT_ISSUER", filled(self.jwt_issuer));
        let jwt_signing_key = signing_key(faults, self.jwt_signing_key, self.jwt_signing_key_file);
        let internal_token = faults.take("INTERNAL_TOKEN", internal_token(self.internal_token));
        let otlp_endpoint = present(self.otel_exporter_otlp_endpoint)
            .and_then(|url| faults.take("OTEL_EXPORTER_OTLP_ENDPOINT", plain_http(url)));
        let currency = faults.take("CURRENCY", Currency::parse(&self.currency));
        let http_addr = faults.take("HTTP_ADDR", address(&self.http_addr));
        let health_addr = faults.take("HEALTH_ADDR", address(&self.health_addr));
        let mut role = |name, url| present(url).and_then(|url| faults.take(name, plain_http(url)));
        let role_urls = [
            (Service::ORDER, role("ORDER_URL", self.order_url)),
            (Service::CATALOG, role("CATALOG_URL", self.catalog_url)),
            (Service::INVENTORY, role("INVENTORY_URL", self.inventory_url)),
            (Service::QUERY, role("QUERY_URL", self.query_url)),
            (Service::TALLY, role("TALLY_URL", self.tally_url)),
        ];
        let role_urls: BTreeMap<_, _> =
            role_urls.into_iter().filter_map(|(service, url)| Some((service, url?))).collect();
        let storefront_url = faults.take("STOREFRONT_URL", plain_http(self.storefront_url));
        let jwks_url = present(self.jwks_url).map(|url| faults.take("JWKS_URL", plain_http(url)));
        let log_format = faults.take("LOG_FORMAT", log_format(present(self.log_format)));
        let log = present(self.log).or_else(|| present(env("RUST_LOG")));
        if let Some(directives) = &log {
            faults.take("LOG", tracing_subscriber::EnvFilter::try_new(directives).map(drop));
        }
        let consumer_max_attempts = faults.take("CONSUMER_MAX_ATTEMPTS", attempts(&self.consumer_max_attempts));
        let consumer_future_patience_seconds =
            faults.take("CONSUMER_FUTURE_PATIENCE_SECONDS", seconds(&self.consumer_future_patience_seconds));
        let consumer_max_backoff_seconds =
            faults.take("CONSUMER_MAX_BACKOFF_SECONDS", seconds(&self.consumer_max_backoff_seconds));
        let consumer_visibility_seconds =
            faults.take("CONSUMER_VISIBILITY_SECONDS", visibility(&self.consumer_visibility_seconds));
        let request_read_seconds = faults.take("REQUEST_READ_SECONDS", some_seconds(&self.request_read_seconds));
        let drain_seconds = faults.take("DRAIN_SECONDS", seconds(&self.drain_seconds));
        let pre_stop_seconds = faults.take("PRE_STOP_SECONDS", seconds(&self.pre_stop_seconds));
        let storefront_url = storefront_url?;
        Some(Settings {
            aws_endpoint_url,
            aws_region: aws_region?,
            kinesis_stream_name: kinesis_stream_name?,
            resource_prefix: resource_prefix?,
            publish: publish?,
            leases: leases?,
            lease_namespace: match lease_namespace {
                Some(name) => Some(name?),
                None => pod_namespace,
            },
            host,
            database_url: database_url?,
            database_ca_file,
            jwt_issuer: jwt_issuer?,
            jwt_signing_key,
            jwks_url: match jwks_url {
                Some(url) => url?,
                None => format!("{storefront_url}/.well-known/jwks.json"),
            },
            internal_token: internal_token?,
            otlp_endpoint,
            currency: currency?,
            http_addr: http_addr?,
            health_addr: health_addr?,
            catalog_url: role_urls.get(&Service::CATALOG).cloned().unwrap_or_else(|| CATALOG_URL.to_owned()),
            role_urls,
            storefront_url,
            log_format: log_format?,
            log,
            consumer_max_attempts: consumer_max_attempts?,
            consumer_future_patience_seconds: consumer_future_patience_seconds?,
            consumer_max_backoff_seconds: consumer_max_backoff_seconds?,
            consumer_visibility_seconds: consumer_visibility_seconds?,
            request_read_seconds: request_read_seconds?,
            drain_seconds: drain_seconds?,
            pre_stop_seconds: pre_stop_seconds?,
        })
    }
}

/// A variable that is set to nothing counts as not set: that is how manifests leave one out.
fn present(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn filled(value: String) -> Result<String, &'static str> {
    present(Some(value)).ok_or("must not be empty")
}

fn plain(value: String, length: std::ops::RangeInclusive<usize>) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if length.contains(&value.len()) && value.chars().all(good) {
        return Ok(value);
    }
    Err(format!("must have {} to {} letters, digits, '-', '_' or '.'", length.start(), length.end()))
}

fn publish(value: &str) -> Result<Publish, &'static str> {
    match value {
        "outbox" => Ok(Publish::Outbox),
        "cdc" => Ok(Publish::Cdc),
        _ => Err("must be outbox or cdc"),
    }
}

/// As Kubernetes names one: an RFC 1123 label.
fn namespace(value: String) -> Result<String, &'static str> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=63).contains(&value.len()) && value.chars().all(good) && !value.starts_with('-') && !value.ends_with('-') {
        return Ok(value);
    }
    Err("must have 1 to 63 lower-case letters, digits or '-', and none of these at its ends")
}

/// What the kernel calls this host; in a pod, the pod's name.
fn host() -> Option<String> {
    present(std::fs::read_to_string("/proc/sys/kernel/hostname").ok())
}

fn log_format(value: Option<String>) -> Result<LogFormat, &'static str> {
    match value.as_deref() {
        Some("pretty") => Ok(LogFormat::Pretty),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err("must be pretty or json"),
        None if std::io::stderr().is_terminal() => Ok(LogFormat::Pretty),
        None => Ok(LogFormat::Json),
    }
}

fn http_url(value: &str) -> Result<String, &'static str> {
    let url = value.trim().trim_end_matches('/');
    match reqwest::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(url.to_owned()),
        _ => Err("must be a URL such as http://host:8080"),
    }
}

/// Inside the cluster everything speaks plain HTTP (encryption between pods is the mesh's work): an `https` URL would
/// only fail later.
fn plain_http(value: String) -> Result<String, &'static str> {
    let url = http_url(&value)?;
    if url.starts_with("http://") { Ok(url) } else { Err("must start with http://") }
}

fn address(value: &str) -> Result<SocketAddr, &'static str> {
    value.trim().parse().map_err(|_| "must be an IP address and a port, such as 0.0.0.0:8080")
}

fn seconds(value: &str) -> Result<u64, String> {
    let fault = || format!("must be a whole number of seconds from 0 to {MAX_SECONDS}");
    value.trim().parse().ok().filter(|seconds| *seconds <= MAX_SECONDS).ok_or_else(fault)
}

fn attempts(value: &str) -> Result<u32, String> {
    let fault = || format!("must be a whole number from 1 to {MAX_ATTEMPTS}");
    value.trim().parse().ok().filter(|attempts| (1..=MAX_ATTEMPTS).contains(attempts)).ok_or_else(fault)
}

/// Nought would mean no limit to one part of the server and no time at all to another.
fn some_seconds(value: &str) -> Result<u64, String> {
    let fault = || format!("must be a whole number of seconds from 1 to {MAX_SECONDS}");
    seconds(value).ok().filter(|seconds| *seconds > 0).ok_or_else(fault)
}

/// A third of it is the time between two renewals.
fn visibility(value: &str) -> Result<u64, String> {
    let fault = || format!("must be a whole number of seconds from 3 to {MAX_SECONDS}");
    seconds(value).ok().filter(|seconds| *seconds >= 3).ok_or_else(fault)
}

fn secret(value: Option<SecretString>) -> Option<SecretString> {
    value.filter(|secret| !secret.expose_secret().trim().is_empty())
}

fn database_url(value: Option<SecretString>) -> Result<Option<SecretString>, &'static str> {
    let value = secret(value);
    // The parser's own message may quote the URL, and with it the password.
    if value.as_ref().is_some_and(|url| url.expose_secret().parse::<tokio_postgres::Config>().is_err()) {
        return Err(
            "must be a URL such as postgres://user:password@host:5432/database?sslmode=require (or disable, prefer)",
        );
    }
    Ok(value)
}

fn internal_token(value: Option<SecretString>) -> Result<SecretString, String> {
    let token = secret(value).ok_or("is not set")?;
    let text = token.expose_secret();
    if text.len() < MIN_TOKEN || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("must have {MIN_TOKEN} printable ASCII characters at least, no spaces"));
    }
    Ok(token)
}

fn signing_key(faults: &mut Faults, inline: Option<SecretString>, file: Option<String>) -> Option<SecretString> {
    let (name, pem) = match (secret(inline), present(file)) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            faults.add("JWT_SIGNING_KEY", "and JWT_SIGNING_KEY_FILE are both set; keep one");
            return None;
        }
        (Some(pem), None) => ("JWT_SIGNING_KEY", pem),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("can't be read: {error}"));
            ("JWT_SIGNING_KEY_FILE", SecretString::from(faults.take("JWT_SIGNING_KEY_FILE", text)?))
        }
    };
    faults.take(name, TokenIssuer::check_key(&pem))?;
    Some(pem)
}
