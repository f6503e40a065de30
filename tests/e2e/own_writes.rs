//! Who waits for what they wrote reads it, never what was before; and a version that never comes is said in time.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use serde_json::json;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use tokio::time::Instant;

const CLIENTS: usize = 8;
/// Orders that a guest places: so many may be pending at once.
const ORDERS_OF_ONE: usize = 5;
/// The product that they order.
const ORDERED: &str = "prod_ordered";
/// How long a read waits for reads that must succeed, on a machine that does much else.
const PATIENCE: (&str, &str) = ("QUERY_MIN_VERSION_WAIT_MS", "20000");
/// How long it waits unless it is said otherwise, and how much later its refusal may be there.
const WAIT: Duration = Duration::from_secs(2);
const LATE: Duration = Duration::from_secs(10);

/// How many writes are read: a hundred, or as many as `E2E_OWN_WRITES` says.
fn writes() -> usize {
    std::env::var("E2E_OWN_WRITES").map_or(100, |text| text.parse().expect("E2E_OWN_WRITES is a number"))
}

/// One after the other, pieces come in and an order is placed; after each the answer is asked for what it must show. Says
/// how long each read took.
async fn write_and_read(shop: &Shop, admin: &Person, client: usize, count: usize) -> Vec<Duration> {
    let product = shop.product(admin, &format!("prod_own_{client}"), "Senbei", 200, 0).await;
    let mut guest = shop.guest(None, "en").await;
    let mut took = Vec::new();
    for n in 0..count {
        let is_stock = n % 2 == 0;
        if n % (2 * ORDERS_OF_ONE) == 1 {
            guest = shop.guest(None, "en").await;
        }
        let answer = if is_stock {
            shop.post(&format!("/products/{product}/stock"), Some(admin), &json!({"quantity": 1})).await
        } else {
            shop.order(&guest, &[(ORDERED, 1)]).await
        };
        let path = answer.location.clone().unwrap_or_else(|| panic!("it doesn't say where to read it: {answer:?}"));
        let written = answer.expect(202);
        let began = Instant::now();
        let read = shop.get(&path, Some(&guest)).await.expect(200);
        took.push(began.elapsed());
        if is_stock {
            assert_eq!(read["stock"], n / 2 + 1, "{path}: {read}");
        } else {
            assert_eq!(read["order_id"], written["order_id"], "{path}");
        }
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_what_they_wrote_never_reads_what_was_before() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[PATIENCE]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    shop.product(&admin, ORDERED, "Arare", 200, 100_000).await;
    let count = writes().div_ceil(CLIENTS);
    let mut took: Vec<Duration> = futures::stream::iter(0..CLIENTS)
        .map(|client| write_and_read(&shop, &admin, client, count))
        .buffer_unordered(CLIENTS)
        .flat_map(futures::stream::iter)
        .collect()
        .await;
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!("{} reads of own writes: p50 {:?}, p99 {:?}, longest {:?}", took.len(), at(50), at(99), at(100));
    assert!(took.len() >= writes());

    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_what_never_comes_is_told_in_time() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let product = shop.product(&admin, ORDERED, "Senbei", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&product, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let missing = [format!("{product}:99"), format!("stock/{product}:99"), format!("{order}:99")];
    let paths =
        ["/products".to_owned(), format!("/products/{product}"), "/orders".to_owned(), format!("/orders/{order}")];
    let asked =
        missing.iter().flat_map(|missing| paths.iter().map(move |path| format!("{path}?min_version={missing}")));
    let answers = join_all(asked.map(async |path| {
        let began = Instant::now();
        let body = shop.get(&path, Some(&guest)).await.expect(504);
        assert_eq!(body["type"], "/problems/not-caught-up", "{path}: {body}");
        began.elapsed()
    }));
    let took = answers.await;
    println!("{} refusals after {:?} at most", took.len(), took.iter().max());
    assert!(took.iter().all(|took| (WAIT..WAIT + LATE).contains(took)), "{took:?}");
    cluster.assert_tidy().await;
}
