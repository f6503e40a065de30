//! Stores that are missing, or come back empty, under running roles.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::Infrastructure;
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::stream::captured;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

use crate::away::{health, retry_after};

const WITHIN: Duration = Duration::from_secs(90);

async fn provision(cluster: &TestCluster, more: &[&str]) {
    let output = cluster.command(&[&["provision"], more].concat()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_table_is_answered_503_and_named() {
    let cluster = TestCluster::provisioned().await;
    let mut all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "Kinoko", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    let table = Owner::Order.events_table();
    cluster.aws.admin().delete_table(&table).await.unwrap();

    let (orders, body) = (format!("{}/orders", shop.base()), order_body(&[(&kinoko, 1)]));
    for _ in 0..20 {
        retry_after(&orders, Method::POST, &guest.token, Some(body.clone())).await.unwrap();
    }
    let order = match all.of_role("order") {
        Some(order) => &*order,
        None => &all,
    };
    until("it is named", WITHIN, || async {
        let (_, said) = health(order, "/readyz").await;
        if names_missing(&said, &table) { Ok(()) } else { Err(said) }
    })
    .await;
    // Who begins without it is not ready, and says why; with change capture it ends at once (`capture::`).
    if !captured() {
        let newcomer = cluster.spawn_one("order", &[]);
        until("the newcomer names it", WITHIN, || async {
            let Ok(answer) = reqwest::get(format!("{}/readyz", newcomer.health_url)).await else {
                return Err("no answer yet".to_owned());
            };
            let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap_or_default());
            if status == 503 && names_missing(&said, &table) { Ok(()) } else { Err(format!("{status} {said}")) }
        })
        .await;
        drop(newcomer);
    }

    provision(&cluster, &[]).await;
    let placed = until("orders are taken again", WITHIN, || async {
        let answer = shop.order(&guest, &[(&kinoko, 1)]).await;
        if answer.status.as_u16() == 202 { Ok(text(&answer.body, "order_id")) } else { Err(answer) }
    })
    .await;
    shop.until_status(&guest, &placed, "paid").await;
}

/// Whether a missing table of events is named. With change capture its capture is looked at before anything is written, and
/// of that MiniStack says "off" for a table that there is not.
fn names_missing(said: &str, table: &str) -> bool {
    let not_found = said.contains("ResourceNotFound") && said.contains(table);
    not_found || said.contains(&format!("the capture of {table} is off"))
}

/// What a local AWS that was restarted with nothing looks like.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_come_back_empty_are_begun_anew() {
    let cluster = TestCluster::provisioned().await;
    let mut all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    for _ in 0..3 {
        let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
        shop.until_status(&guest, &order, "paid").await;
    }
    cluster.assert_tidy().await;

    provision(&cluster, &["--destroy", "--yes"]).await;
    // A store that is set back so fast that nobody notices is believed in for seconds more (decision 75).
    for owner in [Owner::Catalog, Owner::Inventory, Owner::Order] {
        let role = match all.of_role(owner.as_str()) {
            Some(role) => &*role,
            None => &all,
        };
        until("its role notices", WITHIN, || async {
            let (_, said) = health(role, "/readyz").await;
            if names_missing(&said, &owner.events_table()) { Ok(()) } else { Err(said) }
        })
        .await;
    }
    provision(&cluster, &[]).await;
    let body = json!({"product_id": kinoko, "name": "Kinoko", "description": "", "price": 200, "stock": 50});
    let created = shop.post("/products", Some(&admin), &body).await.expect(201);
    assert_eq!(created["version"], 1, "{created}");
    let guest = shop.guest(None, "en").await;
    let order = until("an order is taken", WITHIN, || async {
        let answer = shop.order(&guest, &[(&kinoko, 1)]).await;
        if answer.status.as_u16() == 202 { Ok(text(&answer.body, "order_id")) } else { Err(answer) }
    })
    .await;
    shop.until_status(&guest, &order, "paid").await;
    // Every aggregate begins with its first event.
    for (owner, id) in
        [(Owner::Catalog, kinoko.clone()), (Owner::Inventory, format!("stock/{kinoko}")), (Owner::Order, order)]
    {
        let id = AggregateId::parse(&id).unwrap();
        let commits = cluster.aws.event_store(owner).load(&id, Version::ZERO).await.unwrap();
        assert_eq!(commits[0].first_version, Version::FIRST, "{id}");
    }
}
