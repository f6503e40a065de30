//! `kill -9` in the middle of the work.

use futures::StreamExt;
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::test_cluster::TestCluster;

const ORDERS: usize = 50;
const KILL_AFTER: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_that_was_accepted_before_a_kill_ends_paid() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 1000).await;
    let guest = shop.guest(Some("crash@example.com"), "ja").await;

    let mut answers = futures::stream::iter(0..ORDERS)
        .map(|_| {
            let (shop, guest, body) = (shop.clone(), guest.clone(), order_body(&[(&kinoko, 1)]));
            async move { shop.send(reqwest::Method::POST, "/orders", Some(&guest), &[], Some(&body)).await }
        })
        .buffer_unordered(8);
    let mut accepted = Vec::new();
    let mut refused = 0;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => accepted.push(text(&answer.expect(202), "order_id")),
            Err(_) => refused += 1,
        }
        if accepted.len() == KILL_AFTER && refused == 0 {
            process.kill().await;
        }
    }
    drop(answers);
    assert!(accepted.len() >= KILL_AFTER && refused > 0, "killed in the middle: {} accepted", accepted.len());

    let successor = cluster.serve_at("all", process.http(), process.health(), &[]).await;
    for order in &accepted {
        shop.until_status(&guest, order, "paid").await;
        let captures = shop.ledger(order).await.into_iter().filter(|entry| entry["operation"] == "capture").count();
        assert_eq!(captures, 1, "{order}");
    }
    cluster.assert_tidy().await;
    drop(successor);
}
