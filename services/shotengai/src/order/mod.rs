//! `shotengai order journey`: how long each step of an order took, from the stores of all services.

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
    let OrderCommand::Journey(args) = args.command;
    let JourneyArgs { order, output, target } = *args;
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
