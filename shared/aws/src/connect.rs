//! The SDK's clients, with the settings that matter.

use std::env;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_http_client::{Builder as HttpClientBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::config::AwsConfig;
use crate::meter::Meter;
use crate::observe::Observe;

const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(3);
const OPERATION: Duration = Duration::from_secs(10);
/// A long poll waits up to 20 s by itself, and without a limit of its own it can hang for ever.
const POLL_ATTEMPT: Duration = Duration::from_secs(25);
const POLL_OPERATION: Duration = Duration::from_secs(30);
/// Below the servers' own, so that we never write into a connection that is being closed.
const POOL_IDLE: Duration = Duration::from_secs(15);
const POOL_MAX_IDLE: usize = 64;
/// Objects of ten megabytes, over a slow line within the region.
const OBJECT_ATTEMPT: Duration = Duration::from_secs(15);
const OBJECT_OPERATION: Duration = Duration::from_secs(45);
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Any of these means that the environment says who we are.
const CREDENTIAL_VARIABLES: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// One client a service. Clones share connections and credentials.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) kinesis: aws_sdk_kinesis::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// For receives that wait.
    pub(crate) sqs_polling: aws_sdk_sqs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    /// Signs requests for the address by which clients reach the store, and sends none: nothing of it is counted or traced.
    pub(crate) s3_public: aws_sdk_s3::Client,
}

impl Clients {
    pub(crate) async fn connect(config: &AwsConfig) -> Self {
        let sdk = sdk_config(config).await;
        let polling = timeouts(POLL_ATTEMPT, POLL_OPERATION);
        let sqs = aws_sdk_sqs::config::Builder::from(&sdk).interceptor(Observe).interceptor(Meter);
        let s3 = s3_config(&sdk, config.endpoint_url.as_deref());
        let public_endpoint = config.s3_public_endpoint.as_deref().or(config.endpoint_url.as_deref());
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(
                aws_sdk_dynamodb::config::Builder::from(&sdk).interceptor(Observe).interceptor(Meter).build(),
            ),
            kinesis: aws_sdk_kinesis::Client::from_conf(
                aws_sdk_kinesis::config::Builder::from(&sdk).interceptor(Observe).interceptor(Meter).build(),
            ),
            sns: aws_sdk_sns::Client::from_conf(
                aws_sdk_sns::config::Builder::from(&sdk).interceptor(Observe).interceptor(Meter).build(),
            ),
            sqs_polling: aws_sdk_sqs::Client::from_conf(sqs.clone().timeout_config(polling).build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(Observe).build()),
            s3_public: aws_sdk_s3::Client::from_conf(s3_config(&sdk, public_endpoint).build()),
        }
    }
}

/// A store at an address of its own has no name a bucket, so the bucket stands in the path there. No checksums but where the
/// service wants them: in a signed upload one would be of bytes that nobody knows yet.
fn s3_config(sdk: &SdkConfig, endpoint: Option<&str>) -> aws_sdk_s3::config::Builder {
    let mut config = aws_sdk_s3::config::Builder::from(sdk)
        .timeout_config(timeouts(OBJECT_ATTEMPT, OBJECT_OPERATION))
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .force_path_style(endpoint.is_some());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    config
}

async fn sdk_config(config: &AwsConfig) -> SdkConfig {
    let retry = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(MAX_BACKOFF);
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(config.region.clone()))
        .http_client(http_client())
        .timeout_config(timeouts(ATTEMPT, OPERATION))
        .retry_config(retry);
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(credentials) = local_credentials(config) {
        loader = loader.credentials_provider(credentials);
    }
    loader.load().await
}

/// A local AWS wants a signature but checks none. Real credentials found in files are never sent there, and nobody
/// without any waits for an instance's metadata service.
fn local_credentials(config: &AwsConfig) -> Option<SharedCredentialsProvider> {
    if !config.is_loopback() {
        return None;
    }
    let account = match &config.local_account {
        Some(account) => account.as_str(),
        None if CREDENTIAL_VARIABLES.iter().any(|name| env::var_os(name).is_some()) => return None,
        None => "test",
    };
    Some(SharedCredentialsProvider::new(Credentials::new(account, "test", None, None, "local")))
}

fn http_client() -> SharedHttpClient {
    HttpClientBuilder::new()
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_MAX_IDLE)
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .build_https()
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
