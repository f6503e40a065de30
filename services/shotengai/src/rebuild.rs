//! `shotengai rebuild`: the read models, brought back from the event stores.
//!
//! Exit codes: 1 when an aggregate was left alone or, with `--check`, a row differs; 2 when it could not be done.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use comfy_table::{Table, presets};
use shotengai_kernel::{AggregateId, Ports};
use shotengai_query::database::Database;
use shotengai_query::migrations::Migrations;
use shotengai_query::rebuild::{Kind, Rebuild, Tally, Watch};
use shotengai_query::store::tables_are_there;
use shotengai_runtime::{Faults, Publish, SettingsGroup};
use tokio::time::Instant;

use crate::cli::{RebuildArgs, RebuildWhat};
use crate::dead_letters::complain;
use crate::target::connect;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(3);

pub(crate) async fn run(args: RebuildArgs) -> anyhow::Result<ExitCode> {
    let RebuildWhat::ReadModels = args.what;
    let mut faults = Faults::default();
    let street = args.target.street()?;
    let known = street.as_ref().map(|street| street.database.clone().into());
    let database = args.database.or_url(known).check(&mut faults);
    let aws = args.target.check(street.as_ref(), &mut faults);
    let (database, aws) = faults.finish(database.zip(aws))?;
    let aws = connect(aws, Publish::Outbox).await?;
    let (database, ports) = (Database::new(shotengai_runtime::postgres_pool(&database)?), Ports::system());
    if args.check {
        if !tables_are_there(&database).await? {
            println!("the read models have no tables");
            return Ok(ExitCode::FAILURE);
        }
    } else {
        Migrations::new(database.clone(), ports.clone()).run().await?;
        ensure!(
            tables_are_there(&database).await?,
            "some of the tables read_products, read_stock and read_orders are missing, but refinery_schema_history says \
             that they were made: drop it and those that are left, then rebuild again"
        );
    }
    let mut rebuild = Rebuild::new(Arc::new(database), Arc::new(aws), ports);
    if args.check {
        rebuild = rebuild.only_looking();
    }
    let chosen: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| args.only.is_empty() || args.only.contains(kind)).collect();
    let mut tallies = Vec::new();
    let mut ended = Ok(());
    for kind in chosen {
        let mut tally = Tally::default();
        ended = rebuild.run(kind, &mut tally, &Progress::of(kind)).await;
        tallies.push((kind, tally));
        if ended.is_err() {
            break;
        }
    }
    println!("{}\n{}", table(&tallies), outcome(&tallies, args.check));
    // What was done until then stays done, so it is told first.
    ended?;
    let is_bad = |tally: &Tally| tally.failed > 0 || (args.check && tally.wrong() > 0);
    Ok(if tallies.iter().any(|(_, tally)| is_bad(tally)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(tallies: &[(Kind, Tally)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let head = ["rows of", "aggregates", "right", "missing", "older", "different", "newer: left", "failed: left"];
    table.set_header(head.to_vec());
    for (kind, tally) in tallies {
        let Tally { aggregates, right, missing, older, different, newer, failed } = tally;
        let counts = [aggregates, right, missing, older, different, newer, failed].map(ToString::to_string);
        table.add_row(std::iter::once(kind.as_str().to_owned()).chain(counts));
    }
    table
}

fn outcome(tallies: &[(Kind, Tally)], check: bool) -> String {
    let sum = |count: fn(&Tally) -> usize| tallies.iter().map(|(_, tally)| count(tally)).sum::<usize>();
    let (written, repaired) = (sum(|tally| tally.missing + tally.older), sum(|tally| tally.different));
    if check {
        format!("{} rows differ from their events; nothing was written", written + repaired)
    } else {
        format!("{written} rows written, {repaired} repaired")
    }
}

/// Tells how far it is, on standard error; short work is over before the first line.
struct Progress {
    kind: Kind,
    told: Mutex<Instant>,
}

impl Progress {
    fn of(kind: Kind) -> Self {
        Self { kind, told: Mutex::new(Instant::now()) }
    }
}

impl Watch for Progress {
    fn progress(&self, tally: &Tally) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELL_EVERY {
            *told = Instant::now();
            let (kind, wrong) = (self.kind.as_str(), tally.wrong());
            let Tally { aggregates, right, failed, .. } = tally;
            complain(&format!("{kind}: {aggregates} aggregates read, {right} right, {wrong} not, {failed} failed"));
        }
    }

    fn failed(&self, id: &AggregateId, why: &str) {
        complain(&format!("{id} is left alone: {why}"));
    }
}
