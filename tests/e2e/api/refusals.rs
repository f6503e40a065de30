//! What is refused whoever asks: methods, paths, bodies, limits. And what explains it.

use reqwest::Method;
use shotengai_tests::test_cluster::TestCluster;

use super::recorder::{Recorder, ask, get, post};

const LIMIT: usize = 256 * 1024;

pub(super) async fn record(recorder: &mut Recorder, order: &str) {
    recorder.section("refusals");
    let (orders, order) = (["/orders".to_owned()], format!("/orders/{order}"));
    let order = [order.clone(), format!("{order}/events"), format!("{order}/cancel"), format!("{order}/ship")];
    let others = [
        "/products",
        "/products/prod_kinoko",
        "/products/prod_kinoko/stock",
        "/auth/guest",
        "/auth/login",
        "/auth/me",
        "/.well-known/jwks.json",
        "/tally",
        "/tally/live",
        "/tally/",
        "/",
        "/problems",
        "/problems/not-found",
    ];
    for path in others.map(str::to_owned).iter().chain(&orders).chain(&order) {
        recorder.asks("what may be asked here", ask(Method::OPTIONS, path)).await;
        recorder.asks("a method that is not for this path", ask(Method::PATCH, path)).await;
    }
    recorder.asks("a path that is none", get("/nowhere")).await;
    recorder.asks("a slash too many", get("/products/")).await;
    recorder.asks("a problem explained", get("/problems/not-found")).await;
    recorder.asks("all problems explained", get("/problems")).await;
    recorder.asks("the interface for tools", get("/openapi.json")).await;
    recorder.asks("the interface for people", get("/docs")).await;
    recorder.asks("a problem that there is not", get("/problems/none")).await;

    let place = post("/orders").by("guest");
    recorder.asks("no content type", place.clone().body("{}")).await;
    recorder.asks("another content type", place.clone().header("content-type", "text/plain").body("{}")).await;
    recorder.asks("a compressed body", place.clone().json("{}").header("content-encoding", "gzip")).await;
    recorder.asks("a body that is no JSON", place.clone().json(r#"{"items":[{"product_id":"#)).await;
    recorder.asks("a body that is no UTF-8 JSON text", place.clone().json("items=1")).await;
    recorder.asks("a body with something behind it", place.clone().json("{}{}")).await;
    recorder.asks("a body that is null", place.clone().json("null")).await;
    let large = format!(r#"{{"items":[],"payment_token":"{}"}}"#, "x".repeat(LIMIT));
    recorder.asks("a body that is too large", place.json(large)).await;
    recorder.asks("a query that can't be read", get("/products?limit=%ff")).await;
}

/// A door that counts.
pub(super) async fn record_limits(recorder: &mut Recorder, cluster: &TestCluster) {
    recorder.section("limits");
    let strict = [("SIGN_IN_LIMIT_PER_MINUTE", "1"), ("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "2")];
    let mut door = cluster.serve_one("storefront", &strict).await;
    let usual = recorder.shop.base().to_owned();
    recorder.at(&door.url);
    recorder.asks("one guest a minute", post("/auth/guest").json("{}")).await;
    recorder.asks("the second of this minute", post("/auth/guest").json("{}")).await;
    recorder.asks("who is signed in is counted apart", get("/auth/me").by("guest")).await;
    recorder.asks("a second call", get("/auth/me").by("guest")).await;
    recorder.asks("a third at once", get("/auth/me").by("guest")).await;
    recorder.at(&usual);
    door.terminate().await;
}
