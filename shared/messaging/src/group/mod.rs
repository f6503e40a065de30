//! Writes to one table by one process that wait at the same moment go out in one request.
//!
//! A write that finds nothing on its way goes by itself, at once. Those that come meanwhile wait, until there is an answer,
//! until they fill a request, or for [`PATIENCE`], and then go together. The next one after several that went together waits as
//! if one were on its way. So nothing waits where there is little to do, and the more there is to do the more go together. Each stands alone: it is written or refused whatever becomes of the others.
//!
//! `commits`: single commits of an event store ([`EventStore::append_each`](crate::EventStore::append_each)). `rows`: rows of a
//! table that are written on a condition ([`Table::put_each`](crate::Table::put_each)), and single rows that are read, which go
//! together in the same way. `line`: who goes with whom, and when.
//! `outcome`: what an answer means for each. The last two without I/O.

mod commits;
mod line;
mod outcome;
mod rows;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_kernel::Random;
use shotengai_metrics::Histogram;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::backoff::Backoff;
use crate::log_limiter::LogLimiter;
use crate::metrics::count_fault;
use crate::ports::fault::{Fault, FaultKind};
use crate::receipts::{self, Causes};
use line::{Batch, Line, Place};
use outcome::{Outcome, outcomes};

pub use commits::GroupCommit;
pub use rows::GroupedTable;

/// How long a write waits for a request before it: longer than most answers take, so that most requests go one after
/// another, and short enough not to be felt where one hangs.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often it is said that requests of many are refused.
const REMIND_EVERY: Duration = Duration::from_secs(60);
/// Before a write goes once more that was refused within a request.
static PAUSE: LazyLock<Backoff> = LazyLock::new(|| Backoff::new(Duration::from_millis(50), Duration::from_millis(50)));

/// A write that can go with others.
trait Together: Clone + Send + Sync + 'static {
    /// Where it is written. One request names a slot once.
    type Slot: Ord;

    /// Its slot.
    fn slot(&self) -> Self::Slot;

    /// About how many bytes it has.
    fn bytes(&self) -> usize;
}

/// Why a write did not happen.
trait Refusal: From<Fault> + Send + 'static {
    /// The fault, where it was one and no condition.
    fn fault(&self) -> Option<&Fault>;

    /// Whether it says all that the write by itself would be told.
    fn is_complete(&self) -> bool;
}

/// Where writes go.
#[async_trait]
trait Target: Send + Sync + 'static {
    type Write: Together;
    type Answer: Send + 'static;
    type Refusal: Refusal;

    /// What it is called in faults.
    const OPERATION: &'static str;
    /// How many go in one request, by the name of the target; none where nobody counts.
    const TOGETHER: Option<&'static Histogram<1>>;

    /// The name in the figure and in the log.
    fn name(&self) -> &'static str;

    async fn alone(&self, write: &Self::Write) -> Result<Self::Answer, Self::Refusal>;

    async fn each(&self, writes: &[Self::Write]) -> Answers<Self>;
}

/// One answer a write, or a fault of all of them.
type Answers<G> = Result<Vec<Result<<G as Target>::Answer, <G as Target>::Refusal>>, Fault>;

/// The writes of one target; one a table and process.
struct Group<G: Target>(Arc<Shared<G>>);

struct Shared<G: Target> {
    target: G,
    random: Arc<dyn Random>,
    line: Mutex<Line<G::Write, Ticket<G>>>,
    refusals: Mutex<LogLimiter>,
}

/// By which whoever waits for a write is told what became of it.
struct Ticket<G: Target> {
    outcome: oneshot::Sender<Outcome<G::Answer, G::Refusal>>,
    span: Span,
    causes: Causes,
}

/// A request on its way, of so many writes. Once it is dropped, however it ended, the next one goes.
struct InFlight<G: Target>(Arc<Shared<G>>, usize);

impl<G: Target> Clone for Group<G> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<G: Target> Group<G> {
    /// For what somebody waits for: nothing waits for company but behind a request.
    fn prompt(target: G, random: Arc<dyn Random>) -> Self {
        Self::over(Line::default(), target, random)
    }

    /// Under load each waits some milliseconds longer, for more to meet.
    fn patient(target: G, random: Arc<dyn Random>) -> Self {
        Self::over(Line::lingering(), target, random)
    }

    fn over(line: Line<G::Write, Ticket<G>>, target: G, random: Arc<dyn Random>) -> Self {
        let refusals = Mutex::new(LogLimiter::new(REMIND_EVERY));
        Self(Arc::new(Shared { target, random, line: Mutex::new(line), refusals }))
    }

    /// Writes it. Dropped while it waits, it is not sent; dropped later, it may be written. Others are not touched by either.
    async fn write(&self, write: &G::Write) -> Result<G::Answer, G::Refusal> {
        let shared = &self.0;
        if shared.line().goes_alone() {
            let _in_flight = InFlight(Arc::clone(shared), 1);
            return shared.alone(write).await;
        }
        let (outcome, mut answer) = oneshot::channel();
        let place =
            shared.line().join(write.clone(), Ticket { outcome, span: Span::current(), causes: Causes::current() });
        let Some(place) = place else {
            // Those that were given up make room.
            shared.send_next(None);
            return Err(Fault::new(FaultKind::Throttled, G::OPERATION, "too many writes wait already").into());
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
                shared.alone(write).await
            }
            // Without an outcome the request ended with the thread that sent it: repeated unchanged, it can't happen twice.
            Ok(Outcome::Alone) | Err(_) => shared.alone(write).await,
        }
    }
}

impl<G: Target> Shared<G> {
    fn line(&self) -> MutexGuard<'_, Line<G::Write, Ticket<G>>> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.it_is(Instant::now());
        line
    }

    async fn alone(&self, write: &G::Write) -> Result<G::Answer, G::Refusal> {
        self.count(1);
        self.target.alone(write).await
    }

    /// Sends what is due.
    fn send_next(self: &Arc<Self>, overdue: Option<Place>) {
        let batch = self.line().next(overdue, |ticket| !ticket.outcome.is_closed());
        let Some(batch) = batch else { return };
        let in_flight = InFlight(Arc::clone(self), batch.writes.len());
        // Where no runtime is left to send it, whoever still waits finds no outcome.
        let Ok(runtime) = Handle::try_current() else { return };
        // One request has one place in one trace: that of its first write.
        let span = batch.tickets.first().map_or_else(Span::none, |ticket| ticket.span.clone());
        // Each write bears its part of it.
        let causes = Causes::each(batch.tickets.iter().map(|ticket| ticket.causes.clone()));
        runtime.spawn(receipts::scope(causes, self.clone().send(batch, in_flight)).instrument(span));
    }

    async fn send(self: Arc<Self>, batch: Batch<G::Write, Ticket<G>>, in_flight: InFlight<G>) {
        let Batch { writes, tickets } = batch;
        let outcomes = if let [write] = writes.as_slice() {
            vec![Outcome::Done(self.alone(write).await)]
        } else {
            self.count(writes.len());
            let answer = self.target.each(&writes).await;
            self.tell_faults(&answer);
            outcomes(writes.len(), answer)
        };
        drop(in_flight);
        for (ticket, outcome) in tickets.into_iter().zip(outcomes) {
            // Whoever has given up needs no answer.
            let _ = ticket.outcome.send(outcome);
        }
    }

    /// Faults that no caller hears of: their writes go once more, by themselves.
    fn tell_faults(&self, answer: &Answers<G>) {
        let of_entries = answer.iter().flatten().filter_map(|entry| entry.as_ref().err()?.fault());
        for fault in of_entries.chain(answer.as_ref().err()) {
            count_fault(fault);
            let name = self.target.name();
            if !fault.is_retryable() && self.refusals.lock().unwrap_or_else(PoisonError::into_inner).may(name) {
                tracing::warn!(name, %fault, "writes that met were refused; each goes by itself, which costs more requests");
            }
        }
    }

    fn count(&self, writes: usize) {
        if let Some(together) = G::TOGETHER {
            together.record(u32::try_from(writes).map_or(f64::INFINITY, f64::from), [self.target.name().into()]);
        }
    }
}

impl<G: Target> Drop for InFlight<G> {
    fn drop(&mut self) {
        self.0.line().finished(self.1);
        self.0.send_next(None);
    }
}
