//! The street in one thread: the real consumers, handlers, publishers and bridges over in-memory adapters.
//!
//! Time is virtual, chance is seeded, and one thread runs one task at a time, so a seed is a history: the same each time.
//! Processes die at any call, freeze, and meet clocks that are off; calls are refused, throttled, answered in part, or
//! done without an answer; dependencies go away, services lose permissions, a relay refuses mails, shards split and merge,
//! messages come twice and in any order. Then faults end, the world settles, and [`invariants`] looks at what is left.
//!
//! What this is not: the AWS adapters and HTTP are not in it (end-to-end tests are for those), and a crash falls on calls,
//! not between two lines of code without one: within one thread nothing outside can tell the difference.

pub mod absence;
mod acknowledged;
pub mod bugs;
pub mod capacity;
pub mod capture;
pub mod cart_ledger;
pub mod copies;
pub mod customers;
pub mod delivery_audit;
pub mod denial;
pub mod ending;
pub mod fault_log;
pub mod hold_ups;
pub mod invariants;
pub mod mishap;
pub mod network;
mod operator;
pub mod outside;
pub mod plan;
pub mod ports;
mod prehistory;
pub mod process;
pub mod receipts;
pub mod release;
pub mod request_ledger;
mod rival;
mod robber;
pub mod roles;
pub mod saves;
pub mod scaling;
mod settled;
pub mod simulate;
pub mod transactions;
mod uses;
pub mod ways;
pub mod world;

use std::time::Duration;

use bugs::Bug;
use ending::Endings;
use mishap::Mishaps;
use plan::Plan;

/// How a seed is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// A bug to plant.
    pub bug: Option<Bug>,
    /// Whether to keep a history to read.
    pub recording: bool,
}

/// What came of a seed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What the seed decided beforehand.
    pub plan: Plan,
    /// What must never be, and was. Empty when all is well.
    pub violations: Vec<String>,
    /// Two runs of a seed have the same.
    pub fingerprint: u64,
    /// Calls over all lines.
    pub calls: u64,
    /// What went wrong, and how often.
    pub mishaps: Mishaps,
    /// What came of orders, and how often.
    pub endings: Endings,
    /// Virtual time until everything had settled.
    pub lasted: Duration,
    /// What happened, if it was recorded.
    pub history: String,
}

/// Runs one seed to its end.
///
/// # Errors
/// When the operating system gives no runtime.
pub fn run(seed: u64, options: Options) -> std::io::Result<Outcome> {
    run_plan(simulate::plan_of(seed), options)
}

/// Runs a plan to its end: one that a seed drew, or one that was made by hand from it.
///
/// # Errors
/// When the operating system gives no runtime.
pub fn run_plan(plan: Plan, options: Options) -> std::io::Result<Outcome> {
    // Time is all that it drives: no sockets, no files, one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(simulate::simulate(plan, options)))
}
