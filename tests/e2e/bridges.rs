//! Bridges that share shards, die, freeze and wake.

mod cluster;
mod trouble;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use shotengai_tests::shards::{CheckpointWatch, readers, shown_holders, signal};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const SHOP: &str = "storefront,order,catalog,inventory,billing,notification,tally,query";
const LEASE: Duration = Duration::from_secs(6);
const SOON: Duration = Duration::from_secs(60);

async fn bridge(cluster: &TestCluster) -> Process {
    // As often as in production: the local AWS is to have time for what is measured.
    let polls = [("BRIDGE_BUSY_POLL_MS", "200"), ("BRIDGE_IDLE_POLL_MS", "200"), ("BRIDGE_LEASE_SECONDS", "6")];
    cluster.serve("bridge", &polls).await
}

/// Waits until the shares are these, the largest first; answers who reads what.
async fn until_shared(cluster: &TestCluster, shares: &[usize]) -> BTreeMap<String, Vec<String>> {
    until("the shards are shared", SOON, || async {
        let readers = readers(&cluster.aws).await;
        let mut now: Vec<_> = readers.values().map(Vec::len).collect();
        now.sort_unstable_by(|a, b| b.cmp(a));
        if now == shares { Ok(readers) } else { Err(readers) }
    })
    .await
}

/// Waits until one reads all four shards. It must be so at every look that begins later than the lease time after the
/// kill; the look that sees it first comes up to one interval later.
async fn moved_within_the_lease_time<Fut>(killed: Instant, look: impl Fn() -> Fut)
where
    Fut: Future<Output = BTreeMap<String, Vec<String>>>,
{
    let mut not_yet = Duration::ZERO;
    loop {
        let begun = killed.elapsed();
        if look().await.values().map(Vec::len).eq([4]) {
            let (not_yet, seen) = (not_yet.as_millis(), killed.elapsed().as_millis());
            println!(
                "one killed: its shards moved between {not_yet} and {seen} ms (lease time {} ms)",
                LEASE.as_millis()
            );
            return;
        }
        assert!(begun <= LEASE, "not all have moved {begun:?} after the kill");
        not_yet = begun;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The owner that is in `after` and not in `before`.
fn newcomer(before: &BTreeMap<String, Vec<String>>, after: &BTreeMap<String, Vec<String>>) -> String {
    after.keys().find(|owner| !before.contains_key(*owner)).expect("a new owner").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bridges_share_shards_through_a_kill_and_a_freeze_and_lose_no_event() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve(SHOP, &[]).await;
    let first = bridge(&cluster).await;
    let alone = until_shared(&cluster, &[4]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;
    let guest = shop.guest(Some("bridges@example.com"), "ja").await;
    let stop = CancellationToken::new();
    let ordering = tokio::spawn(shop.clone().keep_ordering(guest.clone(), kinoko, stop.clone()));
    let checkpoints = CheckpointWatch::start(&cluster.aws);

    let mut second = bridge(&cluster).await;
    let both = until_shared(&cluster, &[2, 2]).await;
    assert_eq!(shown_holders(&cluster).await, both, "the command line shows the same");
    println!("two bridges on four shards: {:?}", both.values().map(Vec::len).collect::<Vec<_>>());

    second.kill().await;
    moved_within_the_lease_time(Instant::now(), || readers(&cluster.aws)).await;

    let third = bridge(&cluster).await;
    let joined = until_shared(&cluster, &[2, 2]).await;
    let sleeper = alone.keys().next().expect("the first").clone();
    assert!(joined.contains_key(&sleeper) && newcomer(&both, &joined) != sleeper);
    signal(&first, "STOP").await;
    let frozen = until_shared(&cluster, &[4]).await;
    assert_eq!(frozen.keys().next(), Some(&newcomer(&both, &joined)), "the frozen one's shards have moved");
    let reading_before = first.log().matches("no longer reading").count();
    signal(&first, "CONT").await;
    until("the one that woke has stopped reading what it had", SOON, || async {
        let ended = first.log().matches("no longer reading").count() - reading_before;
        if ended >= 2 { Ok(()) } else { Err(ended) }
    })
    .await;
    until_shared(&cluster, &[2, 2]).await;
    println!("the frozen one woke, stopped, and has its share again");

    stop.cancel();
    let orders = ordering.await.unwrap();
    let looks = checkpoints.end().await;
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }
    cluster.assert_tidy().await;
    println!("{} orders placed meanwhile, all paid; events lost: 0; {looks} looks at the checkpoints", orders.len());
    assert!(!orders.is_empty() && looks > 20);
    drop(third);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_whose_records_go_nowhere_is_shown_as_stuck_until_it_moves() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[("BRIDGE_STUCK_SECONDS", "1")]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    assert!(cluster.aws.admin().delete_topic().await.unwrap());
    let body = serde_json::json!({"product_id": "prod_stuck", "name": "-", "description": "", "price": 1, "stock": 1});
    let created = shop.post("/products", Some(&admin), &body).await.expect(201);
    assert_eq!(created["product_id"], "prod_stuck");
    let stuck = |count: usize| {
        let process = &process;
        move || async move {
            let now = process.metric("shotengai_shard_stuck{").await;
            if now.iter().filter(|value| **value > 0.0).count() == count { Ok(()) } else { Err(now) }
        }
    };
    until("a shard is stuck", SOON, stuck(1)).await;
    let log = process.log();
    assert!(log.contains("the shard is stuck"));
    let why = log.lines().find(|line| line.contains("the topic did not take all")).expect("why it is stuck");
    assert!(why.contains("shard=") && why.contains("position=") && why.contains("there is no topic"), "{why}");
    let provisioned = cluster.command(&["provision"]).output().await.unwrap();
    assert!(provisioned.status.success());
    until("it moves again", SOON, stuck(0)).await;
}
