//! `shotengai order`: how long each step of an order took, from the stores of all services; what it cost, from the memory of
//! their processes; and why it does not go on, by the role `ops`.

mod explain;
mod receipt;
mod waterfall;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use shotengai_client::Client;
use shotengai_kernel::OrderId;
use shotengai_query::journey::{Journeys, journey};
use shotengai_storefront::DEVELOPERS_PASSWORD;

use crate::cli::{DEVELOPERS_ADMIN, Output};
use crate::patience::Patience;
use crate::target::Target;
use crate::{desk, help, street};

/// How long a street that does not answer is tried.
const WITHIN: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct OrderArgs {
    #[command(subcommand)]
    command: OrderCommand,
}

#[derive(Subcommand)]
enum OrderCommand {
    #[command(after_help = help::JOURNEY)]
    /// Show how long each step of an order took, waiting and working, in all services
    Journey(Box<JourneyArgs>),
    #[command(after_help = help::RECEIPT)]
    /// Show what an order cost: requests to AWS, dollars, commits, messages, work
    Receipt(Box<receipt::ReceiptArgs>),
    #[command(after_help = help::EXPLAIN)]
    /// Say why an order is where it is: what is awaited, of whom, what is in the way, and what to do
    Explain(Box<explain::ExplainArgs>),
}

/// The running street, and who asks it.
#[derive(Args)]
struct Asked {
    /// The running street; default: http://127.0.0.1:8080
    #[arg(long, env = "SHOTENGAI_URL", value_name = "URL")]
    url: Option<String>,
    /// The street that is open in this folder (`make run`), unless --url names another
    #[arg(long)]
    local: bool,
    /// The administrator's address
    #[arg(long, env = "ADMIN_EMAIL", default_value = DEVELOPERS_ADMIN)]
    admin_email: String,
    /// The administrator's password; the default is that of `shotengai dev`, and good on this machine only
    #[arg(long, env = "ADMIN_PASSWORD", default_value = DEVELOPERS_PASSWORD, hide_env_values = true)]
    admin_password: String,
}

impl Asked {
    /// The desk of its administrator.
    async fn desk(self) -> anyhow::Result<Client> {
        let url = street::shop(self.url, self.local)?;
        Ok(desk::sign_in(&url, &self.admin_email, &self.admin_password, &Patience::of(WITHIN)).await?.desk)
    }
}

#[derive(Args)]
struct JourneyArgs {
    /// Which order
    #[arg(value_name = "ORDER")]
    order: OrderId,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: OrderArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        OrderCommand::Journey(args) => show_journey(*args).await,
        OrderCommand::Receipt(args) => receipt::run(*args).await,
        OrderCommand::Explain(args) => explain::run(*args).await,
    }
}

async fn show_journey(args: JourneyArgs) -> anyhow::Result<ExitCode> {
    let JourneyArgs { order, output, target } = args;
    let aws = target.connect().await?;
    let found = Journeys::new(&aws).history(&order, |_| true).await?;
    let history = found.with_context(|| format!("there is no order {order}"))?;
    let journey = journey(order, &history.items);
    match output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&journey)?),
        Output::Table => say!("{}", waterfall::draw(&journey)),
    }
    Ok(ExitCode::SUCCESS)
}
