//! A running shop goes from the outbox to change capture and back, as operations.md says: no order is lost, none is done twice, and
//! no customer notices.

use std::sync::atomic::Ordering;
use std::time::Duration;

use shotengai_tests::wait::until;

use super::{Cluster, under_load};

/// Whose commits reach the stream by the one or the other, and who looks after what is left of the way before.
const PUBLISHERS: [&str; 5] = ["order", "catalog", "inventory", "billing", "bridge"];
/// So many orders are placed at least while it goes there and back.
const ORDERS: usize = 300;
const SOON: Duration = Duration::from_secs(120);

impl Cluster {
    async fn provision(&self, publish: &str, more: &[&str]) {
        let mut command = self.cluster.command(&[&["provision"], more].concat());
        let output = command.env("PUBLISH", publish).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn switch(&mut self, publish: &'static str) {
        self.publish = Some(publish);
        for role in PUBLISHERS {
            self.replace(role).await;
        }
    }
}

async fn until_accepted(buying: &super::Buying, orders: usize) {
    until("so many orders are placed", SOON, || async {
        let accepted = buying.accepted.load(Ordering::Relaxed);
        if accepted >= orders { Ok(()) } else { Err(accepted) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_shop_goes_to_change_capture_and_back() {
    let mut cluster = Cluster::start(Some("outbox")).await;
    cluster.provision("outbox", &["--stop-capture"]).await;
    let shop = cluster.shop().with_ledger_at(cluster.services["billing"].url());
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;

    let total = under_load(&mut cluster, &kinoko, async |cluster, buying| {
        until_accepted(buying, ORDERS / 6).await;
        cluster.provision("cdc", &[]).await;
        cluster.switch("cdc").await;
        let there = buying.accepted.load(Ordering::Relaxed);
        until_accepted(buying, there + ORDERS / 6).await;
        cluster.switch("outbox").await;
        cluster.provision("outbox", &["--stop-capture"]).await;
        let back = buying.accepted.load(Ordering::Relaxed);
        until_accepted(buying, ORDERS.max(back + ORDERS / 6)).await;
    })
    .await;

    for order in &total.accepted {
        shop.until_status(&admin, order, "paid").await;
        let captures = shop.ledger(order).await.into_iter().filter(|entry| entry["operation"] == "capture").count();
        assert_eq!(captures, 1, "{order}");
    }
    let sold = total.accepted.len();
    until("stock and tally have each order once", SOON, || async {
        let stock = shop.get(&format!("/products/{kinoko}"), None).await.body["stock"].clone();
        let tally = shop.get("/tally", None).await.body["products"][0]["sold"].clone();
        if stock == 100_000 - sold && tally == sold { Ok(()) } else { Err((stock, tally, sold)) }
    })
    .await;
    cluster.cluster.assert_tidy().await;
}
