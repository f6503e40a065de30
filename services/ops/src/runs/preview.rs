//! What a run would do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_contracts::api::ops::runs::{LetterOutcome, MAX_OUTCOMES, Outcome, Run, RunKind, RunState};
use shotengai_dead_letters::{Became, DeadLetters, Job, Watch};
use shotengai_kernel::UserId;

use super::Runs;
use super::follow::outcome;
use super::wish::{Wish, bring_up};

/// How long a look may take: who asks waits for it, and so does the door.
const WITHIN: Duration = Duration::from_secs(8);

/// More letters of those that are meant are not looked at.
const MOST: usize = 2_000;

pub(super) async fn preview(runs: &Arc<Runs>, wish: Wish, by: UserId) -> Run {
    let now = runs.ports.clock.now();
    let letters = DeadLetters::open(runs.infra.as_ref(), &wish.route, runs.ports.clone());
    let seen: Arc<Mutex<Vec<LetterOutcome>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let outcomes = move |letter: &_, became: Became| {
        let mut seen = noted.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MAX_OUTCOMES {
            seen.push(outcome(letter, became, Outcome::Meant));
        }
    };
    let watch = Watch { outcomes: Some(Arc::new(outcomes)), cancel: runs.ending(), ..Watch::default() };
    let job = Job { dry_run: true, pace: None, limit: Some(MOST), ..wish.job.clone() };
    let running = async {
        match wish.kind {
            RunKind::Redrive => letters.redrive(&job, &watch).await,
            RunKind::Discard => letters.discard(&job, &watch).await,
        }
    };
    tokio::pin!(running);
    let report = tokio::select! {
        biased;
        report = &mut running => report,
        () = tokio::time::sleep(WITHIN) => {
            watch.cancel.cancel();
            running.await
        }
    };
    let mut run = wish.run(report.run, by, now);
    bring_up(&mut run, &report);
    run.state = RunState::Preview;
    if report.cancelled && run.stopped.is_none() {
        run.stopped = Some(format!("not all of it was looked at within {} s", WITHIN.as_secs()));
    }
    if report.matching >= MOST && !report.complete && run.stopped.is_none() {
        run.stopped = Some(format!("{MOST} letters are meant, and no more were looked at"));
    }
    run.outcomes = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    run
}
