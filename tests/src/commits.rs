//! What stands in the event stores.

use shotengai_contracts::Owner;
use shotengai_messaging::{Infrastructure, OUTBOX_SHARDS};

use crate::test_cluster::TestCluster;

const PAGE: usize = 1000;

/// How many commits all services have written.
pub async fn count(cluster: &TestCluster) -> usize {
    let mut count = 0;
    for owner in Owner::ALL {
        count += count_of(cluster, owner).await;
    }
    count
}

/// The same, of one service.
pub async fn count_of(cluster: &TestCluster, owner: Owner) -> usize {
    let store = cluster.aws.event_store(owner);
    let mut count = 0;
    for shard in 0..OUTBOX_SHARDS {
        let mut from = None;
        loop {
            let (commits, next) = store.scan(shard, from, PAGE).await.unwrap();
            count += commits.len();
            let Some(next) = next else { break };
            from = Some(next);
        }
    }
    count
}
