//! What can be asked for on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;
use shotengai_contracts::topology::STREAM;
use shotengai_query::rebuild::Kind;
use shotengai_runtime::{LeaseStore, SettingsArgs};
use shotengai_storefront::DEVELOPERS_PASSWORD;

use crate::dead_letters::DeadLettersArgs;
use crate::roles::{Choice, RoleSettings};

/// Who administers a developer's street.
const DEVELOPERS_ADMIN: &str = "admin@example.com";

/// 商店街: an order platform of event-driven services.
#[derive(Parser)]
#[command(name = "shotengai", version, about, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run roles in this process: `serve order`, `serve order,inventory`, `serve all`
    Serve(Box<ServeArgs>),
    #[cfg(feature = "dev")]
    /// Run the whole street on this machine: local AWS, PostgreSQL, inbox, all roles
    Dev(Box<DevArgs>),
    /// Create the AWS resources, or bring them up to date; safe to repeat
    Provision(ProvisionArgs),
    /// Put the rival sweets and a few more products on sale in a running street
    Seed(SeedArgs),
    /// Buy one thing as a guest and wait until it is paid: is this street open?
    Smoke(SmokeArgs),
    /// Show what the tables, the stream and the queues hold
    Status(StatusArgs),
    /// Show, redrive or discard what could not be handled
    DeadLetters(Box<DeadLettersArgs>),
    /// Bring the read models back from the event stores: safe to repeat, and while everything runs
    Rebuild(RebuildArgs),
    /// Print a new key for signing access tokens (for JWT_SIGNING_KEY_FILE)
    Keygen,
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Roles, separated by commas, or `all`
    #[arg(required = true, value_delimiter = ',', value_name = "ROLE", value_parser = Choice::parser())]
    pub(crate) roles: Vec<Choice>,
    #[command(flatten)]
    pub(crate) shared: SettingsArgs,
    #[command(flatten)]
    pub(crate) own: RoleSettings,
}

#[cfg(feature = "dev")]
#[derive(Args, Clone)]
pub(crate) struct DevArgs {
    /// Where everything is served
    #[arg(long, env = "HTTP_PORT", default_value_t = 8080)]
    pub(crate) http_port: u16,
    /// Where /livez, /readyz and /metrics are served
    #[arg(long, env = "HEALTH_PORT", default_value_t = 9090)]
    pub(crate) health_port: u16,
    /// The local AWS
    #[arg(long, env = "AWS_PORT", default_value_t = 4566)]
    pub(crate) aws_port: u16,
    /// PostgreSQL; 0 takes a free one
    #[arg(long, env = "POSTGRES_PORT", default_value_t = 0)]
    pub(crate) postgres_port: u16,
    /// Where mail is accepted
    #[arg(long, env = "SMTP_PORT", default_value_t = 1025)]
    pub(crate) smtp_port: u16,
    /// Where mail is read
    #[arg(long, env = "INBOX_PORT", default_value_t = 8025)]
    pub(crate) inbox_port: u16,
    /// The administrator's address
    #[arg(long, env = "ADMIN_EMAIL", default_value = DEVELOPERS_ADMIN)]
    pub(crate) admin_email: String,
    /// The administrator's password; `serve` refuses the default, which everybody knows
    #[arg(long, env = "ADMIN_PASSWORD", default_value = DEVELOPERS_PASSWORD, hide_env_values = true)]
    pub(crate) admin_password: String,
    /// What is logged beside the progress
    #[arg(long, env = "LOG", default_value = "warn")]
    pub(crate) log: String,
    /// How commits get into the stream
    #[arg(long, env = "PUBLISH", default_value = "outbox")]
    pub(crate) publish: PublishChoice,
    /// Currency of all prices (ISO 4217)
    #[arg(long, env = "CURRENCY", default_value = "JPY")]
    pub(crate) currency: String,
    /// OTLP/gRPC collector for traces
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otel_exporter_otlp_endpoint: Option<String>,
    /// Start with nothing on sale
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Print no line per order, mail and dead letter
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Only the local AWS, PostgreSQL and the inbox; run roles yourself
    #[arg(long)]
    pub(crate) infra_only: bool,
}

/// How commits get into the stream, where that makes a difference to a tool or to the street.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishChoice {
    /// A publisher puts them there
    Outbox,
    /// DynamoDB's change capture does
    Cdc,
}

#[cfg(feature = "dev")]
impl PublishChoice {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Cdc => "cdc",
        }
    }
}

/// Which AWS a tool talks to.
#[derive(Args, Clone)]
pub(crate) struct AwsArgs {
    /// Endpoint of a local AWS; unset: AWS itself
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) aws_endpoint_url: Option<String>,
    /// The local AWS of `shotengai dev`, on its usual port, unless an endpoint is given
    #[arg(long)]
    pub(crate) local: bool,
    /// AWS region
    #[arg(long, env = "AWS_REGION", default_value = "ap-northeast-1", value_name = "REGION")]
    pub(crate) aws_region: String,
    /// Kinesis stream the events go through
    #[arg(long, env = "KINESIS_STREAM_NAME", default_value = STREAM, value_name = "NAME")]
    pub(crate) kinesis_stream_name: String,
    /// Put before every resource's name
    #[arg(long, env = "RESOURCE_PREFIX", default_value = "", value_name = "PREFIX")]
    pub(crate) resource_prefix: String,
}

#[derive(Args)]
pub(crate) struct ProvisionArgs {
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    /// Shards of a stream that is not there yet
    #[arg(long, env = "KINESIS_SHARDS", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) kinesis_shards: u16,
    /// How commits get into the stream; cdc has every event table stream itself
    #[arg(long, env = "PUBLISH", default_value = "outbox")]
    pub(crate) publish: PublishChoice,
    /// End change capture; only once no process runs with PUBLISH=cdc any more
    #[arg(long, conflicts_with_all = ["check", "destroy"])]
    pub(crate) stop_capture: bool,
    /// Only list the resources; exit 1 when one is missing
    #[arg(long, conflicts_with = "destroy")]
    pub(crate) check: bool,
    /// Delete every resource and all that it holds
    #[arg(long, requires = "yes")]
    pub(crate) destroy: bool,
    /// Yes, delete
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct SeedArgs {
    /// The running street
    #[arg(long, env = "SHOTENGAI_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// The administrator's address
    #[arg(long, env = "ADMIN_EMAIL", default_value = DEVELOPERS_ADMIN)]
    pub(crate) admin_email: String,
    /// The administrator's password; the default is that of `shotengai dev`, and good on this machine only
    #[arg(long, env = "ADMIN_PASSWORD", default_value = DEVELOPERS_PASSWORD, hide_env_values = true)]
    pub(crate) admin_password: String,
    /// The street's currency (ISO 4217), in which prices are named
    #[arg(long, env = "CURRENCY", default_value = "JPY", value_name = "CODE")]
    pub(crate) currency: String,
}

#[derive(Args)]
pub(crate) struct SmokeArgs {
    /// The street, by its one door
    #[arg(long, env = "SHOTENGAI_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// What to buy; default: the first product that is in stock
    #[arg(long, value_name = "PRODUCT_ID")]
    pub(crate) product: Option<String>,
    /// How long it may take in all, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) within_seconds: u64,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    /// Of what
    pub(crate) of: StatusOf,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    /// Where the leases are: table (DynamoDB) or kubernetes (Lease objects)
    #[arg(long, env = "LEASES", default_value = "table", value_name = "table|kubernetes")]
    #[arg(value_parser = LeaseStore::parse)]
    pub(crate) leases: LeaseStore,
    /// Namespace of those Lease objects; default: the pod's, the service account's or the kubeconfig's
    #[arg(long, env = "LEASE_NAMESPACE", value_name = "NAME")]
    pub(crate) lease_namespace: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StatusOf {
    /// Tables, commits and markers
    Dynamodb,
    /// Shards, checkpoints and queues
    Kinesis,
}

#[derive(Args)]
pub(crate) struct RebuildArgs {
    /// What to bring back
    pub(crate) what: RebuildWhat,
    /// Only rows of these kinds; default: all
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    pub(crate) only: Vec<Kind>,
    /// Only look, write nothing; exit 1 when a row differs from its events. Rows that are a moment behind differ, too
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) check: bool,
    /// PostgreSQL of the read models, as for `serve query`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<SecretString>,
    /// A file with the certificates (PEM) to trust for PostgreSQL, instead of the system's
    #[arg(long, env = "DATABASE_CA_FILE", value_name = "FILE")]
    pub(crate) database_ca_file: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RebuildWhat {
    /// The rows of products, stock and orders in PostgreSQL
    ReadModels,
}
