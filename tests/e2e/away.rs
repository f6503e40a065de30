//! A dependency is away and comes back: processes stay alive and ready, answers say 503 with Retry-After, nothing that was
//! accepted is lost, and everything recovers by itself.

use shotengai_runtime::direct_http;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use shotengai_tests::service::Service;
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

/// The address in a URL.
fn address(url: &str) -> SocketAddr {
    let rest = url.split("://").nth(1).unwrap();
    let rest = rest.split('@').next_back().unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

pub(crate) async fn health(process: &Process, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", process.health_url)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Alive and ready although `dependency` is shown as down.
async fn until_shown_down(process: &Process, dependency: &str) {
    until("the outage shows", Duration::from_secs(60), || async {
        assert_eq!(health(process, "/livez").await.0, 200, "alive");
        let (status, body) = health(process, "/readyz").await;
        assert_eq!(status, 200, "a shared dependency's outage must not take every pod away: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let down = body.to_string().contains(dependency) && body.to_string().contains("\"up\":false");
        if down { Ok(()) } else { Err(body) }
    })
    .await;
}

pub(crate) async fn retry_after(url: &str, method: Method, token: &str, body: Option<Value>) -> Result<(), String> {
    let mut request = direct_http().build().unwrap().request(method, url).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let problem = answer.headers().get("content-type").is_some_and(|kind| kind == "application/problem+json");
    match (answer.status().as_u16(), answer.headers().contains_key("retry-after"), problem) {
        (503, true, true) => Ok(()),
        seen => Err(format!("{seen:?}")),
    }
}

/// How many orders are placed before PostgreSQL is back: ten, or as many as `E2E_AWAY_ORDERS` says.
fn orders_while_away() -> usize {
    std::env::var("E2E_AWAY_ORDERS").map_or(10, |text| text.parse().expect("E2E_AWAY_ORDERS is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_away_and_only_reads_notice() {
    let cluster = TestCluster::provisioned().await;
    let server = address(cluster.database_url());
    let wire = Service::before(server).await;
    let database = cluster.database_url().replace(&server.to_string(), &wire.address().to_string());
    let mut cluster_process = cluster.serve("all", &[("DATABASE_URL", &database)]).await;
    let shop = cluster.shop(&cluster_process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 1_000).await;
    let guest = shop.guest(None, "en").await;

    wire.cut();
    let list = format!("{}/orders", shop.base());
    until("reads are refused", Duration::from_secs(30), || retry_after(&list, Method::GET, &guest.token, None)).await;
    let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    until("it is paid all the same", Duration::from_secs(60), || async {
        let captures = shop.ledger(&order).await.iter().filter(|entry| entry["operation"] == "capture").count();
        if captures == 1 { Ok(()) } else { Err(captures) }
    })
    .await;
    let reader = match cluster_process.of_role("query") {
        Some(query) => &*query,
        None => &cluster_process,
    };
    until_shown_down(reader, "postgres").await;
    let began = tokio::time::Instant::now();
    let mut orders = vec![(guest, order)];
    for n in 0..orders_while_away() {
        let guest = shop.guest(Some(&format!("buyer{n}@example.com")), "en").await;
        let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
        retry_after(&format!("{}/orders/{order}", shop.base()), Method::GET, &guest.token, None).await.unwrap();
        orders.push((guest, order));
    }
    println!("{} orders while PostgreSQL was away for {:?} more", orders.len() - 1, began.elapsed());

    wire.add(server);
    for (guest, order) in &orders {
        shop.until_status(guest, order, "paid").await;
    }
    until("the stock shows all of them", Duration::from_secs(60), || async {
        let body = shop.get(&format!("/products/{kinoko}"), None).await.body;
        if body["stock"] == 1_000 - orders.len() { Ok(()) } else { Err(body) }
    })
    .await;
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_is_away_and_nobody_is_restarted_for_it() {
    let cluster = TestCluster::provisioned().await;
    let server = address(&cluster.endpoint_url());
    let wire = Service::before(server).await;
    let (url, extra) = (wire.url(), "AWS_ENDPOINT_URL");
    let process = cluster.serve("all", &[(extra, &url)]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    let before = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");

    wire.cut();
    let orders = format!("{}/orders", shop.base());
    let body = order_body(&[(&kinoko, 1)]);
    until("orders are refused", Duration::from_secs(60), || {
        retry_after(&orders, Method::POST, &guest.token, Some(body.clone()))
    })
    .await;
    assert_eq!(health(&process, "/livez").await.0, 200);
    assert_eq!(health(&process, "/readyz").await.0, 200);
    // Who starts now has never seen its dependencies and must not get traffic.
    let newcomer = cluster.spawn_one("order", &[(extra, &url)]);
    until("it is alive", Duration::from_secs(30), || async {
        match reqwest::get(format!("{}/livez", newcomer.health_url)).await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert_eq!(health(&newcomer, "/readyz").await.0, 503, "not ready before its dependencies answered once");

    wire.add(server);
    shop.until_status(&guest, &before, "paid").await;
    until("the newcomer is ready", Duration::from_secs(60), || async {
        let answer =
            reqwest::get(format!("{}/readyz", newcomer.health_url)).await.map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
    })
    .await;
    let after = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &after, "paid").await;
    cluster.assert_tidy().await;
}
