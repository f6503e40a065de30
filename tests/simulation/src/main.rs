//! `shotengai-simulate`: many seeds, or one with its history.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use shotengai_simulation::bugs::Bug;
use shotengai_simulation::ending::{Ending, Endings};
use shotengai_simulation::mishap::{Mishap, Mishaps, add};
use shotengai_simulation::scaling::{self, Throughput};
use shotengai_simulation::{Options, Outcome, run};
use tokio::time::Instant;

/// How much more eight shards carry than one, at the least.
const EIGHT_ARE: f64 = 7.2;

/// Simulates the street. Exits with 1 when a seed finds something that must never be.
#[derive(Parser, Debug)]
#[command(name = "shotengai-simulate")]
struct Args {
    /// Run this seed alone, and print its plan and its history.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// How many seeds to run.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; each runs seeds of its own.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Plant a bug, to see it found.
    #[arg(long)]
    bug: Option<Bug>,
    /// Go on after a seed has failed.
    #[arg(long)]
    keep_going: bool,
    /// Print, as a Markdown table, how the way from stream to topic grows with shards; exits with 1 where eight are not 7.2 times one.
    #[arg(long, conflicts_with_all = ["seed", "bug"])]
    scaling: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.scaling {
        return scaling();
    }
    match args.seed {
        Some(seed) => one(seed, args.bug),
        None => many(&args),
    }
}

fn one(seed: u64, bug: Option<Bug>) -> ExitCode {
    match run(seed, Options { bug, recording: true }) {
        Ok(outcome) => {
            println!("{}", outcome.plan);
            println!("{}", outcome.history);
            report(&outcome);
            if outcome.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => refused(&error),
    }
}

fn scaling() -> ExitCode {
    match scaling::measure(&[1, 2, 4, 8]) {
        Ok(all) => {
            print!("{}", scaling::table(&all));
            let grows =
                |first: &Throughput, last: &Throughput| last.events_per_second >= first.events_per_second * EIGHT_ARE;
            let enough = all.first().zip(all.last()).is_some_and(|(first, last)| grows(first, last));
            if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &std::io::Error) -> ExitCode {
    eprintln!("no runtime: {error}");
    ExitCode::from(2)
}

fn report(outcome: &Outcome) {
    let (calls, lasted) = (outcome.calls, outcome.lasted);
    println!("seed {}: {calls} calls in {lasted:?} of virtual time", outcome.plan.seed);
    print_counts(&outcome.mishaps, &outcome.endings);
    for violation in &outcome.violations {
        println!("  VIOLATION {violation}");
    }
}

fn print_counts(mishaps: &Mishaps, endings: &Endings) {
    for mishap in Mishap::ALL {
        println!("{mishap:<36} {:>10}", mishaps.get(&mishap).copied().unwrap_or_default());
    }
    for ending in Ending::ALL {
        println!("{ending:<36} {:>10}", endings.get(&ending).copied().unwrap_or_default());
    }
}

fn many(args: &Args) -> ExitCode {
    let began = Instant::now();
    let next = AtomicU64::new(args.from);
    let end = args.from.saturating_add(args.seeds);
    let failed = Mutex::new(Vec::new());
    let counts = Mutex::new((Mishaps::new(), Endings::new()));
    let (done, calls) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..args.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    match run(seed, Options { bug: args.bug, recording: false }) {
                        Ok(outcome) => {
                            calls.fetch_add(outcome.calls, Ordering::Relaxed);
                            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                            add(&mut counts.0, &outcome.mishaps);
                            add(&mut counts.1, &outcome.endings);
                            drop(counts);
                            if !outcome.violations.is_empty() {
                                report(&outcome);
                                failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
                                if !args.keep_going {
                                    next.store(end, Ordering::Relaxed);
                                }
                            }
                        }
                        Err(error) => eprintln!("seed {seed}: no runtime: {error}"),
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(1000) {
                        eprintln!("{done} seeds, {:.1} a second", rate(done, began.elapsed()));
                    }
                }
            });
        }
    });
    let done = done.into_inner();
    let calls = calls.into_inner();
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let took = began.elapsed();
    let (mishaps, endings) = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    print_counts(&mishaps, &endings);
    println!("{done} seeds, {calls} calls, {:.1} seeds a second, {} failed {failed:?}", rate(done, took), failed.len());
    if let Some(seed) = failed.first() {
        println!("read it with: make simulate SEED={seed}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[expect(clippy::cast_precision_loss, reason = "for the eye")]
fn rate(seeds: u64, took: Duration) -> f64 {
    seeds as f64 / took.as_secs_f64().max(0.001)
}
