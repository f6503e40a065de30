//! The shared settings as they come from flags and environment: text, so that clap refuses none of them on its own and
//! all faults can be named together.

use secrecy::SecretString;
use shotengai_contracts::topology::STREAM;

/// Settings that all roles share. Every flag has an environment variable of the same name.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Shared settings")]
pub struct SettingsArgs {
    /// Endpoint of a local AWS; unset: AWS itself
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub aws_endpoint_url: Option<String>,
    /// AWS region
    #[arg(long, env = "AWS_REGION", default_value = "ap-northeast-1", value_name = "REGION")]
    pub aws_region: String,
    /// Kinesis stream the events go through
    #[arg(long, env = "KINESIS_STREAM_NAME", default_value = STREAM, value_name = "NAME")]
    pub kinesis_stream_name: String,
    /// Put before every resource's name, to keep installations in one account apart
    #[arg(long, env = "RESOURCE_PREFIX", default_value = "", value_name = "PREFIX")]
    pub resource_prefix: String,
    /// How commits get into the stream: outbox (a publisher) or cdc (DynamoDB's change capture)
    #[arg(long, env = "PUBLISH", default_value = "outbox", value_name = "outbox|cdc")]
    pub publish: String,
    /// Where processes keep the leases by which they share shards: table (DynamoDB) or kubernetes (Lease objects)
    #[arg(long, env = "LEASES", default_value = "table", value_name = "table|kubernetes")]
    pub leases: String,
    /// Namespace of those Lease objects; default: POD_NAMESPACE, else the service account's or the kubeconfig's
    #[arg(long, env = "LEASE_NAMESPACE", value_name = "NAME")]
    pub lease_namespace: Option<String>,
    /// Name under which leases show who holds them; default: this host's name
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub pod_name: Option<String>,
    /// PostgreSQL of the read models (postgres://user:password@host/database?sslmode=require); where TLS is spoken, the
    /// certificate is verified
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,
    /// A file with the certificates (PEM) to trust for PostgreSQL, instead of the system's
    #[arg(long, env = "DATABASE_CA_FILE", value_name = "FILE")]
    pub database_ca_file: Option<String>,
    /// Issuer that access tokens must name
    #[arg(long, env = "JWT_ISSUER", default_value = "shotengai", value_name = "NAME")]
    pub jwt_issuer: String,
    /// Storefront only: the key that signs access tokens (PEM, PKCS#8, Ed25519 or P-256)
    #[arg(long, env = "JWT_SIGNING_KEY", hide_env_values = true, value_name = "PEM")]
    pub jwt_signing_key: Option<SecretString>,
    /// Storefront only: a file with that key
    #[arg(long, env = "JWT_SIGNING_KEY_FILE", value_name = "FILE")]
    pub jwt_signing_key_file: Option<String>,
    /// Where access tokens' public keys are; default: {STOREFRONT_URL}/.well-known/jwks.json
    #[arg(long, env = "JWKS_URL", value_name = "URL")]
    pub jwks_url: Option<String>,
    /// Secret by which services know each other on /internal/*; 16 characters at least
    #[arg(long, env = "INTERNAL_TOKEN", hide_env_values = true, value_name = "SECRET")]
    pub internal_token: Option<SecretString>,
    /// OTLP/gRPC collector; unset: traces are propagated but not exported
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otel_exporter_otlp_endpoint: Option<String>,
    /// Currency of all prices (ISO 4217)
    #[arg(long, env = "CURRENCY", default_value = "JPY", value_name = "CODE")]
    pub currency: String,
    /// Where HTTP is served; port 0 picks a free one
    #[arg(long, env = "HTTP_ADDR", default_value = "0.0.0.0:8080", value_name = "IP:PORT")]
    pub http_addr: String,
    /// Where /livez, /readyz and /metrics are served; port 0 picks a free one
    #[arg(long, env = "HEALTH_ADDR", default_value = "0.0.0.0:9090", value_name = "IP:PORT")]
    pub health_addr: String,
    /// The order service; what of it is public, storefront forwards there
    #[arg(long, env = "ORDER_URL", value_name = "URL")]
    pub order_url: Option<String>,
    /// The catalog service: storefront forwards there, order asks it (then by default http://127.0.0.1:8080)
    #[arg(long, env = "CATALOG_URL", value_name = "URL")]
    pub catalog_url: Option<String>,
    /// The inventory service; what of it is public, storefront forwards there
    #[arg(long, env = "INVENTORY_URL", value_name = "URL")]
    pub inventory_url: Option<String>,
    /// The query service; what of it is public, storefront forwards there
    #[arg(long, env = "QUERY_URL", value_name = "URL")]
    pub query_url: Option<String>,
    /// The tally service; what of it is public, storefront forwards there
    #[arg(long, env = "TALLY_URL", value_name = "URL")]
    pub tally_url: Option<String>,
    /// The storefront service
    #[arg(long, env = "STOREFRONT_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub storefront_url: String,
    /// Log lines' form; default: pretty on a terminal, else json
    #[arg(long, env = "LOG_FORMAT", value_name = "pretty|json")]
    pub log_format: Option<String>,
    /// What is logged, as tracing's directives (info,shotengai_order=debug); RUST_LOG serves too
    #[arg(long, env = "LOG", value_name = "DIRECTIVES")]
    pub log: Option<String>,
    /// A message that can't be handled is a dead letter after so many attempts; below the queues' own limit of 50
    #[arg(long, env = "CONSUMER_MAX_ATTEMPTS", default_value = "40", value_name = "ATTEMPTS")]
    pub consumer_max_attempts: String,
    /// How long an event of a version that this release can't read is tried again before it is a dead letter, in
    /// seconds; longer than a rolling upgrade takes
    #[arg(long, env = "CONSUMER_FUTURE_PATIENCE_SECONDS", default_value = "600", value_name = "SECONDS")]
    pub consumer_future_patience_seconds: String,
    /// The longest wait before a message that could not be handled comes again, in seconds; ten times as long, but not
    /// for that reason above ten minutes, where something it needs failed though what is probed answers
    #[arg(long, env = "CONSUMER_MAX_BACKOFF_SECONDS", default_value = "60", value_name = "SECONDS")]
    pub consumer_max_backoff_seconds: String,
    /// How long a message that a process holds stays hidden from others, in seconds; 3 at least. The process renews it
    /// three times as often, so it is what passes until another takes up the work of one that was killed
    #[arg(long, env = "CONSUMER_VISIBILITY_SECONDS", default_value = "30", value_name = "SECONDS")]
    pub consumer_visibility_seconds: String,
    /// How long a request's head, and then its body, may take to arrive, in seconds; 1 at least
    #[arg(long, env = "REQUEST_READ_SECONDS", default_value = "10", value_name = "SECONDS")]
    pub request_read_seconds: String,
    /// How long work in hand may take to finish after SIGTERM, in seconds
    #[arg(long, env = "DRAIN_SECONDS", default_value = "25", value_name = "SECONDS")]
    pub drain_seconds: String,
    /// How long requests are still accepted after SIGTERM while the endpoint is withdrawn, in seconds
    #[arg(long, env = "PRE_STOP_SECONDS", default_value = "5", value_name = "SECONDS")]
    pub pre_stop_seconds: String,
}
