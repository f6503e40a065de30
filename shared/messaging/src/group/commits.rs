//! Group commit: single commits of one event store.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_kernel::{AggregateId, Random, Version};
use shotengai_metrics::Histogram;

use super::{Group, Refusal, Target, Together};
use crate::commit::Commit;
use crate::metrics::COMMITS_TOGETHER;
use crate::ports::fault::Fault;
use crate::ports::store::{AppendError, EventStore};

/// Appends single commits to one event store, together where they meet. Cheap to clone; one a store and process.
#[derive(Clone)]
pub struct GroupCommit(Group<Commits>);

struct Commits {
    service: &'static str,
    store: Arc<dyn EventStore>,
}

impl GroupCommit {
    /// Over the store of this service.
    #[must_use]
    pub fn new(service: &'static str, store: Arc<dyn EventStore>, random: Arc<dyn Random>) -> Self {
        Self(Group::patient(Commits { service, store }, random))
    }

    /// Appends one commit, as [`EventStore::append`] does. Dropped while it waits, the commit is not sent; dropped later, it
    /// may be written. Others are not touched by either.
    ///
    /// # Errors
    /// As [`EventStore::append`]; a throttled [`Fault`] where too many wait already.
    pub async fn append(&self, commit: &Commit) -> Result<(), AppendError> {
        self.0.write(commit).await
    }
}

impl Together for Commit {
    type Slot = (AggregateId, Version);

    fn slot(&self) -> Self::Slot {
        (self.aggregate_id.clone(), self.first_version)
    }

    fn bytes(&self) -> usize {
        self.events.texts().iter().map(|text| text.len()).sum()
    }
}

impl Refusal for AppendError {
    fn fault(&self) -> Option<&Fault> {
        if let Self::Fault(fault) = self { Some(fault) } else { None }
    }

    fn is_complete(&self) -> bool {
        true
    }
}

#[async_trait]
impl Target for Commits {
    type Write = Commit;
    type Answer = ();
    type Refusal = AppendError;

    const OPERATION: &'static str = "store.append";
    const TOGETHER: Option<&'static Histogram<1>> = Some(&COMMITS_TOGETHER);

    fn name(&self) -> &'static str {
        self.service
    }

    async fn alone(&self, commit: &Commit) -> Result<(), AppendError> {
        self.store.append(std::slice::from_ref(commit)).await
    }

    async fn each(&self, commits: &[Commit]) -> Result<Vec<Result<(), AppendError>>, Fault> {
        self.store.append_each(commits).await
    }
}
