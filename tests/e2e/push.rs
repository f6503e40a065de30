//! A stream that sends what comes: enhanced fan-out, and what becomes of it without a consumer.

use std::time::Duration;

use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::time::Instant;

/// So seldom that an order that waits for them is not paid within one of them.
const POLL: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(60);

/// How long it takes until an order is paid.
async fn paid_after(cluster: &TestCluster, process: &Process, product: &str) -> Duration {
    let shop = cluster.shop(process);
    let admin = shop.admin().await;
    let product = shop.product(&admin, product, "きのこの山", 200, 100).await;
    let buyer = shop.guest(None, "en").await;
    let placed = Instant::now();
    let order = text(&shop.order(&buyer, &[(&product, 1)]).await.expect(202), "order_id");
    shop.until_status(&buyer, &order, "paid").await;
    placed.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_waits_for_no_poll_where_the_stream_pushes() {
    let cluster = TestCluster::provisioned().await;
    let provisioned = cluster.command(&["provision"]).env("STREAM_READ", "push").output().await.unwrap();
    let said = String::from_utf8_lossy(&provisioned.stdout).into_owned();
    assert!(provisioned.status.success() && said.contains("consumer"), "{said}");
    let poll = POLL.as_millis().to_string();
    let settings = [
        ("STREAM_READ", "push"),
        ("HINTS", "off"),
        ("BRIDGE_BUSY_POLL_MS", poll.as_str()),
        ("BRIDGE_IDLE_POLL_MS", poll.as_str()),
    ];
    let mut process = cluster.serve("all", &settings).await;
    let paid = paid_after(&cluster, &process, "prod_pushed").await;
    println!("place to paid: {paid:?}");
    // Five reads, one after the other, stand between the two.
    assert!(paid < POLL, "{paid:?}");
    cluster.assert_tidy().await;
    assert!(process.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_consumer_is_polled_and_the_log_says_what_is_missing() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve("all", &[("STREAM_READ", "push")]).await;
    paid_after(&cluster, &process, "prod_polled").await;
    let missing = "can't be subscribed to";
    let is_apart = process.of_role("bridge").is_some();
    let bridge = if is_apart { process.of_role("bridge").unwrap() } else { &mut process };
    until("the log says it", SOON, || async {
        let log = bridge.log();
        if log.contains(missing) && log.contains("provision") { Ok(()) } else { Err(log.len()) }
    })
    .await;
    cluster.assert_tidy().await;
}
