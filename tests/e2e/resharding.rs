//! A stream gets another number of shards by the command, and orders go on.
//!
//! The local AWS drops the closed shards with what they hold, so that here nothing is on its way at that moment. That records of
//! closed shards are read first, and none is lost while customers come, is the simulation's to show (splits and merges).

use std::time::Duration;

use serde_json::Value;
use shotengai_tests::shards::readers;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const SOON: Duration = Duration::from_secs(60);

/// Runs `stream`; answers its exit code and what it said.
async fn stream(cluster: &TestCluster, args: &[&str]) -> (Option<i32>, String) {
    let output = cluster.command(&[&["stream"], args].concat()).output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), said)
}

/// Reshards as soon as all is read: before, the command refuses to drop what is not.
async fn reshard(cluster: &TestCluster, shards: &str) -> String {
    until("the stream is resharded", SOON, || async {
        let (code, said) = stream(cluster, &["reshard", "--shards", shards]).await;
        assert!(code == Some(0) || said.contains("try again when both are nought"), "{code:?}: {said}");
        if code == Some(0) { Ok(said) } else { Err(said) }
    })
    .await
}

async fn buy(shop: &Shop, guest: &Person, product: &str) {
    for _ in 0..8 {
        let order = text(&shop.order(guest, &[(product, 1)]).await.expect(202), "order_id");
        shop.until_status(guest, &order, "paid").await;
    }
}

async fn until_read(cluster: &TestCluster, shards: usize) {
    until("all shards are read", SOON, || async {
        let read: usize = readers(&cluster.aws).await.values().map(Vec::len).sum();
        if read == shards { Ok(()) } else { Err(read) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_go_on_through_more_shards_and_fewer() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[("BRIDGE_LEASE_SECONDS", "6")]).await;
    let shop = cluster.shop(&all);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    buy(&shop, &guest, &kinoko).await;
    let before = cluster.aws.admin().stream_shards("ec-events").await.unwrap().unwrap().open;

    let (code, said) = stream(&cluster, &["reshard", "--shards", "8", "--dry-run"]).await;
    assert!(code == Some(0) && said.contains(&format!("has {before} open shards")), "{said}");
    assert!(said.ends_with("8; nothing was\n"), "{said}");
    for shards in [6_usize, 1] {
        let said = reshard(&cluster, &shards.to_string()).await;
        assert!(said.contains(&format!("ec-events has {shards} open shards")), "{said}");
        until_read(&cluster, shards).await;
        buy(&shop, &guest, &kinoko).await;
    }

    let health = format!("http://{}", all.health());
    let advice = ["advice", "--watch", "1", "--output", "json", "--health-url", &health];
    let (code, said) = stream(&cluster, &advice).await;
    let advice: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!((code, &advice["shards"], &advice["advised"]), (Some(0), &1.into(), &1.into()), "{said}");
    assert_eq!(advice["why"]["what"], "enough", "{said}");
    assert!(advice["records_a_second"].is_number(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_resharded_is_named() {
    let cluster = TestCluster::provisioned().await;
    let (code, said) = stream(&cluster, &["reshard", "--shards", "0"]).await;
    assert!(code == Some(2) && said.contains("--shards"), "{said}");
    let (code, said) = stream(&cluster, &["reshard", "--shards", "2", "--kinesis-stream-name", "nowhere"]).await;
    assert!(code == Some(2) && said.contains("there is no stream nowhere"), "{said}");
    let (code, said) = stream(&cluster, &["reshard", "--shards", "2", "--stream", "prices"]).await;
    assert!(code == Some(2) && said.contains("a local AWS drops the records"), "{said}");
}
