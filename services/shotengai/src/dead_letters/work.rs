//! `redrive` and `discard`.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::bail;
use shotengai_dead_letters::{DeadLetters, Failure, Report, Route, Watch, route};
use shotengai_kernel::Ports;
use tokio::time::Instant;

use super::args::{DiscardArgs, RedriveArgs, Selection};
use super::outcomes::Sent;
use super::text::{complain, groups};
use crate::roles;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// So many failures are named one by one.
const NAMED_FAILURES: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Redrive,
    Discard,
}

pub(super) async fn redrive(args: RedriveArgs) -> anyhow::Result<ExitCode> {
    let wait = args.wait()?;
    run(Work::Redrive, &args.selection, wait).await
}

pub(super) async fn discard(args: DiscardArgs) -> anyhow::Result<ExitCode> {
    if !args.yes && !args.selection.dry_run {
        bail!("discard deletes letters for good: say --yes, or --dry-run to see which");
    }
    run(Work::Discard, &args.selection, None).await
}

async fn run(work: Work, selection: &Selection, wait: Option<Duration>) -> anyhow::Result<ExitCode> {
    let ports = Ports::system();
    let route = route(&roles::installation(), &selection.queue)?;
    let job = selection.job(ports.clock.now())?;
    let aws = selection.target.clone().connect().await?;
    let letters = DeadLetters::open(&aws, &route, ports);
    let sent = Sent::default();
    let watch = Watch { outcomes: wait.map(|_| sent.listener()), ..watch(&route.dead_letters) };
    let (cancel, given_up) = (watch.cancel.clone(), watch.cancel.clone());
    // An interrupt ends the run between two batches, so that nothing stays hidden.
    let interrupt = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            complain("ending, and giving back what is held");
            cancel.cancel();
        }
    });
    let report = match work {
        Work::Redrive => letters.redrive(&job, &watch).await,
        Work::Discard => letters.discard(&job, &watch).await,
    };
    if !selection.format.is_json() {
        print(work, &route, &report, selection.dry_run);
    }
    let mut good = report.is_success() && !report.cancelled;
    let waited = match wait {
        Some(_) if route.target.is_stream() => {
            complain(&format!(
                "what becomes of letters in {} is not followed: its reader checks them anew",
                route.target
            ));
            None
        }
        Some(within) => Some(sent.wait(&aws, report.run, within, &given_up).await),
        None => None,
    };
    interrupt.abort();
    if let Some(waited) = &waited {
        waited.complain();
        good &= waited.is_success();
    }
    if selection.format.is_json() {
        let mut told = serde_json::to_value(&report)?;
        if let (Some(told), Some(waited)) = (told.as_object_mut(), &waited) {
            told.insert("outcomes".to_owned(), serde_json::to_value(&waited.letters)?);
            told.insert("not_followed".to_owned(), waited.more.into());
        }
        say!("{told}");
    } else if let Some(waited) = &waited {
        waited.print();
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tells how far it is, on standard error; short work is over before the first line.
fn watch(queue: &str) -> Watch {
    let (queue, last) = (queue.to_owned(), Mutex::new(Instant::now()));
    let progress = move |report: &Report| {
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.elapsed() >= TELL_EVERY {
            *last = Instant::now();
            let Report { looked_at, matching, settled, failed, .. } = report;
            complain(&format!("{queue}: {settled} of {matching} done, {} failed, {looked_at} looked at", failed.len()));
        }
    };
    Watch { progress: Some(Arc::new(progress)), ..Watch::default() }
}

fn print(work: Work, route: &Route, report: &Report, dry_run: bool) {
    if !report.causes.is_empty() {
        say!("matching letters by cause:\n{}\n", groups(&report.causes));
    }
    let done = match (work, dry_run) {
        (Work::Redrive, false) => format!("sent to {}", route.target),
        (Work::Redrive, true) => format!("would be sent to {}", route.target),
        (Work::Discard, false) => "deleted for good".to_owned(),
        (Work::Discard, true) => "would be deleted for good".to_owned(),
    };
    say!("{}: {} of {} matching letters {done}", route.dead_letters, report.settled, report.matching);
    for (count, what) in [
        (report.waiting, "stayed behind a failed one of their aggregate"),
        (report.came_later, "came after the start and were left alone"),
        (report.hidden, "stay hidden for some minutes"),
    ] {
        if count > 0 {
            say!("{count} {what}");
        }
    }
    if !report.complete {
        say!("not every letter was looked at");
    }
    tell_failures(&report.failed, "stayed");
    tell_failures(&report.undeleted, "was sent but not deleted, and will come twice when redriven again");
    if let Some(why) = &report.stopped {
        complain(&format!("ended early: {why}"));
    }
}

fn tell_failures(failures: &[Failure], what: &str) {
    for Failure { message_id, subject, error } in failures.iter().take(NAMED_FAILURES) {
        let of = subject.as_ref().map(|subject| format!(" of {subject}")).unwrap_or_default();
        complain(&format!("{message_id}{of} {what}: {error}"));
    }
    if failures.len() > NAMED_FAILURES {
        complain(&format!("and {} more", failures.len() - NAMED_FAILURES));
    }
}
