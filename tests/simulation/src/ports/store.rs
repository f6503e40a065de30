//! Event stores. Their indexes are eventually consistent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use shotengai_kernel::{AggregateId, Timestamp, Version};
use shotengai_messaging::{AppendError, Commit, EventStore, Fault, FaultKind, Snapshot};
use shotengai_testing::memory::MemoryEventStore;

use super::{admitted, merged};
use crate::mishap::Mishap;
use crate::network::Network;
use crate::plan::Dependency::DynamoDb;

pub(super) struct NetworkedStore {
    network: Network,
    inner: Arc<MemoryEventStore>,
    name: &'static str,
    /// What each shard of the outbox index showed last.
    shown: Mutex<BTreeMap<u8, Vec<Commit>>>,
}

impl NetworkedStore {
    pub(super) fn new(network: Network, inner: Arc<MemoryEventStore>, name: &'static str) -> Self {
        Self { network, inner, name, shown: Mutex::default() }
    }

    /// The answer, or the one before it.
    fn perhaps_stale(&self, shard: u8, fresh: Vec<Commit>) -> Vec<Commit> {
        let world = self.network.world();
        let stale = world.per_mille(world.plan.rates.stale);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shown.insert(shard, fresh.clone());
        let before = before.unwrap_or_default();
        if !stale || before == fresh {
            return fresh;
        }
        world.count(Mishap::StaleIndex);
        before
    }
}

#[async_trait]
impl EventStore for NetworkedStore {
    async fn append(&self, commits: &[Commit]) -> Result<(), AppendError> {
        const OPERATION: &str = "store.append";
        let effect = async {
            let world = self.network.world();
            // Single puts meet transactions too.
            if world.per_mille(world.plan.rates.conflict) {
                world.count(Mishap::TransactionConflict);
                return Err(Fault::new(FaultKind::Throttled, OPERATION, "simulated: transaction conflict").into());
            }
            let answer = self.inner.append(commits).await;
            world.capture.wake();
            world.note(self.network.name(), || {
                let what: Vec<_> = commits.iter().map(summary).collect();
                format!("append {}: {}", what.join(", "), answer.as_ref().map_or("refused", |()| "written"))
            });
            answer
        };
        self.network.call(DynamoDb, OPERATION, self.name, effect).await
    }

    async fn load(&self, id: &AggregateId, after: Version) -> Result<Vec<Commit>, Fault> {
        self.network.call(DynamoDb, "store.load", self.name, self.inner.load(id, after)).await
    }

    async fn load_snapshot(&self, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
        let snapshot =
            self.network.call(DynamoDb, "store.load_snapshot", self.name, self.inner.load_snapshot(id)).await?;
        let world = self.network.world();
        if snapshot.is_some() && world.per_mille(world.plan.rates.snapshot) {
            world.count(Mishap::SnapshotUseless);
            // It went, or another release wrote it.
            let of_another_release = |snapshot: Snapshot| Snapshot { schema: snapshot.schema + 1, ..snapshot };
            return Ok(snapshot.map(of_another_release).filter(|_| world.below(2) == 0));
        }
        Ok(snapshot)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        self.network.call(DynamoDb, "store.save_snapshot", self.name, self.inner.save_snapshot(snapshot)).await
    }

    async fn pending(&self, shard: u8, before: Timestamp, limit: usize) -> Result<Vec<Commit>, Fault> {
        let effect = self.inner.pending(shard, before, limit);
        let fresh = self.network.call(DynamoDb, "store.pending", self.name, effect).await?;
        Ok(self.perhaps_stale(shard, fresh))
    }

    async fn clear_pending(&self, commits: &[Commit]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "store.clear_pending";
        let refused = self.network.refused_entries(DynamoDb, self.name, commits.len());
        let some = admitted(commits, &refused);
        let effect = self.inner.clear_pending(&some);
        Ok(merged(OPERATION, &refused, self.network.call(DynamoDb, OPERATION, self.name, effect).await?))
    }

    async fn scan(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<String>), Fault> {
        self.network.call(DynamoDb, "store.scan", self.name, self.inner.scan(shard, from, limit)).await
    }

    async fn aggregates(
        &self,
        shard: u8,
        from: Option<String>,
        limit: usize,
    ) -> Result<(Vec<AggregateId>, Option<String>), Fault> {
        self.network.call(DynamoDb, "store.aggregates", self.name, self.inner.aggregates(shard, from, limit)).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.network.call(DynamoDb, "store.ping", self.name, self.inner.ping()).await
    }
}

fn summary(commit: &Commit) -> String {
    let types: Vec<_> = commit.events.iter().map(|envelope| envelope.event_type.as_str()).collect();
    format!("{}@{} {}", commit.aggregate_id, commit.first_version, types.join("+"))
}
