//! `shotengai order`: how long each step of an order took, from the stores of all services; and what it cost, from the memory of
//! their processes.

mod receipt;
mod waterfall;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use shotengai_kernel::OrderId;
use shotengai_query::journey::{Journeys, journey};

use crate::cli::Output;
use crate::help;
use crate::target::Target;

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
