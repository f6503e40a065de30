//! How events become rows. Pure: a row at version `n` is the fold of its aggregate's first `n` events, whoever folded it
//! and in however many steps, so writers need no locks and a rebuild is the same fold.

pub mod cart;
pub mod order;
pub mod payment;
pub mod product;
pub mod stock;

use shotengai_contracts::{DecodeError, Envelope, Event, Misplaced, OwnedEvent, Owner};
use shotengai_kernel::{AggregateId, Timestamp, Version};
use shotengai_messaging::Commit;

pub use cart::CartRow;
pub use order::OrderRow;
pub use payment::PaymentRow;
pub use product::ProductRow;
pub use stock::StockRow;

/// A row of a read model.
pub trait Fold: Clone + Sized {
    /// The events of the service whose aggregates it folds.
    type Event: OwnedEvent;

    /// That service.
    const OWNER: Owner = <Self::Event as OwnedEvent>::OWNER;

    /// Whether an aggregate of the owner's is of the kind that this row folds: an owner may have others.
    fn folds(aggregate: &AggregateId) -> bool;

    /// The aggregate it folds.
    fn aggregate_id(&self) -> AggregateId;

    /// The last event that is folded in.
    fn version(&self) -> Version;

    /// The row after an aggregate's first event; none when an aggregate of this kind can't begin so.
    fn begin(envelope: &Envelope, event: &Self::Event) -> Option<Self>;

    /// The row after one more event. An event that changes nothing still moves the version.
    ///
    /// # Errors
    /// [`Misplaced`] for an event of another kind of aggregate: the row is not to be used then.
    fn evolve(&mut self, envelope: &Envelope, event: &Self::Event) -> Result<(), Misplaced>;
}

/// What an event did to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied<R> {
    /// The row after it.
    Updated(R),
    /// The row knows it already.
    Ignored,
    /// Events between the row and this one are missing: refold from the event store.
    Gap,
}

/// Applies an event if it is the row's next.
pub fn apply<R: Fold>(row: Option<R>, envelope: &Envelope, event: &Event) -> Applied<R> {
    let current = row.as_ref().map_or(Version::ZERO, Fold::version);
    let version = envelope.aggregateversion;
    if version <= current {
        return Applied::Ignored;
    }
    if version != current.next() {
        return Applied::Gap;
    }
    let after = R::Event::try_from(event.clone()).ok().and_then(|event| match row {
        Some(mut row) => row.evolve(envelope, &event).ok().map(|()| row),
        None => R::begin(envelope, &event),
    });
    // An event that can't be the next has something before it that was never seen.
    after.map_or(Applied::Gap, Applied::Updated)
}

/// The event at which a fold over an aggregate's whole history broke off: it doesn't follow what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the history doesn't fold beyond version {0}")]
pub struct Broken(pub Version);

/// Folds an aggregate's history from its first event on.
///
/// # Errors
/// [`Broken`] when versions are missing, or the history doesn't begin as this kind of aggregate does.
pub fn refold<'a, R: Fold + 'a>(
    history: impl IntoIterator<Item = (&'a Envelope, &'a Event)>,
) -> Result<Option<R>, Broken> {
    fold_on(None, history)
}

/// Folds what came after a row into it: a row is its aggregate's snapshot, so nothing before it has to be read again.
///
/// # Errors
/// As [`refold`].
pub fn fold_on<'a, R: Fold + 'a>(
    mut row: Option<R>,
    history: impl IntoIterator<Item = (&'a Envelope, &'a Event)>,
) -> Result<Option<R>, Broken> {
    for (envelope, event) in history {
        let before = row.as_ref().map_or(Version::ZERO, Fold::version);
        match apply(row.clone(), envelope, event) {
            Applied::Updated(next) => row = Some(next),
            Applied::Ignored => {}
            Applied::Gap => return Err(Broken(before)),
        }
    }
    Ok(row)
}

/// Why commits of a history could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum Unfoldable {
    /// An event that this release can't read.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// Its events don't follow each other.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Folds commits into a row, which must stand where they begin; none is folded from an aggregate's first commit on.
///
/// # Errors
/// [`Unfoldable`].
pub fn fold_commits<R: Fold>(row: Option<R>, commits: &[Commit]) -> Result<Option<R>, Unfoldable> {
    let mut history: Vec<(&Envelope, Event)> = Vec::new();
    for envelope in commits.iter().flat_map(|commit| &commit.events) {
        history.push((envelope, envelope.event()?));
    }
    Ok(fold_on(row, history.iter().map(|(envelope, event)| (*envelope, event)))?)
}

/// A moment as PostgreSQL keeps it: to the microsecond. A row equals itself after it was stored.
pub(crate) fn stored_time(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// Text as PostgreSQL can keep it: without NUL, which would make the whole batch unwritable.
pub(crate) fn stored_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
