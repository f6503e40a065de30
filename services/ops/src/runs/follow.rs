//! A run under way, and what is written of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_contracts::api::ops::runs::{LetterOutcome, MAX_OUTCOMES, Outcome, Run, RunKind, RunState};
use shotengai_dead_letters::{Became, DeadLetters, Job, Letter, Report, Watch};
use shotengai_messaging::{Backoff, Condition, Fault, Key, Row, WriteError};
use tokio::time::Instant;

use super::wish::{Wish, bring_up};
use super::{Runs, outcomes_of};
use crate::records::document;

/// What changed is written so often.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// That it is under way is written so often, whatever changed.
const SAY_EVERY: Duration = Duration::from_secs(20);
/// Outcomes of a row: some twenty kilobytes.
const CHUNK: usize = 100;
/// The most rows of outcomes. Each write makes one, full or not.
pub(super) const MOST_CHUNKS: usize = MAX_OUTCOMES;
/// How often the end of a run is tried to be written.
const ATTEMPTS: u32 = 8;

/// How far a run has come, and what of it is not written yet.
struct Progress {
    run: Run,
    changed: bool,
    outcomes: Vec<LetterOutcome>,
    /// Outcomes so far, written or not.
    noted: usize,
    /// Rows of outcomes so far.
    chunks: usize,
}

/// Runs it to its end, and writes down how far it is.
pub(super) async fn follow(runs: &Arc<Runs>, wish: Wish, run: Run) {
    let settled = match run.kind {
        RunKind::Redrive => Outcome::Sent,
        RunKind::Discard => Outcome::Discarded,
    };
    let (id, kind) = (run.id, run.kind);
    let progress = Arc::new(Mutex::new(Progress { run, changed: false, outcomes: Vec::new(), noted: 0, chunks: 0 }));
    let (told, noted) = (Arc::clone(&progress), Arc::clone(&progress));
    let watch = Watch {
        progress: Some(Arc::new(move |report: &Report| {
            let mut progress = held(&told);
            bring_up(&mut progress.run, report);
            progress.changed = true;
        })),
        outcomes: Some(Arc::new(move |letter: &Letter, became: Became| {
            let mut progress = held(&noted);
            if progress.noted < MAX_OUTCOMES {
                progress.noted += 1;
                progress.outcomes.push(outcome(letter, became, settled));
            }
        })),
        cancel: runs.ending(),
    };
    let letters = DeadLetters::open(runs.infra.as_ref(), &wish.route, runs.ports.clone());
    let job = Job { run: Some(id), ..wish.job };
    let working = async {
        match kind {
            RunKind::Redrive => letters.redrive(&job, &watch).await,
            RunKind::Discard => letters.discard(&job, &watch).await,
        }
    };
    // Beside the work: a table that is away must not hold it up, nor end it.
    let report = tokio::select! {
        biased;
        report = working => report,
        never = keep_writing(runs, &progress) => match never {},
    };
    end(runs, &progress, &report).await;
}

async fn keep_writing(runs: &Runs, progress: &Mutex<Progress>) -> std::convert::Infallible {
    let mut said = Instant::now();
    loop {
        tokio::time::sleep(WRITE_EVERY).await;
        if !held(progress).changed && said.elapsed() < SAY_EVERY {
            continue;
        }
        match write(runs, progress).await {
            Ok(()) => said = Instant::now(),
            Err(fault) => tracing::warn!(%fault, "how far a run is could not be written"),
        }
    }
}

async fn end(runs: &Runs, progress: &Mutex<Progress>, report: &Report) {
    {
        let mut progress = held(progress);
        bring_up(&mut progress.run, report);
        if report.cancelled && progress.run.stopped.is_none() {
            progress.run.stopped = Some("its process ended".to_owned());
        }
        let is_over = progress.run.stopped.is_none();
        progress.run.state = if is_over { RunState::Finished } else { RunState::Stopped };
        progress.run.ended_at = Some(runs.ports.clock.now());
    }
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    for attempt in 1..=ATTEMPTS {
        match write(runs, progress).await {
            Ok(()) => return,
            Err(fault) if attempt == ATTEMPTS => {
                tracing::error!(%fault, run = %report.run, "the end of a run could not be written; it will be shown as interrupted");
            }
            Err(_) => tokio::time::sleep(backoff.delay(attempt, runs.ports.random.as_ref())).await,
        }
    }
}

/// Writes outcomes first: a run that is told to be over has all of them.
async fn write(runs: &Runs, progress: &Mutex<Progress>) -> Result<(), Fault> {
    loop {
        let (id, chunk, at) = {
            let progress = held(progress);
            let chunk: Vec<_> = progress.outcomes.iter().take(CHUNK).cloned().collect();
            (progress.run.id, chunk, progress.chunks)
        };
        if chunk.is_empty() {
            break;
        }
        put(runs, &Row::new(Key::new(outcomes_of(id), format!("{at:06}")), 1, document(&chunk)?)).await?;
        let mut progress = held(progress);
        progress.outcomes.drain(..chunk.len());
        progress.chunks += 1;
    }
    let run = {
        let mut progress = held(progress);
        progress.changed = false;
        progress.run.clone()
    };
    put(runs, &runs.row(&run)?).await.inspect_err(|_| held(progress).changed = true)
}

async fn put(runs: &Runs, row: &Row) -> Result<(), Fault> {
    match runs.table.put(row, Condition::Any).await {
        // Nothing has to hold.
        Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
        Err(WriteError::Fault(fault)) => Err(fault),
    }
}

fn held(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of a letter, as it is told.
pub(super) fn outcome(letter: &Letter, became: Became, settled: Outcome) -> LetterOutcome {
    let (outcome, why) = match became {
        Became::Settled => (settled, None),
        Became::Failed(why) => (Outcome::Failed, Some(why)),
        Became::Undeleted(why) => (Outcome::Undeleted, Some(why)),
    };
    LetterOutcome {
        letter: letter.message_id.clone(),
        subject: letter.subject().map(str::to_owned),
        event_type: letter.event_type().map(str::to_owned),
        outcome,
        why,
        handling: None,
    }
}
