//! Golden answers of every route: status, the headers that clients rely on, and the body, byte for byte.
//!
//! `UPDATE_GOLDEN=1 cargo test --workspace --all-features --test e2e -- api::` writes `tests/golden/api/` anew. The files
//! have the form that editors' HTTP clients read. What differs from run to run (ids, times, tokens, keys) is named in
//! angle brackets: the same id has the same name all through a file.

mod accounts;
mod carts;
mod internal;
mod names;
mod ops;
mod orders;
mod products;
mod recorder;
mod refusals;
mod tally;

use shotengai_tests::test_cluster::{INTERNAL_TOKEN, TestCluster};

use recorder::Recorder;

/// Without billing and notification: an order waits for its payment until the test starts them, so that its events come
/// in one order.
const ROLES: &str = "storefront,order,catalog,inventory,query,tally,bridge,ops";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_its_golden_file() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve(ROLES, &[("LOG", "warn")]).await;
    let shop = cluster.shop(&process);
    let (admin, guest, stranger) = (shop.admin().await, shop.guest(None, "en").await, shop.guest(None, "ja").await);
    let mut recorder = Recorder::new(shop);
    recorder.knows("admin", &admin.token);
    recorder.knows("guest", &guest.token);
    recorder.knows("stranger", &stranger.token);
    recorder.knows("service", INTERNAL_TOKEN);

    accounts::record(&mut recorder).await;
    products::record(&mut recorder).await;
    carts::record(&mut recorder).await;
    let (order, billing) = orders::record(&mut recorder, &cluster, &guest).await;
    tally::record(&mut recorder).await;
    ops::record(&mut recorder, &cluster).await;
    refusals::record(&mut recorder, &order).await;
    refusals::record_limits(&mut recorder, &cluster).await;
    internal::record(&mut recorder, &mut process, &billing, &order).await;
    recorder.compare();
    cluster.assert_tidy().await;
}
