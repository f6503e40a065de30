//! Takes leases away in the middle of batches, and members' rows at any moment.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_catalog::price_stream;
use shotengai_contracts::topology::{PRICE_STREAM, STREAM, tables};
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Condition, Infrastructure, LeaseChange, RecordHandler, Row, Table};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::lease::MEMBER_PREFIX;
use tokio_util::sync::CancellationToken;

use crate::mishap::Mishap;
use crate::network::Network;
use crate::world::World;

/// How long a lease holds that one has who never renews it.
const HELD: Duration = Duration::from_secs(8);
/// The least time for which a reader that was robbed stands still: until another may read.
const STANDS: Duration = Duration::from_secs(9);
/// By how many renewals a row is set back, at the most.
const SET_BACK: u64 = 5;

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

    /// Stands still with a batch in hand, for as long as another may need to read the shard.
    async fn stand(&self, shard: &str) {
        let world = self.network.world();
        let stands = STANDS + Duration::from_millis(world.below(25_000));
        let now = world.elapsed();
        world.count(Mishap::ReadOn);
        world.hold_ups.add_span(self.network.process(), Some(STREAM), now, now + stands);
        world
            .note(self.network.name(), || format!("stands still with a batch of {shard} for {stands:?}, and reads on"));
        tokio::time::sleep(stands).await;
    }
}

#[async_trait]
impl RecordHandler for Robbed {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let world = self.network.world();
        if world.per_mille(world.plan.rates.lease_lost) {
            self.rob(shard).await;
        }
        if world.per_mille(world.plan.rates.read_on) {
            self.rob(shard).await;
            self.stand(shard).await;
            // It has not heard that it was to stop.
            return self.inner.handle(shard, records, &CancellationToken::new()).await;
        }
        self.inner.handle(shard, records, shutdown).await
    }
}

/// Some member's row, of those that read the stream or the price stream, and its table.
async fn some_member(world: &World) -> Option<(Arc<dyn Table>, Row)> {
    let groups = [
        (tables::CHECKPOINTS.name, format!("leases/bridge/{STREAM}")),
        (tables::PRICE_CHECKPOINTS.name, format!("leases/{}/{PRICE_STREAM}", price_stream::NAME)),
    ];
    let mut members = Vec::new();
    for (table, group) in groups {
        let table = world.infra.table(table);
        let rows = table.list(&group, MEMBER_PREFIX, None, 100).await.unwrap_or_default();
        members.extend(rows.into_iter().map(|row| (Arc::clone(&table), row)));
    }
    let count = u64::try_from(members.len()).ok().filter(|count| *count > 0)?;
    Some(members.swap_remove(usize::try_from(world.below(count)).ok()?))
}

/// Somebody deletes a member's row; its process reads on.
pub(crate) async fn delete_member(world: &World) {
    let Some((table, row)) = some_member(world).await else { return };
    if table.delete(&row.key, Condition::Any).await.is_ok() {
        world.count(Mishap::MemberDeleted);
        world.hold_ups.add_for_all(STREAM, world.elapsed());
        world.note("world", || format!("{} is deleted", row.key.sk));
    }
}

/// Somebody puts a member's row back as it was some renewals ago: older than the rows of its shards.
pub(crate) async fn set_back_member(world: &World) {
    let Some((table, mut row)) = some_member(world).await else { return };
    row.version = row.version.saturating_sub(1 + world.below(SET_BACK));
    if table.put(&row, Condition::Any).await.is_ok() {
        world.count(Mishap::MemberSetBack);
        world.hold_ups.add_for_all(STREAM, world.elapsed());
        world.note("world", || format!("{} is set back to version {}", row.key.sk, row.version));
    }
}
