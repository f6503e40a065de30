//! What can be asked for about the sets of read models.

use clap::{Args, Subcommand};
use shotengai_runtime::settings::DatabaseArgs;

use crate::cli::Output;
use crate::help;
use crate::target::Target;

#[derive(Args)]
pub(crate) struct ProjectionsArgs {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Subcommand)]
pub(crate) enum What {
    #[command(after_help = help::PROJECTIONS_REBUILD)]
    /// Build a second set of tables from the events, beside the one that is read; goes on where it was broken off
    Rebuild(RebuildSetArgs),
    #[command(after_help = help::PROJECTIONS_STATUS)]
    /// Show the sets: which is live and since when, how far another is built, how far behind, how large
    Status(LookArgs),
    #[command(after_help = help::PROJECTIONS_DIFF)]
    /// Compare the two sets row for row; exit code 1 when they differ
    Diff(LookArgs),
    #[command(after_help = help::PROJECTIONS_SWITCH)]
    /// Make the set that was built the live one, at once, and keep the other
    Switch(ExchangeArgs),
    #[command(after_help = help::PROJECTIONS_ROLLBACK)]
    /// Make the set that was kept the live one again
    Rollback(ExchangeArgs),
    #[command(after_help = help::PROJECTIONS_DROP)]
    /// Drop the set that is not live
    Drop(DropArgs),
}

/// Where the rows and the events are.
#[derive(Args)]
pub(crate) struct Where {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct RebuildSetArgs {
    /// From the beginning, also when a set is built already or half-way
    #[arg(long)]
    pub(crate) anew: bool,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct LookArgs {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    /// The same as --output json
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct ExchangeArgs {
    /// Also when rows differ, or can't be folded
    #[arg(long)]
    pub(crate) accept_differences: bool,
    /// How long a moment is waited for in which no read is in the way, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) within_seconds: u64,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct DropArgs {
    /// Yes, drop
    #[arg(long, required = true)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) place: Where,
}
