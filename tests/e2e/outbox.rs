//! A process that dies between commit and publish loses nothing.

use std::time::Duration;

use shotengai_contracts::Owner;
use shotengai_tests::shop::text;
use shotengai_tests::stream::{self, captured};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_committed_is_published_all_the_same() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,inventory,billing,notification,tally,query,bridge", &[]).await;
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let urls = [("CATALOG_URL", others.url.as_str()), ("STOREFRONT_URL", others.url.as_str()), ("JWKS_URL", &jwks)];
    // This process commits into the table, but its publisher writes to a stream that is not there. Where the table streams
    // itself there is nothing to break.
    let mut stuck = urls.to_vec();
    if !captured() {
        stuck.push(("KINESIS_STREAM_NAME", "no-such-stream"));
    }
    let mut order_process = cluster.serve("order", &stuck).await;

    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(None, "ja").await;
    let answer = cluster.shop(&order_process).order(&guest, &[(&kinoko, 1)]).await;
    let order = text(&answer.expect(202), "order_id");
    if !captured() {
        until("its sweeper shows how old the marker is", Duration::from_secs(30), || async {
            let oldest = order_process.metric("shotengai_outbox_oldest_seconds{service=\"order\"}").await;
            if oldest.iter().any(|age| *age > 0.0) { Ok(()) } else { Err(oldest) }
        })
        .await;
    }
    order_process.kill().await;
    if captured() {
        assert_eq!(cluster.unpublished_of(Owner::Order).await, 0, "the commit carries no marker");
        let (committed, held) = (stream::committed(&cluster).await.unwrap(), stream::held(&cluster).await.unwrap());
        assert!(committed.iter().all(|event| held.contains_key(event)), "it is in the stream without anybody's doing");
    } else {
        assert_eq!(cluster.unpublished_of(Owner::Order).await, 1, "the commit is durable and marked");
    }

    let _order_process = cluster.serve("order", &urls).await;
    until("the order ends paid", Duration::from_secs(60), || async {
        let answer = shop.get(&format!("/orders/{order}"), Some(&guest)).await;
        if answer.body["status"] == "paid" { Ok(()) } else { Err(answer) }
    })
    .await;
    cluster.assert_tidy().await;
}
