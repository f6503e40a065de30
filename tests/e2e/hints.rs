//! Hints within one process: how soon an order is paid with them, and that all is done without them.

use std::time::Duration;

use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use tokio::time::Instant;

/// Reads so seldom that it shows who waits for them, whatever else this machine does.
const POLLS: [(&str, &str); 3] =
    [("BRIDGE_BUSY_POLL_MS", "3000"), ("BRIDGE_IDLE_POLL_MS", "3000"), ("BRIDGE_READS_PER_SECOND", "100")];
const ORDERS: usize = 3;
const LOOK_EVERY: Duration = Duration::from_millis(3);
const PAID_WITHIN: Duration = Duration::from_secs(90);

/// How long it takes from the request until an order is paid.
async fn paid_after(shop: &Shop, buyer: &Person, product: &str) -> Duration {
    let placed = Instant::now();
    let order = text(&shop.order(buyer, &[(product, 1)]).await.expect(202), "order_id");
    let path = format!("/orders/{order}");
    while shop.get(&path, Some(buyer)).await.body["status"] != "paid" {
        assert!(placed.elapsed() < PAID_WITHIN, "{order} is not paid after {PAID_WITHIN:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    placed.elapsed()
}

/// The median over some orders, each placed when the one before is paid.
async fn median(cluster: &TestCluster, hints: &str) -> Duration {
    let settings = [&POLLS[..], &[("HINTS", hints)]].concat();
    let mut process = cluster.serve("all", &settings).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let product = shop.product(&admin, &format!("prod_{hints}"), "きのこの山", 200, 100).await;
    let buyer = shop.guest(None, "en").await;
    let mut times = Vec::new();
    for _ in 0..ORDERS {
        times.push(paid_after(&shop, &buyer, &product).await);
    }
    cluster.assert_tidy().await;
    assert!(process.terminate().await);
    times.sort_unstable();
    times[ORDERS / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_sooner_with_hints_and_is_paid_without_them_too() {
    let cluster = TestCluster::provisioned().await;
    let (without, with) = (median(&cluster, "off").await, median(&cluster, "on").await);
    println!("place to paid, median of {ORDERS}: {without:?} without hints, {with:?} with them");
    assert!(with * 2 < without, "{with:?} with hints, {without:?} without");
}
