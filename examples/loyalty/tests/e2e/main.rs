//! The platform and loyalty as two processes, through the one door.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests: a failed step fails the test")]

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const PLATFORM: &str = "storefront,order,catalog,inventory,billing,notification,tally,query,bridge";

async fn until_points(shop: &Shop, person: &Person, points: i64) {
    until(&format!("there are {points} points"), Duration::from_secs(20), || async {
        let answer = shop.get("/loyalty/points", Some(person)).await;
        if answer.body["points"] == points { Ok(()) } else { Err(answer) }
    })
    .await;
}

/// Output of a command of the program, as JSON.
async fn told(cluster: &TestCluster, args: &[&str]) -> Value {
    let output = cluster.command(args).output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_from_elsewhere_is_part_of_the_street() {
    let cluster = TestCluster::provisioned_by(Path::new(env!("CARGO_BIN_EXE_shotengai-loyalty"))).await;
    let loyalty_at = cluster.addresses().url("loyalty");
    let mut platform = cluster.serve_one(PLATFORM, &[("LOYALTY_URL", &loyalty_at)]).await;
    let at = loyalty_at.trim_start_matches("http://");
    let mut loyalty = cluster.serve_one("loyalty", &[("HTTP_ADDR", at), ("STOREFRONT_URL", &platform.url)]).await;
    let shop = Shop::new(platform.url.clone(), String::new());
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 250, 10).await;
    let mei = shop.guest(None, "ja").await;

    // A paid order gives points; one that is cancelled takes its own back.
    let order = |pieces| {
        let (shop, mei, kinoko) = (&shop, &mei, &kinoko);
        async move {
            let order = text(&shop.order(mei, &[(kinoko, pieces)]).await.expect(202), "order_id");
            shop.until_status(mei, &order, "paid").await;
            order
        }
    };
    order(2).await;
    until_points(&shop, &mei, 5).await;
    let regretted = order(4).await;
    until_points(&shop, &mei, 15).await;
    assert_eq!(shop.post(&format!("/orders/{regretted}/cancel"), Some(&mei), &json!({})).await.status, 202);
    until_points(&shop, &mei, 5).await;

    // An administrator gives some, once a key; nobody else can.
    let path = format!("/loyalty/points/{}/adjustments", mei.user_id);
    let gift = json!({ "points": 50, "reason": "a wet parcel" });
    assert_eq!(shop.post(&path, Some(&mei), &gift).await.status, 403);
    assert_eq!(shop.post(&path, None, &gift).await.status, 401);
    for _ in 0..2 {
        let sent = shop.send(Method::POST, &path, Some(&admin), &[("idempotency-key", "wish-1")], Some(&gift)).await;
        assert_eq!(sent.unwrap().expect(200), gift);
    }
    assert_eq!(shop.get("/loyalty/points", Some(&mei)).await.expect(200)["points"], 55);

    // The door's own document tells of the routes; the tools know the queue.
    let document = shop.get("/openapi.json", None).await.expect(200);
    assert_eq!(document["paths"]["/loyalty/points"]["get"]["operationId"], "getPoints");
    let status = told(&cluster, &["status", "--output", "json"]).await;
    assert!(status["queues"].as_array().unwrap().iter().any(|queue| queue["queue"] == "loyalty-queue"), "{status}");
    told(&cluster, &["dead-letters", "list", "--queue", "loyalty-dlq", "--json"]).await;
    assert!(cluster.command(&["provision", "--check"]).output().await.unwrap().status.success());

    cluster.assert_tidy().await;
    for process in [&mut loyalty, &mut platform] {
        assert!(process.terminate_alone().await, "a drained process ends well:\n{}", process.log());
    }
}
