//! Group commit: single commits of one table and process that wait at the same moment go out in one request.
//!
//! A commit that finds nothing on its way goes by itself, at once. Those that come meanwhile wait, until there is an answer,
//! until they fill a request, or for [`PATIENCE`], and then go together ([`EventStore::append_each`]). So nothing waits
//! where there is little to do, and the more there is to do the more go together. Each stands alone: it is written or
//! refused whatever becomes of the others.
//!
//! `line`: who goes with whom, and when. `outcome`: what an answer means for each. Both without I/O.

mod line;
mod outcome;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_kernel::Random;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use crate::backoff::Backoff;
use crate::commit::Commit;
use crate::log_limiter::LogLimiter;
use crate::metrics::{COMMITS_TOGETHER, count_fault};
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{AppendError, EventStore};
use line::{Batch, Line, Place};
use outcome::{Outcome, outcomes};

const APPEND: &str = "store.append";
/// How long a commit waits for a request before it: longer than most answers take, so that most requests go one after
/// another, and short enough not to be felt where one hangs.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often it is said that requests of many are refused.
const REMIND_EVERY: Duration = Duration::from_secs(60);
/// Before a commit goes once more that was refused within a request.
static PAUSE: LazyLock<Backoff> = LazyLock::new(|| Backoff::new(Duration::from_millis(50), Duration::from_millis(50)));

/// Appends single commits to one event store, together where they meet. Cheap to clone; one a store and process.
#[derive(Clone)]
pub struct GroupCommit(Arc<Shared>);

struct Shared {
    service: &'static str,
    store: Arc<dyn EventStore>,
    random: Arc<dyn Random>,
    line: Mutex<Line<Ticket>>,
    refusals: Mutex<LogLimiter>,
}

/// By which whoever waits for a commit is told what became of it.
#[derive(Debug)]
struct Ticket {
    outcome: oneshot::Sender<Outcome>,
    span: Span,
}

/// A request on its way. Once it is dropped, however it ended, the next one goes.
struct InFlight(Arc<Shared>);

impl GroupCommit {
    /// Over the store of this service.
    #[must_use]
    pub fn new(service: &'static str, store: Arc<dyn EventStore>, random: Arc<dyn Random>) -> Self {
        let refusals = Mutex::new(LogLimiter::new(REMIND_EVERY));
        Self(Arc::new(Shared { service, store, random, line: Mutex::default(), refusals }))
    }

    /// Appends one commit, as [`EventStore::append`] does. Dropped while it waits, the commit is not sent; dropped later, it
    /// may be written. Others are not touched by either.
    ///
    /// # Errors
    /// As [`EventStore::append`]; a throttled [`Fault`] where too many wait already.
    pub async fn append(&self, commit: &Commit) -> Result<(), AppendError> {
        let shared = &self.0;
        if shared.line().goes_alone() {
            let _in_flight = InFlight(Arc::clone(shared));
            return shared.alone(commit).await;
        }
        let (outcome, mut answer) = oneshot::channel();
        let place = shared.line().join(commit.clone(), Ticket { outcome, span: Span::current() });
        let Some(place) = place else {
            // Those that were given up make room.
            shared.send_next(None);
            return Err(Fault::new(FaultKind::Throttled, APPEND, "too many commits wait already").into());
        };
        // It may be the one that fills a request.
        shared.send_next(None);
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut answer => break outcome,
                () = tokio::time::sleep(PATIENCE) => shared.send_next(Some(place)),
            }
        };
        match outcome {
            Ok(Outcome::Done(answer)) => answer,
            Ok(Outcome::AloneLater) => {
                tokio::time::sleep(PAUSE.delay(1, shared.random.as_ref())).await;
                shared.alone(commit).await
            }
            // Without an outcome the request ended with the thread that sent it: repeated unchanged, it can't happen twice.
            Ok(Outcome::Alone) | Err(_) => shared.alone(commit).await,
        }
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line<Ticket>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn alone(&self, commit: &Commit) -> Result<(), AppendError> {
        self.count(1);
        self.store.append(std::slice::from_ref(commit)).await
    }

    /// Sends what is due.
    fn send_next(self: &Arc<Self>, overdue: Option<Place>) {
        let batch = self.line().next(overdue, |ticket| !ticket.outcome.is_closed());
        let Some(batch) = batch else { return };
        let in_flight = InFlight(Arc::clone(self));
        // Where no runtime is left to send it, whoever still waits finds no outcome.
        let Ok(runtime) = Handle::try_current() else { return };
        // One request has one place in one trace: that of its first commit.
        let span = batch.tickets.first().map_or_else(Span::none, |ticket| ticket.span.clone());
        runtime.spawn(self.clone().send(batch, in_flight).instrument(span));
    }

    async fn send(self: Arc<Self>, batch: Batch<Ticket>, in_flight: InFlight) {
        let Batch { commits, tickets } = batch;
        let outcomes = if let [commit] = commits.as_slice() {
            vec![Outcome::Done(self.alone(commit).await)]
        } else {
            self.count(commits.len());
            let answer = self.store.append_each(&commits).await;
            self.tell_faults(&answer);
            outcomes(commits.len(), answer)
        };
        drop(in_flight);
        for (ticket, outcome) in tickets.into_iter().zip(outcomes) {
            // Whoever has given up needs no answer.
            let _ = ticket.outcome.send(outcome);
        }
    }

    /// Faults that no caller hears of: their commits go once more, by themselves.
    fn tell_faults(&self, answer: &Result<Vec<Result<(), AppendError>>, Fault>) {
        let of_entries = answer.iter().flatten().filter_map(|entry| match entry {
            Err(AppendError::Fault(fault)) => Some(fault),
            _ => None,
        });
        for fault in of_entries.chain(answer.as_ref().err()) {
            count_fault(fault);
            if !fault.is_retryable() && self.refusals.lock().unwrap_or_else(PoisonError::into_inner).may(self.service) {
                let service = self.service;
                tracing::warn!(service, %fault, "commits that met were refused; each goes by itself, which costs more requests");
            }
        }
    }

    fn count(&self, commits: usize) {
        COMMITS_TOGETHER.record(u32::try_from(commits).map_or(f64::INFINITY, f64::from), [self.service.into()]);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.line().finished();
        self.0.send_next(None);
    }
}
