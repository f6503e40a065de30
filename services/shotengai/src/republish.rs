//! `shotengai republish`: events of some time, brought into the stream once more.
//!
//! Exit codes: 1 when the stream did not take all of them; 2 when it could not be done.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use comfy_table::{Table, presets};
use shotengai_contracts::Owner;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::outbox::{Republish, Republished};
use shotengai_messaging::{OutboxConfig, Publisher};
use tokio::time::Instant;

use crate::cli::RepublishArgs;
use crate::dead_letters::complain;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// A moment as people write it, with its offset.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "a time is written as in RFC 3339, such as 2026-01-01T09:00:00+09:00".to_owned())
}

/// One of the services that own events.
pub(crate) fn owner(text: &str) -> Result<Owner, String> {
    let known = || Owner::ALL.map(Owner::as_str).join(", ");
    Owner::ALL.into_iter().find(|owner| owner.as_str() == text).ok_or_else(|| format!("owners of events: {}", known()))
}

pub(crate) async fn run(args: RepublishArgs) -> anyhow::Result<ExitCode> {
    let ports = Ports::system();
    let between = args.from..args.to.unwrap_or_else(|| ports.clock.now());
    ensure!(!between.is_empty(), "--from {} is not before --to {}", between.start, between.end);
    let aws = args.target.connect().await?;
    let mut reports = Vec::new();
    let mut ended = Ok(());
    for owner in Owner::ALL.into_iter().filter(|owner| args.owner.is_empty() || args.owner.contains(owner)) {
        let publisher = Publisher::republisher(&aws, owner, OutboxConfig::default(), ports.clone());
        let told = Mutex::new(Instant::now());
        let what = Republish {
            between: between.clone(),
            dry_run: args.dry_run,
            per_second: args.per_second,
            wanted: &|_| true,
            progress: &|report| tell(owner, report, &told),
        };
        let mut report = Republished::default();
        ended =
            publisher.republish(&what, &mut report).await.with_context(|| format!("the events of {}", owner.as_str()));
        reports.push((owner, report));
        if ended.is_err() {
            break;
        }
    }
    say!("{}\n{}", table(&reports), outcome(&reports, args.dry_run));
    // What was done until then stays done, so it is told first.
    ended?;
    let refused = reports.iter().any(|(_, report)| report.refused > 0);
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(owner: Owner, report: &Republished, told: &Mutex<Instant>) {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    if told.elapsed() >= TELL_EVERY {
        *told = Instant::now();
        let Republished { commits, events, refused, .. } = report;
        complain(&format!(
            "{}: {commits} commits read, {events} events published, {refused} commits refused",
            owner.as_str()
        ));
    }
}

fn table(reports: &[(Owner, Republished)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["owner", "commits", "events", "refused commits"].to_vec());
    for (owner, Republished { commits, events, refused, .. }) in reports {
        let counts = [commits, events, refused].map(ToString::to_string);
        table.add_row(std::iter::once(owner.as_str().to_owned()).chain(counts));
    }
    table
}

fn outcome(reports: &[(Owner, Republished)], dry_run: bool) -> String {
    let sum = |count: fn(&Republished) -> usize| reports.iter().map(|(_, report)| count(report)).sum::<usize>();
    let (events, refused) = (sum(|report| report.events), sum(|report| report.refused));
    if dry_run {
        format!("{events} events would be published; nothing was")
    } else if refused > 0 {
        format!("{events} events published; {refused} commits were refused by the stream: repeat the command")
    } else {
        format!("{events} events published")
    }
}
