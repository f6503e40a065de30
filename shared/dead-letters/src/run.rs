//! Redrives or discards letters.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::Pacer;
use shotengai_messaging::ports::queue::{QUEUE_MAX_BATCH, SEND_MAX_BYTES};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::collect::{Collected, Knowledge};
use crate::filter::Filter;
use crate::held::Held;
use crate::letter::Letter;
use crate::lines::{Entry, Line, Lines};
use crate::record::record;
use crate::report::{Failure, Report};
use crate::{DeadLetters, redrive_message};

/// Job of a run: which letters, how many, how fast.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// Which letters.
    pub filter: Filter,
    /// How many of them, at the most.
    pub limit: Option<usize>,
    /// How many a second, at the most.
    pub pace: Option<NonZeroU32>,
    /// Look and report only.
    pub dry_run: bool,
    /// The run's id, by which letters that die again name it. One is made where none is given.
    pub run: Option<Uuid>,
}

/// Told the report so far.
pub type Progress = dyn Fn(&Report) + Send + Sync;

/// What became of a letter that a run tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It is gone from here: sent and deleted, or discarded. Of a dry run: it would be.
    Settled,
    /// It stayed, for this reason; no payload.
    Failed(String),
    /// It was sent and could not be deleted, for this reason.
    Undeleted(String),
}

/// Told what became of a letter.
pub type Outcomes = dyn Fn(&Letter, Became) + Send + Sync;

/// How somebody follows a run, and ends it.
#[derive(Clone, Default)]
pub struct Watch {
    /// Called after each round of receives and each batch of letters.
    pub progress: Option<Arc<Progress>>,
    /// Called with each letter that was tried.
    pub outcomes: Option<Arc<Outcomes>>,
    /// Ends the run between two batches; what is held becomes visible again.
    pub cancel: CancellationToken,
}

impl Watch {
    pub(super) fn tell(&self, report: &Report) {
        if let Some(progress) = &self.progress {
            progress(report);
        }
    }

    fn became(&self, letter: &Letter, outcome: Became) {
        if let Some(outcomes) = &self.outcomes {
            outcomes(letter, outcome);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Redrive,
    Discard,
}

/// The most letters of one batch: a second's worth may go at once, never more.
fn most_at_once(pace: Option<NonZeroU32>) -> usize {
    let of_a_second = pace.and_then(|pace| usize::try_from(pace.get()).ok());
    of_a_second.unwrap_or(QUEUE_MAX_BATCH).min(QUEUE_MAX_BATCH)
}

/// Run in progress: its job, and how far it has come.
struct Run<'a> {
    action: Action,
    job: &'a Job,
    watch: &'a Watch,
    held: &'a Held,
    known: Knowledge,
    pacer: Pacer,
    report: Report,
    /// Letters that may still be tried.
    left: usize,
}

impl Run<'_> {
    fn settle(&mut self, letter: &Letter) {
        self.report.settled += 1;
        self.watch.became(letter, Became::Settled);
    }

    fn fail(&mut self, letter: &Letter, error: String) {
        self.watch.became(letter, Became::Failed(error.clone()));
        self.report.failed.push(Failure::of(letter, error));
    }
}

impl DeadLetters {
    /// Sends letters to where they belong, then deletes them here. What fails stays and is reported.
    /// **Don't drop it, cancel it**: what a dropped run holds stays hidden for [`Bounds::visibility`](crate::Bounds).
    pub async fn redrive(&self, job: &Job, watch: &Watch) -> Report {
        self.run(Action::Redrive, job, watch).await
    }

    /// Deletes letters for good.
    pub async fn discard(&self, job: &Job, watch: &Watch) -> Report {
        self.run(Action::Discard, job, watch).await
    }

    async fn run(&self, action: Action, job: &Job, watch: &Watch) -> Report {
        let held = Held::new(Arc::clone(&self.queue), Arc::clone(&self.ports.random), self.bounds.visibility);
        let report = Report { run: job.run.unwrap_or_else(|| self.ports.ids.uuid_v7()), ..Report::default() };
        let mut run = Run {
            action,
            job,
            watch,
            held: &held,
            known: Knowledge::new(self.ports.clock.now()),
            pacer: job.pace.map_or(Pacer::every(Duration::ZERO), |pace| Pacer::per_second(pace.get())),
            report,
            left: job.limit.unwrap_or(usize::MAX),
        };
        // Asked for first: afterwards the queue may still count what this run has deleted.
        let depth = self.queue.depth().await.map(|depth| depth.total());
        held.during(self.rounds(&mut run)).await;
        let Run { known, mut report, .. } = run;
        report.complete &= depth.is_ok_and(|depth| saw_all(&report, depth));
        report.hidden = held.release().await;
        report.causes = known.causes.groups();
        report.cancelled = watch.cancel.is_cancelled();
        let counts = (report.looked_at, report.matching, report.settled, report.failed.len());
        tracing::info!(queue = self.route.dead_letters, run = %report.run, ?counts, "looked at, matching, settled, failed");
        report
    }

    /// Rounds of as many letters as may be held, each in order, until the queue has no more.
    async fn rounds(&self, run: &mut Run<'_>) {
        loop {
            let (entries, collected) =
                self.collect(&run.job.filter, run.held, &mut run.known, &mut run.report, &run.watch.cancel).await;
            run.watch.tell(&run.report);
            run.report.complete = collected == Collected::All && !run.known.receive_failed;
            // A broken collection may lack the earlier letters of an aggregate: nothing of it is sent.
            let go_on = collected != Collected::Broken && self.work_off(run, entries).await;
            if !go_on || collected != Collected::Full || run.left == 0 {
                return;
            }
        }
    }

    /// Settles letters batch by batch; false when the run must end.
    async fn work_off(&self, run: &mut Run<'_>, entries: Vec<Entry>) -> bool {
        let mut lines = Lines::new(entries);
        loop {
            run.report.waiting += lines.block(&run.known.blocked);
            // By what would be sent: a letter has its names and types to count, loses its facts and gains its count.
            let (most, id) = (most_at_once(run.job.pace).min(run.left), run.report.run);
            let batch = lines.next(most, SEND_MAX_BYTES, |letter| redrive_message::message(letter, id).size());
            if batch.is_empty() {
                return true;
            }
            run.left -= batch.len();
            if run.job.dry_run {
                self.pretend(run, batch);
                continue;
            }
            tokio::select! {
                biased;
                () = run.watch.cancel.cancelled() => return false,
                () = run.pacer.turn() => {}
            }
            run.pacer.spend(batch.len());
            let answered = match run.action {
                Action::Redrive => self.redrive_batch(run, batch).await,
                Action::Discard => discard_batch(run, batch).await,
            };
            run.watch.tell(&run.report);
            if !answered {
                run.report.stopped = Some(format!("{} does not answer", self.route.target));
                return false;
            }
        }
    }

    /// Counts what would go, and what can be told to fail without trying.
    fn pretend(&self, run: &mut Run<'_>, batch: Vec<Entry>) {
        for Entry { letter, .. } in batch {
            let to_stream = run.action == Action::Redrive && self.route.target.is_stream();
            match to_stream.then(|| record(&letter)) {
                Some(Err(error)) => {
                    run.known.blocked.insert(Line::of(&letter));
                    run.fail(&letter, error.to_string());
                }
                Some(Ok(_)) | None => run.settle(&letter),
            }
        }
    }

    /// False when the target did not answer at all: the rest would fare no better.
    async fn redrive_batch(&self, run: &mut Run<'_>, batch: Vec<Entry>) -> bool {
        let id: Uuid = run.report.run;
        let letters: Vec<_> = batch.iter().map(|entry| &entry.letter).collect();
        let sent = redrive_message::send(&self.destination, &letters, id, self.ports.random.as_ref()).await;
        let mut gone = Vec::new();
        for (entry, answer) in batch.into_iter().zip(sent.entries) {
            match answer {
                Ok(()) => {
                    run.known.sent.insert(entry.letter.message_id.clone());
                    if let Ok(record) = record(&entry.letter) {
                        run.known.records.insert(redrive_message::fingerprint(&record));
                    }
                    gone.push(entry);
                }
                Err(error) => {
                    run.known.blocked.insert(Line::of(&entry.letter));
                    run.fail(&entry.letter, error);
                }
            }
        }
        for (letter, error) in delete(run, gone).await {
            run.watch.became(&letter, Became::Undeleted(error.clone()));
            run.report.undeleted.push(Failure::of(&letter, error));
        }
        sent.answered
    }
}

/// Whether a run has seen as many letters as there were when it began. Those in other hands then, which look for a moment or
/// work on them, are counted by the queue and not received.
fn saw_all(report: &Report, depth: u64) -> bool {
    let seen = report.looked_at.saturating_sub(report.came_later);
    u64::try_from(seen).is_ok_and(|seen| seen >= depth)
}

async fn discard_batch(run: &mut Run<'_>, batch: Vec<Entry>) -> bool {
    for (letter, error) in delete(run, batch).await {
        run.fail(&letter, error);
    }
    true
}

/// Deletes letters; answers those that could not be.
async fn delete(run: &mut Run<'_>, entries: Vec<Entry>) -> Vec<(Letter, String)> {
    let receipts: Vec<_> = entries.iter().map(|entry| entry.receipt.clone()).collect();
    let answers = run.held.delete(&receipts).await;
    let mut failed = Vec::new();
    for (entry, answer) in entries.into_iter().zip(answers) {
        match answer {
            Ok(()) => run.settle(&entry.letter),
            Err(error) => failed.push((entry.letter, error)),
        }
    }
    failed
}
