//! Events of some time come into the stream once more, by the command.

use std::time::Duration;

use shotengai_tests::shop::text;
use shotengai_tests::stream::{committed, held, until_complete};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// Runs `republish`; answers its exit code and what it said.
async fn republish(cluster: &TestCluster, args: &[&str]) -> (Option<i32>, String) {
    let output = cluster.command(&[&["republish"], args].concat()).output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_time_come_once_more_and_change_nothing() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    until_complete(&cluster).await;
    let (events, before) = (committed(&cluster).await.unwrap(), held(&cluster).await.unwrap());

    let (code, said) = republish(&cluster, &["--from", "2020-01-01T00:00:00Z", "--dry-run"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("{} events would be published; nothing was", events.len())), "{said}");
    assert_eq!(held(&cluster).await.unwrap(), before);

    // The orders' alone, and none of a time in which there were none.
    let (code, said) = republish(&cluster, &["--from", "2020-01-01T00:00:00Z", "--to", "2020-02-01T00:00:00Z"]).await;
    assert!(code == Some(0) && said.contains("0 events published"), "{said}");
    let (code, said) = republish(&cluster, &["--from", "2020-01-01T00:00:00Z", "--owner", "order"]).await;
    assert_eq!(code, Some(0), "{said}");
    let (orders, _) = said.lines().last().unwrap().split_once(" events published").unwrap();
    let orders: usize = orders.parse().unwrap();
    assert!(orders > 1 && orders < events.len(), "{said}");
    let more = || async {
        let now: usize = held(&cluster).await.unwrap().values().sum();
        let expected = before.values().sum::<usize>() + orders;
        if now >= expected { Ok(()) } else { Err(format!("{now} records of {expected}")) }
    };
    until("the orders' events are in the stream once more", Duration::from_secs(30), more).await;
    assert_eq!(shop.get(&format!("/orders/{order}"), Some(&guest)).await.body["status"], "paid");
    cluster.assert_tidy().await;
}
