//! Roles that are not there.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shotengai_tests::shop::order_body;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::time::Instant;

use super::{WITHIN, door_to, get, problem, request, send};

/// "Within a second or two", on a machine that other tests keep busy.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_away_is_a_503_with_retry_after_until_it_is_back() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve_apart("storefront,order,catalog,inventory,query,bridge", None, &[]).await;
    let base = process.url.clone();
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "Kinoko", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let body = order_body(&[(&kinoko, 1)]);
    assert_eq!(shop.order(&guest, &[(&kinoko, 1)]).await.status, 202);

    let order = process.of_role("order").unwrap();
    let address = order.http();
    order.kill().await;
    // The first may find a connection that is dying; none of them is answered by anybody else.
    for _ in 0..3 {
        let began = Instant::now();
        let asked = request(Method::POST, &base, "/orders", &guest.token).json(&body);
        problem(send(asked).await, 503, "unavailable").await;
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    assert_eq!(get(&format!("{base}/products")).await.status(), 200, "the others go on");
    until("readiness tells of it and stays", WITHIN, || async {
        let answer = get(&format!("{}/readyz", process.health_url)).await;
        assert_eq!(answer.status(), 200);
        let body: serde_json::Value = answer.json().await.unwrap();
        let up = |role: &str| body["dependencies"][format!("storefront/{role}")]["up"] == json!(true);
        if up("query") && !up("order") { Ok(()) } else { Err(body) }
    })
    .await;

    let health = ([127, 0, 0, 1], shotengai_street::free_port().unwrap()).into();
    let _back = cluster.serve_apart("order", Some((address, health)), &[]).await;
    until("it is back by itself", WITHIN, || async {
        let answer = shop.order(&guest, &[(&kinoko, 1)]).await;
        if answer.status == 202 { Ok(()) } else { Err(answer) }
    })
    .await;
    until("the metric tells of it", WITHIN, || async {
        let metrics = get(&format!("{}/metrics", process.health_url)).await.text().await.unwrap();
        let up = metrics.lines().any(|line| {
            line.starts_with("shotengai_dependency_up") && line.contains("storefront/order") && line.ends_with(" 1")
        });
        let of_order = |line: &&str| {
            line.starts_with("http_client_request_duration_seconds_count{")
                && line.contains("service_peer_name=\"order\"")
        };
        let counted = ["error_type=\"unreachable\"", "http_response_status_code=\"202\""]
            .iter()
            .all(|label| metrics.lines().filter(of_order).any(|line| line.contains(label)));
        if up && counted { Ok(()) } else { Err(metrics) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_without_any_role_is_ready_and_says_that_they_are_away() {
    let cluster = TestCluster::provisioned().await;
    let nobody = "http://no-such-role.invalid:8080";
    let door = door_to(&cluster, &[("TALLY_URL", nobody)]).await;
    let shop = cluster.shop(&door);
    let admin = shop.admin().await;
    for path in ["/tally", "/products", "/orders"] {
        let began = Instant::now();
        problem(send(request(Method::GET, &door.url, path, &admin.token)).await, 503, "unavailable").await;
        assert!(began.elapsed() < SOON, "{path}: {:?}", began.elapsed());
    }
    // An address that leads back does not lead round and round.
    let asked = request(Method::PUT, &door.url, "/products/prod_1", &admin.token).json(&json!({}));
    let asked = asked.header("via", "1.1 shotengai");
    problem(send(asked).await, 508, "forwarding-loop").await;
}
