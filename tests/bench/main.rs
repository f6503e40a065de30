//! What the street costs and how fast it is: `make bench`, in Markdown and JSON.
//!
//! - [`args`]: what is asked for. [`shape`]: the streets. [`street`]: one with something on sale, and its customers.
//! - [`measure`]: a street from start to end. [`requests`]: processes' own counters, read twice and subtracted.
//! - [`streamed`]: what went through the stream. [`price`]: dollars.
//! - [`one_message`]: what a street without batches is. [`products`], [`inventory`]: one product beside a thousand.
//! - [`top_rate`], [`replay`]: the local AWS alone. [`steps`], [`reading`], [`made_up`]: steps alone. [`shards`]: in simulated time.
//! - [`costs`]: months and quotas at other rates, on paper, from counts that are kept.
//! - [`results`]: everything measured, and the JSON. [`aims`]: what is aimed at. [`report`], [`report_streets`]: the tables.
//!
//! The binary measured is `SHOTENGAI_BIN`. It shares the machine with the local AWS, PostgreSQL and this program, so the
//! speeds are the machine's as much as ours; compare them only within one run.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a step that failed ends the measurement")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the tables, and what is being measured meanwhile")]

mod aims;
mod args;
mod costs;
mod inventory;
mod made_up;
mod measure;
mod one_message;
mod price;
mod products;
mod reading;
mod replay;
mod report;
mod report_streets;
mod requests;
mod results;
mod shape;
mod shards;
mod steps;
mod streamed;
mod street;
mod top_rate;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use futures::FutureExt;
use shotengai_query::prices::Prices;
use shotengai_tests::crowd;
use shotengai_tests::order_costs::{self, gate::Most};
use shotengai_tests::test_cluster::binary;

use crate::args::{Args, Part, StreetKey};
use crate::results::{Machine, Results};
use crate::shape::Shape;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let args = Args::read();
    let prices = price::of_region(&args.region);
    let (prices, from) = match (args.fault(), prices) {
        (None, Ok(prices)) => prices,
        (Some(fault), _) | (None, Err(fault)) => {
            eprintln!("error: {fault}");
            return ExitCode::from(2);
        }
    };
    if args.costs {
        print!("{}", costs::told(&prices, &from));
        return ExitCode::SUCCESS;
    }
    let mut results = Results::new(args.plan(), from);
    let mut failed = false;
    for part in args.parts() {
        // What was measured before is worth being told.
        let measured = Box::pin(measure(part, &args, &prices, &mut results));
        let measured = AssertUnwindSafe(measured).catch_unwind().await;
        if measured.is_err() {
            eprintln!("error: {part:?} could not be measured");
            failed = true;
        }
    }
    results.aims = aims::aims(&results);
    results.machine = Machine::seen(&binary());
    println!("{}", report::markdown(&results));
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&results).expect("results are JSON");
        if let Err(error) = std::fs::write(file, json + "\n") {
            eprintln!("error: {}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    }
    if let Some(file) = &args.counts {
        let kept = costs::Counts::of(&results).and_then(|counts| counts.write(file));
        if let Err(why) = kept {
            eprintln!("error: --counts {}: {why}", file.display());
            failed = true;
        }
    }
    for line in results.risen.iter().flatten() {
        eprintln!("error: {line} (tests/bench/gate.toml)");
        failed = true;
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn measure(part: Part, args: &Args, prices: &Prices, results: &mut Results) {
    let plan = results.plan;
    match part {
        Part::Streets => {
            for key in args.streets() {
                let shape = Shape::of(key, args.baseline.as_ref(), plan.shards);
                eprintln!("measuring: {}", shape.name);
                results.streets.push(Box::pin(measure::measure(&plan, &shape, prices)).await);
            }
        }
        Part::Aws => {
            for key in [StreetKey::Outbox, StreetKey::Cdc] {
                eprintln!("measuring: the local AWS alone, {key:?}");
                results.local_aws_alone.push(top_rate::measure(&plan, key).await);
            }
        }
        Part::Steps => {
            eprintln!("measuring: each step alone");
            results.steps = Some(steps::measure(plan.shards).await);
        }
        Part::Products => {
            eprintln!("measuring: one product and a thousand, through the street");
            results.products = Some(products::measure(&plan).await);
        }
        Part::Inventory => {
            eprintln!("measuring: one product and a thousand, inventory alone");
            results.inventory_alone = Some(inventory::measure().await);
        }
        Part::Shards => {
            eprintln!("measuring: shards, in simulated time");
            results.shards = shards::measure().await;
        }
        Part::Live => {
            eprintln!("measuring: a crowd before the live tally");
            let plan = if args.quick() { crowd::Plan::SMALL } else { crowd::Plan::FULL };
            results.live = Some(crowd::measure(&plan).await.into());
        }
        Part::Gate => {
            for publish in ["outbox", "cdc"] {
                eprintln!("counting: orders on the wire, {publish}");
                let most = Most::of(publish);
                let counted = order_costs::measure(publish).await;
                results.risen.get_or_insert_default().extend(most.risen(&counted));
                results.on_the_wire.push(counted.markdown());
            }
        }
    }
}
