//! The aggregates of one kind, and the commands on one of them.

use std::sync::Arc;

use futures::future::try_join_all;
use shotengai_contracts::Metadata;
use shotengai_kernel::AggregateId;

use super::{Aggregate, CommandError, CommitWriter, Contest, Executed, Loaded, Repository};
use crate::commit::Commit;
use crate::effects;
use crate::ports::fault::Fault;

/// The aggregates of one kind and the commands on them. Cheap to clone.
pub struct Aggregates<A> {
    writer: CommitWriter,
    repository: Arc<Repository<A>>,
}

impl<A> Clone for Aggregates<A> {
    fn clone(&self) -> Self {
        Self { writer: self.writer.clone(), repository: Arc::clone(&self.repository) }
    }
}

/// What a command believes at first.
#[derive(Clone, Copy)]
enum Start {
    Loaded,
    FirstSlot,
}

impl<A: Aggregate> Aggregates<A> {
    /// The aggregates in the writer's store.
    #[must_use]
    pub fn new(writer: CommitWriter) -> Self {
        let repository = Arc::new(Repository::watching(Arc::clone(writer.store()), Arc::clone(writer.faults())));
        Self { writer, repository }
    }

    /// The writer, for units of work that span kinds.
    #[must_use]
    pub const fn writer(&self) -> &CommitWriter {
        &self.writer
    }

    pub(super) const fn repository(&self) -> &Arc<Repository<A>> {
        &self.repository
    }

    /// As [`Repository::load`].
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn load(&self, id: &AggregateId) -> Result<Loaded<A>, Fault> {
        effects::looked_at(id, self.writer.store());
        self.repository.load(id).await
    }

    /// Several at once, in the order asked.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub async fn load_many(&self, ids: &[AggregateId]) -> Result<Vec<Loaded<A>>, Fault> {
        try_join_all(ids.iter().map(|id| self.load(id))).await
    }

    /// As [`Repository::absorb`].
    pub fn absorb(&self, commit: &Commit) {
        self.repository.absorb(commit);
    }

    /// Decides, on what is remembered or else read, and appends; decides anew on what is read when another writer was first,
    /// and before a refusal or "nothing to do", which no events mean, is believed.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn execute<E>(
        &self,
        id: &AggregateId,
        meta: &Metadata,
        decide: impl Fn(&Loaded<A>) -> Result<Vec<A::Event>, E>,
    ) -> Result<Executed<A>, CommandError<E>> {
        self.decide(Start::Loaded, id, meta, decide).await
    }

    /// The same for an aggregate that nobody is thought to have written: its first slot is claimed without a read. See
    /// [`super::UnitOfWork::first_slot`].
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn execute_first<E>(
        &self,
        id: &AggregateId,
        meta: &Metadata,
        decide: impl Fn(&Loaded<A>) -> Result<Vec<A::Event>, E>,
    ) -> Result<Executed<A>, CommandError<E>> {
        self.decide(Start::FirstSlot, id, meta, decide).await
    }

    async fn decide<E>(
        &self,
        start: Start,
        id: &AggregateId,
        meta: &Metadata,
        decide: impl Fn(&Loaded<A>) -> Result<Vec<A::Event>, E>,
    ) -> Result<Executed<A>, CommandError<E>> {
        let decide = &decide;
        let attempt = |mut unit: super::UnitOfWork| async move {
            let mut tracked = match start {
                Start::Loaded => unit.load(self, id).await?,
                Start::FirstSlot => unit.first_slot(self, id).await?,
            };
            let events = decide(&tracked).map_err(CommandError::Refused)?;
            unit.record(self, &mut tracked, events, meta)?;
            Ok(unit.decided(tracked.into_executed()))
        };
        let (executed, commits) = self.writer.run_to_commits(&mut Contest::default(), attempt).await?;
        if let Some(commit) = commits.first() {
            self.repository.keep(executed.loaded.clone(), commit).await;
        }
        Ok(executed)
    }
}
