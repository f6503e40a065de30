//! Takes leases away in the middle of batches.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Infrastructure, LeaseChange};
use shotengai_streaming::Checkpoints;
use tokio_util::sync::CancellationToken;

use crate::mishap::Mishap;
use crate::network::Network;

/// How long a lease holds that one has who never renews it.
const HELD: Duration = Duration::from_secs(8);

/// A handler whose shard's lease is sometimes deleted, or another's, by the time that it begins.
pub(crate) struct Robbed {
    pub(crate) inner: Arc<dyn RecordHandler>,
    pub(crate) network: Network,
}

impl Robbed {
    async fn rob(&self, shard: &str) {
        let world = self.network.world();
        // An operator with `kubectl delete lease`, or a process that saw it run out: neither passes this line.
        let leases = Checkpoints::new(world.infra.table(tables::CHECKPOINTS.name), "bridge", STREAM).leases();
        let Ok(all) = leases.list().await else { return };
        let Some(lease) = all.into_iter().find(|lease| lease.name == shard) else { return };
        let robbed = if world.below(2) == 0 {
            leases.delete(&lease).await.is_ok()
        } else {
            let change = LeaseChange::TakeOver { holder: "a-stranger".to_owned(), duration: HELD };
            leases.change(&lease, change).await.is_ok()
        };
        if robbed {
            world.count(Mishap::LeaseLost);
            world.hold_ups.add_for_all(STREAM, world.elapsed());
            world.note(self.network.name(), || format!("loses the lease of {shard} in mid-batch"));
        }
    }
}

#[async_trait]
impl RecordHandler for Robbed {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let world = self.network.world();
        if world.per_mille(world.plan.rates.lease_lost) {
            self.rob(shard).await;
        }
        self.inner.handle(shard, records, shutdown).await
    }
}
