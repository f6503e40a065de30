//! What can be asked for on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use shotengai_archiver::ArchiveArgs;
use shotengai_bridge::StreamReadArgs;
use shotengai_catalog::ImagesArgs;
use shotengai_contracts::Owner;
#[cfg(feature = "dev")]
use shotengai_gateway::Hosts;
use shotengai_gateway::cors::Origins;
use shotengai_kernel::Timestamp;
use shotengai_query::rebuild::Kind;
use shotengai_runtime::settings::{DatabaseArgs, LeaseArgs, PublishArgs, SharedArgs};
use shotengai_storefront::DEVELOPERS_PASSWORD;

use crate::added::AddedArgs;
use crate::archive::ArchiveCommand;
use crate::dead_letters::DeadLettersArgs;
use crate::help;
use crate::order::OrderArgs;
use crate::prices::PricesArgs;
use crate::projections::ProjectionsArgs;
use crate::republish::{moment, owner};
use crate::roles::{Choice, RoleArgs};
use crate::stream::StreamArgs;
use crate::target::Target;

/// Who administers a developer's street.
pub(crate) const DEVELOPERS_ADMIN: &str = "admin@example.com";

/// 商店街: an order platform of event-driven services.
#[derive(Parser)]
#[command(name = "shotengai", version, about, max_term_width = 120, after_help = help::TOP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    #[command(after_help = help::SERVE)]
    /// Run roles in this process: `serve order`, `serve order,inventory`, `serve all`
    Serve(Box<ServeArgs>),
    #[cfg(feature = "dev")]
    #[command(after_help = help::DEV)]
    /// Run the whole street on this machine: local AWS, PostgreSQL, inbox, all roles
    Dev(Box<DevArgs>),
    #[command(after_help = help::PROVISION)]
    /// Create the AWS resources, or bring them up to date; safe to repeat
    Provision(ProvisionArgs),
    #[command(after_help = help::SEED)]
    /// Put the rival sweets and a few more products on sale in a running street
    Seed(SeedArgs),
    #[command(after_help = help::SMOKE)]
    /// Buy one thing as a guest and wait until it is paid: is this street open?
    Smoke(SmokeArgs),
    #[command(after_help = help::STATUS)]
    /// Show whether an installation is well, and what its tables, stream and queues hold
    Status(StatusArgs),
    #[command(after_help = help::DEAD_LETTERS)]
    /// Show, redrive or discard what could not be handled
    DeadLetters(Box<DeadLettersArgs>),
    /// Put prices into the price stream
    Prices(PricesArgs),
    #[command(after_help = help::REBUILD)]
    /// Bring the read models back from the event stores: safe to repeat, and while everything runs
    Rebuild(RebuildArgs),
    /// Build a second set of read models beside the live one, compare, switch, roll back
    Projections(Box<ProjectionsArgs>),
    #[command(after_help = help::REPUBLISH)]
    /// Bring the events of some time into the stream once more: safe to repeat, and while everything runs
    Republish(RepublishArgs),
    #[command(after_help = help::ARCHIVE)]
    /// Hold the archive of all events against the event stores, or bring those back from it
    Archive(Box<ArchiveCommand>),
    /// See whether a stream has the shards that it needs, and give it others
    Stream(Box<StreamArgs>),
    /// Look at one order
    Order(OrderArgs),
    /// Print a new key for signing access tokens (for JWT_SIGNING_KEY_FILE)
    Keygen,
    #[command(after_help = help::DESCRIBE)]
    /// Print what this program is made of: services, queues, tables, and every setting with its values and default
    Describe(DescribeArgs),
    #[command(after_help = help::COMPLETIONS)]
    /// Print what makes a shell complete this program's commands and options
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Args)]
pub(crate) struct DescribeArgs {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

/// How an answer looks: a table for people, one JSON document for programs.
// Values with texts of their own would put a blank line between all options of the help.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Roles, separated by commas, or `all`
    #[arg(required = true, value_delimiter = ',', value_name = "ROLE", value_parser = Choice::parser())]
    pub(crate) roles: Vec<Choice>,
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
    #[command(flatten)]
    pub(crate) own: RoleArgs,
    #[command(flatten)]
    pub(crate) added: AddedArgs,
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
    #[arg(long, env = "PUBLISH", default_value = "outbox", value_name = "outbox|cdc")]
    pub(crate) publish: String,
    /// Currency of all prices (ISO 4217)
    #[arg(long, env = "CURRENCY", default_value = "JPY")]
    pub(crate) currency: String,
    /// Sites whose scripts may use the shop: origins with commas between, or *
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", default_value = "", value_name = "ORIGINS")]
    pub(crate) cors_allowed_origins: String,
    /// Names of this machine, beside localhost and addresses, that browsers may use
    #[arg(long, env = "ALLOWED_HOSTS", default_value = "", value_name = "NAMES", value_parser = Hosts::of_this_machine)]
    pub(crate) allowed_hosts: Hosts,
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
    /// Open the shop in the browser when the street is open
    #[arg(long, conflicts_with = "infra_only")]
    pub(crate) open: bool,
}

#[derive(Args)]
pub(crate) struct ProvisionArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Shards of a stream that is not there yet: one takes 1,000 events or 1 MB a second and costs by the hour; more can be had later
    #[arg(long, env = "KINESIS_SHARDS", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) kinesis_shards: u16,
    /// Sites whose scripts may send images to the bucket and fetch them, by signed requests: origins with commas between, or *
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", default_value = "", value_name = "ORIGINS", value_parser = Origins::parse)]
    pub(crate) cors_allowed_origins: Origins,
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    #[command(flatten)]
    pub(crate) archive: ArchiveArgs,
    #[command(flatten)]
    pub(crate) publish: PublishArgs,
    #[command(flatten)]
    pub(crate) stream_read: StreamReadArgs,
    #[command(flatten)]
    pub(crate) emit: EmitArgs,
    /// End change capture; only once no process runs with PUBLISH=cdc any more
    #[arg(long, conflicts_with_all = ["check", "destroy"])]
    pub(crate) stop_capture: bool,
    /// Only list the resources; exit 1 when one is missing, or a subscription drops what this release waits for
    #[arg(long, conflicts_with = "destroy")]
    pub(crate) check: bool,
    /// Delete every resource and all that it holds
    #[arg(long, requires = "yes")]
    pub(crate) destroy: bool,
    /// Yes, delete
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Documents instead of resources.
#[derive(Args)]
pub(crate) struct EmitArgs {
    /// Print everything as a document instead, and ask nobody: a template, a module, or values of the chart from outputs of either
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["check", "destroy", "stop_capture", "local"])]
    pub(crate) emit: Option<Emit>,
    /// How pods become IAM roles in a document
    #[arg(long, value_enum, default_value_t = TrustChoice::PodIdentity, requires = "emit", value_name = "HOW")]
    pub(crate) trust: TrustChoice,
    /// How tables are paid in a document
    #[arg(long, value_enum, default_value_t = TablesChoice::OnDemand, requires = "emit", value_name = "HOW")]
    pub(crate) tables: TablesChoice,
    /// Outputs to make values of, `-` for standard input: what `aws cloudformation describe-stacks` or `terraform output -json` prints
    #[arg(long, requires = "emit", value_name = "FILE")]
    pub(crate) outputs: Option<std::path::PathBuf>,
}

/// A document.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    Cloudformation,
    Terraform,
    Values,
}

/// How pods become IAM roles.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrustChoice {
    PodIdentity,
    Irsa,
}

/// How tables are paid.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TablesChoice {
    OnDemand,
    Provisioned,
}

#[derive(Args)]
pub(crate) struct SeedArgs {
    /// The running street; default: http://127.0.0.1:8080
    #[arg(long, env = "SHOTENGAI_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The street that is open in this folder (`make run`), unless --url names another
    #[arg(long)]
    pub(crate) local: bool,
    /// The administrator's address
    #[arg(long, env = "ADMIN_EMAIL", default_value = DEVELOPERS_ADMIN)]
    pub(crate) admin_email: String,
    /// The administrator's password; the default is that of `shotengai dev`, and good on this machine only
    #[arg(long, env = "ADMIN_PASSWORD", default_value = DEVELOPERS_PASSWORD, hide_env_values = true)]
    pub(crate) admin_password: String,
    /// The street's currency (ISO 4217), in which prices are named
    #[arg(long, env = "CURRENCY", default_value = "JPY", value_name = "CODE")]
    pub(crate) currency: String,
    /// How long it may take in all, in seconds; a street that does not answer yet is tried again meanwhile
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) within_seconds: u64,
}

#[derive(Args)]
pub(crate) struct SmokeArgs {
    /// The street, by its one door; default: http://127.0.0.1:8080
    #[arg(long, env = "SHOTENGAI_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The street that is open in this folder (`make run`), unless --url names another
    #[arg(long)]
    pub(crate) local: bool,
    /// What to buy; default: the first product that is in stock
    #[arg(long, value_name = "PRODUCT_ID")]
    pub(crate) product: Option<String>,
    /// How long it may take in all, in seconds; a street that does not answer yet is tried again meanwhile
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) within_seconds: u64,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    /// Of what: dynamodb (commits, markers) or kinesis (shards, checkpoints, queues); default: all of it at a glance
    pub(crate) of: Option<StatusOf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    /// Where processes serve their health, to ask whether services are up; default with --local: the street's
    #[arg(long, value_delimiter = ',', value_name = "URL")]
    pub(crate) health_url: Vec<String>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) leases: LeaseArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StatusOf {
    Dynamodb,
    Kinesis,
}

#[derive(Args)]
pub(crate) struct RebuildArgs {
    /// What to bring back: the rows of products, stock and orders in PostgreSQL
    pub(crate) what: RebuildWhat,
    /// Only rows of these kinds; default: all
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    pub(crate) only: Vec<Kind>,
    /// Only look, write nothing; exit 1 when a row differs from its events. Rows that are a moment behind differ, too
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct RepublishArgs {
    /// Events that were decided then or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Timestamp,
    /// Events that were decided before (RFC 3339); default: now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
    /// Only events of these services (catalog, order, inventory, billing); default: all
    #[arg(long, value_delimiter = ',', value_name = "SERVICE", value_parser = owner)]
    pub(crate) owner: Vec<Owner>,
    /// Only count them, publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many events a second; a shard of the stream takes 1,000, and others publish, too
    #[arg(long, default_value_t = 400, value_name = "1..100000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) per_second: u32,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RebuildWhat {
    ReadModels,
}
