//! `shotengai rebuild`: the read models, brought back from the event stores.
//!
//! Exit codes: 1 when an aggregate was left alone or, with `--check`, a row differs; 2 when it could not be done.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use comfy_table::{Table, presets};
use shotengai_kernel::{AggregateId, Ports};
use shotengai_query::migrations::{Migrations, missing_tables};
use shotengai_query::rebuild::{Kind, Rebuild, RebuildReport, Sources, Watch, upkeep};
use tokio::time::Instant;

use crate::cli::{RebuildArgs, RebuildWhat};
use crate::dead_letters::complain;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(3);

pub(crate) async fn run(args: RebuildArgs) -> anyhow::Result<ExitCode> {
    let RebuildWhat::ReadModels = args.what;
    let (database, aws) = args.target.connect_with(args.database).await?;
    let ports = Ports::system();
    if args.check {
        let missing = missing_tables(&database).await?;
        if !missing.is_empty() {
            say!("the read models have no tables {}", missing.join(", "));
            return Ok(ExitCode::FAILURE);
        }
    } else {
        Migrations::new(database.clone(), ports.clone()).run().await?;
    }
    let mut rebuild = Rebuild::new(Arc::new(database.clone()), Sources::of(&aws), ports);
    if args.check {
        rebuild = rebuild.only_looking();
    }
    let chosen: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| args.only.is_empty() || args.only.contains(kind)).collect();
    let mut reports = Vec::new();
    let mut ended = Ok(());
    for kind in chosen {
        let mut report = RebuildReport::default();
        ended = rebuild.run(kind, &mut report, &Progress::of(kind)).await;
        reports.push((kind, report));
        if ended.is_err() {
            break;
        }
    }
    say!("{}\n{}", table(&reports), outcome(&reports, args.check));
    // What was done until then stays done, so it is told first.
    ended?;
    if !args.check && reports.len() == Kind::ALL.len() {
        upkeep::complete(&database).await?;
    }
    let is_bad = |report: &RebuildReport| report.failed > 0 || (args.check && report.wrong() > 0);
    Ok(if reports.iter().any(|(_, report)| is_bad(report)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(reports: &[(Kind, RebuildReport)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let head = ["rows of", "aggregates", "right", "missing", "older", "different", "newer: left", "failed: left"];
    table.set_header(head.to_vec());
    for (kind, report) in reports {
        let RebuildReport { aggregates, right, missing, older, different, newer, failed } = report;
        let counts = [aggregates, right, missing, older, different, newer, failed].map(ToString::to_string);
        table.add_row(std::iter::once(kind.as_str().to_owned()).chain(counts));
    }
    table
}

fn outcome(reports: &[(Kind, RebuildReport)], check: bool) -> String {
    let sum = |count: fn(&RebuildReport) -> usize| reports.iter().map(|(_, report)| count(report)).sum::<usize>();
    let (written, repaired) = (sum(|report| report.missing + report.older), sum(|report| report.different));
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
    fn progress(&self, report: &RebuildReport) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELL_EVERY {
            *told = Instant::now();
            let (kind, wrong) = (self.kind.as_str(), report.wrong());
            let RebuildReport { aggregates, right, failed, .. } = report;
            complain(&format!("{kind}: {aggregates} aggregates read, {right} right, {wrong} not, {failed} failed"));
        }
    }

    fn failed(&self, id: &AggregateId, why: &str) {
        complain(&format!("{id} is left alone: {why}"));
    }
}
