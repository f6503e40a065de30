//! Folding a history up to a moment of the past, page by page and within bounds.
//!
//! Histories have no greatest length: a product whose price comes from a stream, or that sells well, has a hundred thousand
//! events, and no snapshot of its past. So how far a look goes is bounded, and so is how many look at the same time.

use std::time::Duration;

use shotengai_contracts::Envelope;
use shotengai_kernel::{AggregateId, Moment, Timestamp, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::ports::fault::Fault;
use crate::ports::store::EventStore;

/// The most events that lie between an aggregate's beginning and a moment that can be looked at.
pub const LOOK_BACK_EVENTS: u64 = 10_000;

/// Commits that are read together.
const PAGE: u64 = 500;
/// Looks of a process at the same time.
const AT_ONCE: usize = 4;
/// How long one more waits for its turn.
const TURN: Duration = Duration::from_secs(2);

/// Where a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The last event that lies behind the moment; zero for none.
    pub version: Version,
    /// When it was decided.
    pub time: Option<Timestamp>,
}

/// Why there was no look.
#[derive(Debug, thiserror::Error)]
pub enum LookBackError {
    /// Others look, and go on for long.
    #[error("too many look back at the same time")]
    Busy,
    /// Too many events lie before the moment.
    #[error("more than {LOOK_BACK_EVENTS} events lie before it")]
    TooFar,
    /// The store failed, or has an event that this release can't read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Looks of one process, a few at a time.
#[derive(Debug)]
pub struct LookBacks(Semaphore);

impl Default for LookBacks {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl LookBacks {
    /// Hands the events of an aggregate that lie behind a moment to `fold`, oldest first. Consistent. Of a time: all before
    /// the first event that was decided later. Clocks of those who decided may differ by seconds, and so may the moment.
    ///
    /// # Errors
    /// [`LookBackError`], and those of `fold`. Nothing that was folded counts then.
    pub async fn fold(
        &self,
        store: &dyn EventStore,
        id: &AggregateId,
        until: Moment,
        mut fold: impl FnMut(&Envelope) -> Result<(), Fault> + Send,
    ) -> Result<Reached, LookBackError> {
        let _turn = timeout(TURN, self.0.acquire()).await.map_err(|_| LookBackError::Busy)?;
        if matches!(until, Moment::Version(version) if version.get() > LOOK_BACK_EVENTS) {
            // Behind its history's end it is not far, but not there.
            if is_beyond(store, id, until).await? {
                return Err(LookBackError::TooFar);
            }
        }
        let (mut reached, mut read) = (Reached { version: Version::ZERO, time: None }, Version::ZERO);
        loop {
            let page = store.load_some(id, read, wanted(until, read)).await?;
            for envelope in page.commits.iter().flat_map(|commit| &commit.events) {
                if !until.includes(envelope.aggregateversion, envelope.time) {
                    return Ok(reached);
                }
                fold(envelope)?;
                reached = Reached { version: envelope.aggregateversion, time: Some(envelope.time) };
            }
            let Some(last) = page.commits.last().filter(|_| page.more) else { return Ok(reached) };
            if until == Moment::Version(reached.version) {
                return Ok(reached);
            }
            // Found out early, before all of them are read in vain.
            if read == Version::ZERO && is_beyond(store, id, until).await? {
                return Err(LookBackError::TooFar);
            }
            read = last.last_version();
        }
    }
}

/// How many commits the next page needs: an event each, at least.
fn wanted(until: Moment, read: Version) -> usize {
    let events = match until {
        Moment::Version(version) => version.get().saturating_sub(read.get()).max(1),
        Moment::Time(_) => PAGE,
    };
    usize::try_from(events.min(PAGE)).unwrap_or(1)
}

/// Whether more events than may be looked at lie behind the moment.
async fn is_beyond(store: &dyn EventStore, id: &AggregateId, until: Moment) -> Result<bool, Fault> {
    let page = store.load_some(id, Version::new(LOOK_BACK_EVENTS), 1).await?;
    let first = page.commits.iter().flat_map(|commit| &commit.events).next();
    Ok(first.is_some_and(|envelope| until.includes(envelope.aggregateversion, envelope.time)))
}
