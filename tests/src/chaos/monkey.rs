//! Kills processes, and starts them again.

use std::time::Duration;

use shotengai_kernel::{Random, SeededRandom};
use tokio_util::sync::CancellationToken;

use super::fleet::Fleet;
use crate::test_cluster::TestCluster;

/// So many are killed in any case.
const LEAST: usize = 3;

/// Kills one process every so often, and starts it again within half of that, until told to stop. All are up then,
/// if not ready.
pub async fn rampage(fleet: &mut Fleet, cluster: &TestCluster, seed: u64, every: Duration, stop: &CancellationToken) {
    let random = SeededRandom::new(seed);
    let (mut killed, never) = (0, CancellationToken::new());
    // However quick the orders were: without a few kills this is no chaos.
    while !pause(every / 2, if killed < LEAST { &never } else { stop }).await {
        killed += 1;
        let index = random.below(fleet.slots.len().try_into().unwrap_or(u64::MAX));
        fleet.kill(usize::try_from(index).unwrap_or_default()).await;
        let down = u32::try_from(random.below(100)).unwrap_or_default();
        pause(every / 2 * down / 100, stop).await;
        fleet.revive(cluster);
        pause(every / 2 * (100 - down) / 100, stop).await;
    }
    fleet.revive(cluster);
}

/// Whether it was told to stop meanwhile.
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    tokio::time::timeout(time, stop.cancelled()).await.is_ok()
}
