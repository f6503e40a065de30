//! Event sourcing: aggregates, the commands on them, and the units of work that write what was decided.
//!
//! - [`Aggregate`]: a state that its owner's events evolve. Pure.
//! - [`Repository`]: loads one from memory, snapshot and store.
//! - [`Aggregates`]: one kind, and [`Aggregates::execute`]: load, decide, append, for commands on one aggregate.
//! - [`UnitOfWork`]: the same over one or several aggregates, each event with its own metadata. [`CommitWriter::run`] is
//!   the one loop that decides anew when another writer was first; [`Contest`] says how often.
//! - [`CommandError`]: why a command was not carried out.

mod aggregates;
mod assumed;
mod command;
mod repository;
mod store_faults;
mod unit;
mod writer;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_contracts::{Misplaced, OwnedEvent};
use shotengai_kernel::{AggregateId, Timestamp, Version};

pub use aggregates::Aggregates;
pub use command::{CommandError, Executed};
pub use repository::Repository;
pub use unit::{Decided, Tracked, UnitOfWork};
pub use writer::{CommitWriter, Contest, Count};

/// A state that events evolve. Pure.
pub trait Aggregate: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The events of its owner. An aggregate says something about each of them, also about those of the owner's other
    /// kinds of aggregate.
    type Event: OwnedEvent;

    /// The shape of the serialized state. Raise it with every change; older snapshots are then ignored.
    const SNAPSHOT_SCHEMA: u32;

    /// A snapshot is saved about every so many events; 0 for aggregates that never have many, which then spare
    /// themselves looking for one.
    const SNAPSHOT_EVERY: u64 = 100;

    /// Evolves by an event that happened.
    ///
    /// # Errors
    /// [`Misplaced`] for an event that can't have happened to it, which changes nothing: a load fails then, as a fault.
    fn apply(&mut self, event: &Self::Event) -> Result<(), Misplaced>;
}

/// An aggregate as loaded.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// Which.
    pub id: AggregateId,
    /// The number of events folded in; zero when it never was.
    pub version: Version,
    /// When the last of them was decided, by the clock of who decided it. None before the first, for events that are not
    /// written yet, and after a snapshot that doesn't say which commit it ends with.
    pub changed_at: Option<Timestamp>,
    /// When the first of them was decided, by the clock of who decided it. None before that is written, and after a snapshot,
    /// which doesn't say.
    pub began_at: Option<Timestamp>,
    /// Their fold.
    pub state: A,
}

impl<A: Default> Loaded<A> {
    /// The aggregate before its first event.
    #[must_use]
    pub fn unwritten(id: AggregateId) -> Self {
        Self { id, version: Version::ZERO, changed_at: None, began_at: None, state: A::default() }
    }
}
