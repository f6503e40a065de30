//! The unit of work: what one attempt at a command has read and wants to write.

use std::ops::Deref;
use std::sync::Arc;

use futures::future::try_join_all;
use jiff::SignedDuration;
use shotengai_contracts::{Event, Metadata, Misplaced};
use shotengai_kernel::{AggregateId, Timestamp, Version};

use super::assumed::Assumed;
use super::{Aggregate, Aggregates, Executed, Loaded, Repository};
use crate::commit::{Commit, CommitFactory};
use crate::effects;
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::store::Guard;

/// One attempt at a command on one or several aggregates: reads them and collects the events that are to be written
/// together, one commit an aggregate, all or none. [`super::CommitWriter::run`] makes one for each attempt.
pub struct UnitOfWork {
    /// Whether everything has to be read: something was lost or refused before.
    fresh: bool,
    /// States that were taken for true and that nobody has read.
    assumed: Assumed,
    drafts: Vec<Draft>,
    guards: Vec<Guard>,
}

/// The commit of one aggregate in the making.
struct Draft {
    id: AggregateId,
    current: Version,
    /// When the aggregate began, where that is known.
    began_at: Option<Timestamp>,
    events: Vec<(Event, Metadata)>,
    memory: Arc<dyn Memory>,
}

/// What remembers aggregates of one kind.
pub(super) trait Memory: Send + Sync {
    fn absorb(&self, commit: &Commit);

    /// As [`Repository::lost`].
    fn lost(&self, id: &AggregateId, version: Version) -> bool;
}

impl<A: Aggregate> Memory for Repository<A> {
    fn absorb(&self, commit: &Commit) {
        Self::absorb(self, commit);
    }

    fn lost(&self, id: &AggregateId, version: Version) -> bool {
        Self::lost(self, id, version)
    }
}

/// What a unit of work writes.
pub(super) struct Writes {
    pub(super) commits: Vec<Commit>,
    pub(super) guards: Vec<Guard>,
    /// Who remembers the aggregate of each commit.
    pub(super) memories: Vec<Arc<dyn Memory>>,
    /// The events of all commits, each with how long after its aggregate's first event it was decided, where that is known.
    pub(super) written: Vec<(Event, Option<SignedDuration>)>,
}

/// A decision: what it wants to write, and what it answers once that is written.
pub struct Decided<T> {
    pub(super) unit: UnitOfWork,
    pub(super) answer: T,
}

/// An aggregate as a unit of work has it: as loaded, then with the events that were recorded on it.
#[derive(Debug, Clone)]
pub struct Tracked<A: Aggregate> {
    loaded: Loaded<A>,
    written: Vec<A::Event>,
}

impl<A: Aggregate> Tracked<A> {
    /// The aggregate with all that was recorded on it, and what that was.
    #[must_use]
    pub fn into_executed(self) -> Executed<A> {
        Executed { loaded: self.loaded, written: self.written }
    }
}

impl<A: Aggregate> Deref for Tracked<A> {
    type Target = Loaded<A>;

    fn deref(&self) -> &Loaded<A> {
        &self.loaded
    }
}

impl UnitOfWork {
    pub(super) const fn new(fresh: bool, assumed: Assumed) -> Self {
        Self { fresh, assumed, drafts: Vec::new(), guards: Vec::new() }
    }

    /// The aggregate now, or as this process has last known it: what is decided on that counts only if the aggregate is
    /// written or guarded by this unit of work, and is decided anew on what is read where it lost or wrote nothing.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn load<A: Aggregate>(&self, aggregates: &Aggregates<A>, id: &AggregateId) -> Result<Tracked<A>, Fault> {
        if let Some(known) = self.recalled(aggregates, id) {
            return Ok(known);
        }
        if !self.fresh {
            metrics::count_memory(id, metrics::MISS);
        }
        let loaded = aggregates.load(id).await?;
        Ok(Tracked { loaded, written: Vec::new() })
    }

    /// Several at once, in the order asked.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub async fn load_many<A: Aggregate>(
        &self,
        aggregates: &Aggregates<A>,
        ids: &[AggregateId],
    ) -> Result<Vec<Loaded<A>>, Fault> {
        let loads = ids.iter().map(|id| async { Ok(self.load(aggregates, id).await?.loaded) });
        try_join_all(loads).await
    }

    /// The aggregate that nobody is thought to have written: its first slot is claimed without a read. It is read where
    /// that was lost to somebody else, or where the decision refused: a refusal counts only on a state that was read.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn first_slot<A: Aggregate>(
        &self,
        aggregates: &Aggregates<A>,
        id: &AggregateId,
    ) -> Result<Tracked<A>, Fault> {
        if self.fresh {
            return self.load(aggregates, id).await;
        }
        if let Some(known) = self.recalled(aggregates, id) {
            return Ok(known);
        }
        effects::looked_at(id, aggregates.writer().store());
        self.assumed.add(id.clone(), Version::ZERO, memory_of(aggregates));
        Ok(Tracked { loaded: Loaded::unwritten(id.clone()), written: Vec::new() })
    }

    fn recalled<A: Aggregate>(&self, aggregates: &Aggregates<A>, id: &AggregateId) -> Option<Tracked<A>> {
        let loaded = if self.fresh { None } else { aggregates.repository().recall(id) }?;
        metrics::count_memory(id, metrics::HIT);
        effects::looked_at(id, aggregates.writer().store());
        self.assumed.add(id.clone(), loaded.version, memory_of(aggregates));
        Some(Tracked { loaded, written: Vec::new() })
    }

    /// The aggregate as this command's own last commit left it: as good as read, unless that was lost to somebody else.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn resume<A: Aggregate>(
        &self,
        aggregates: &Aggregates<A>,
        left: &Loaded<A>,
    ) -> Result<Tracked<A>, Fault> {
        if self.fresh {
            return self.load(aggregates, &left.id).await;
        }
        Ok(Tracked { loaded: left.clone(), written: Vec::new() })
    }

    /// Records events on an aggregate: its state has them from now on, the store once the unit of work is written.
    ///
    /// # Errors
    /// [`Misplaced`] when the aggregate refuses one: a mistake of the decision.
    pub fn record<A: Aggregate>(
        &mut self,
        aggregates: &Aggregates<A>,
        on: &mut Tracked<A>,
        events: Vec<A::Event>,
        meta: &Metadata,
    ) -> Result<(), Misplaced> {
        let current = on.loaded.version;
        for event in &events {
            on.loaded.state.apply(event)?;
            on.loaded.version = on.loaded.version.next();
            on.loaded.changed_at = None;
        }
        let staged = events.iter().map(|event| (event.clone(), meta.clone()));
        self.draft(aggregates, &on.loaded.id, current, on.loaded.began_at, staged);
        on.written.extend(events);
        Ok(())
    }

    /// Stages events on an aggregate that is at version `current`, each with its own metadata, for decisions that keep
    /// their states themselves. Several on one aggregate become one commit.
    pub fn stage<A: Aggregate>(
        &mut self,
        aggregates: &Aggregates<A>,
        id: &AggregateId,
        current: Version,
        events: impl IntoIterator<Item = (A::Event, Metadata)>,
    ) {
        self.draft(aggregates, id, current, None, events);
    }

    fn draft<A: Aggregate>(
        &mut self,
        aggregates: &Aggregates<A>,
        id: &AggregateId,
        current: Version,
        began_at: Option<Timestamp>,
        events: impl IntoIterator<Item = (A::Event, Metadata)>,
    ) {
        let mut events = events.into_iter().map(|(event, meta)| (event.into(), meta)).peekable();
        if events.peek().is_none() {
            return;
        }
        if let Some(draft) = self.drafts.iter_mut().find(|draft| draft.id == *id) {
            draft.events.extend(events);
            return;
        }
        let memory = memory_of(aggregates);
        self.drafts.push(Draft { id: id.clone(), current, began_at, events: events.collect(), memory });
    }

    /// Guards the decision by an aggregate that it judged at this version and does not write: if another writer moves that
    /// first, it is decided anew. Reads alone guard nothing, since what they judged may have changed by the time of the
    /// write. Nothing to do where the decision writes the aggregate, whose slot says the same.
    pub fn guard(&mut self, aggregate_id: AggregateId, version: Version) {
        if self.guards.iter().all(|guard| guard.aggregate_id != aggregate_id) {
            self.guards.push(Guard { aggregate_id, version });
        }
    }

    /// Ends the decision; `answer` is what the command comes to once all of it is written.
    #[must_use]
    pub const fn decided<T>(self, answer: T) -> Decided<T> {
        Decided { unit: self, answer }
    }

    /// Whether a success of its write would say that an aggregate is as it was decided on.
    pub(super) fn tests(&self, id: &AggregateId) -> bool {
        !self.drafts.is_empty()
            && (self.drafts.iter().any(|draft| draft.id == *id) || self.guards.iter().any(|it| it.aggregate_id == *id))
    }

    /// The commits with their guards, who remembers what they change, and their events.
    pub(super) fn into_writes(self, factory: &CommitFactory) -> Writes {
        let Self { drafts, mut guards, .. } = self;
        guards.retain(|guard| drafts.iter().all(|draft| draft.id != guard.aggregate_id));
        let mut written = Vec::new();
        let commits = drafts.into_iter().filter_map(|Draft { id, current, began_at, events, memory }| {
            let commit = factory.commit_of(id, current, events.iter().map(|(event, meta)| (event, meta)))?;
            let since = |at: Timestamp| began_at.map(|began_at| at.duration_since(began_at));
            let events = events.into_iter().map(|(event, _)| event);
            written.extend(events.zip(commit.events.iter().map(|envelope| since(envelope.time))));
            Some((commit, memory))
        });
        let (commits, memories) = commits.unzip();
        Writes { commits, guards, memories, written }
    }
}

fn memory_of<A: Aggregate>(aggregates: &Aggregates<A>) -> Arc<dyn Memory> {
    Arc::clone(aggregates.repository()) as Arc<dyn Memory>
}
