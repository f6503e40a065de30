//! Event stores, their read half only: all that a refold has in its hands beside the rows it writes. There is no append, no
//! queue, topic, stream or mail behind it, so a rebuild can have no effect but rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{EventStore, Fault, FaultKind, HistoryPage, Infrastructure};

use super::Kind;

/// Event stores of which nothing can be asked but histories.
#[derive(Clone)]
pub struct Sources(BTreeMap<Owner, Arc<dyn EventStore>>);

impl Sources {
    /// Those that rows are folded from. The rest of the installation is let go of.
    #[must_use]
    pub fn of(infra: &dyn Infrastructure) -> Self {
        Self(Kind::ALL.into_iter().map(Kind::owner).map(|owner| (owner, infra.event_store(owner))).collect())
    }

    /// As [`EventStore::aggregates`].
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub(crate) async fn aggregates(
        &self,
        owner: Owner,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        self.store(owner)?.aggregates(shard, from, limit).await
    }

    /// As [`EventStore::load_some`].
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub(crate) async fn load_some(
        &self,
        owner: Owner,
        id: &AggregateId,
        after: Version,
        limit: usize,
    ) -> Result<HistoryPage, Fault> {
        self.store(owner)?.load_some(id, after, limit).await
    }

    fn store(&self, owner: Owner) -> Result<&dyn EventStore, Fault> {
        let missing = || Fault::new(FaultKind::Permanent, "query.rebuild", format!("no store of {}", owner.as_str()));
        self.0.get(&owner).map(AsRef::as_ref).ok_or_else(missing)
    }
}
