//! What is forwarded to whom, and what comes along.

use shotengai_runtime::direct_http;
use std::time::Duration;

use futures::StreamExt;
use reqwest::Method;
use serde_json::json;
use shotengai_tests::collector::Collector;
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::test_cluster::{INTERNAL_TOKEN, TestCluster};
use shotengai_tests::wait::until;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::{WITHIN, get, problem, request, send};

/// Method, a path, the route as its role names it, the role.
const ROUTES: [(&str, &str, &str, &str); 19] = [
    ("POST", "/orders", "/orders", "order"),
    ("POST", "/orders/ord_1/cancel", "/orders/{id}/cancel", "order"),
    ("POST", "/orders/ord_1/ship", "/orders/{id}/ship", "order"),
    ("POST", "/orders/ord_1/refund", "/orders/{id}/refund", "order"),
    ("GET", "/orders/ord_1/events", "/orders/{id}/events", "order"),
    ("POST", "/products", "/products", "catalog"),
    ("PUT", "/products/prod_1", "/products/{id}", "catalog"),
    ("DELETE", "/products/prod_1", "/products/{id}", "catalog"),
    ("POST", "/products/prod_1/images", "/products/{id}/images", "catalog"),
    ("GET", "/products/prod_1/images", "/products/{id}/images", "catalog"),
    ("DELETE", "/products/prod_1/images/img_1", "/products/{id}/images/{image_id}", "catalog"),
    ("POST", "/products/prod_1/stock", "/products/{id}/stock", "inventory"),
    ("GET", "/products", "/products", "query"),
    ("GET", "/products/prod_1", "/products/{id}", "query"),
    ("GET", "/orders", "/orders", "query"),
    ("GET", "/orders/ord_1", "/orders/{id}", "query"),
    ("GET", "/tally", "/tally", "tally"),
    ("GET", "/ops/records", "/ops/records", "ops"),
    ("POST", "/ops/redrives", "/ops/redrives", "ops"),
];
const TRACE: &str = "7bf92f3577b34da6a3ce929d0e0e4736";
const ID: &str = "0190d3a1-7a4c-7c3e-9b1a-0123456789ab";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_public_route_reaches_its_role_and_nothing_else_is_forwarded() {
    let cluster = TestCluster::provisioned().await;
    let collector = Collector::start();
    let endpoint = collector.endpoint();
    let roles = "storefront,order,catalog,inventory,tally,query,bridge,ops";
    let mut cluster_of = cluster.serve_apart(roles, None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    let base = cluster_of.url.clone();
    let shop = cluster.shop(&cluster_of);
    let admin = shop.admin().await;
    for (method, path, route, role) in ROUTES {
        let asked = request(method.parse().unwrap(), &base, path, &admin.token);
        // A GET may have no body.
        let answer = send(if method == "GET" { asked } else { asked.json(&json!({})) }).await;
        assert!(answer.status().as_u16() < 500 && answer.status() != 405, "{method} {path}: {}", answer.status());
        let labels = [format!("http_request_method=\"{method}\""), format!("http_route=\"{route}\"")];
        for other in ["order", "catalog", "inventory", "query", "tally", "ops"] {
            let metrics = cluster_of.of_role(other).unwrap().metrics().await;
            let counted = metrics.lines().any(|line| {
                line.starts_with("http_server_request_duration") && labels.iter().all(|label| line.contains(label))
            });
            assert_eq!(counted, other == role, "{method} {route} at {other}");
        }
    }

    // What is not in the table.
    problem(get(&format!("{base}/nowhere")).await, 404, "not-found").await;
    let refused = send(request(Method::DELETE, &base, "/orders", &admin.token)).await;
    assert_eq!(refused.headers()["allow"], "GET, HEAD, OPTIONS, POST");
    problem(refused, 405, "method-not-allowed").await;
    for path in ["/internal/products/prod_1", "/%69nternal/products/prod_1", "/products/../internal/products/prod_1"] {
        let raw = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {INTERNAL_TOKEN}\r\nconnection: close\r\n\r\n"
        );
        let answer = shotengai_tests::raw::exchange(&base, raw.as_bytes()).await;
        assert_eq!(answer.status, 404, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    // Storefront has one of its own, for its fellows; what came through a proxy is from outside.
    let contact = format!("{base}/internal/contacts/{}", admin.user_id);
    let inside = direct_http().build().unwrap().get(&contact).bearer_auth(INTERNAL_TOKEN);
    assert_eq!(send(inside.try_clone().unwrap()).await.status(), 200);
    problem(send(inside.header("x-forwarded-for", "203.0.113.7")).await, 404, "not-found").await;

    // HEAD is GET without the body, its length included.
    let list = get(&format!("{base}/products")).await;
    let head = send(request(Method::HEAD, &base, "/products", &admin.token)).await;
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &list.headers()["content-length"]));
    assert!(list.text().await.unwrap().contains("next_cursor") && head.bytes().await.unwrap().is_empty());

    // The page is the door's own, and so is what it may do.
    for path in ["/", "/tally/"] {
        let page = get(&format!("{base}{path}")).await;
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("connect-src 'self'"), "{path}: {policy}");
        assert!(page.text().await.unwrap().contains("</html>"), "{path}");
    }

    // One id and one trace, here and there: the problem is the role's.
    let asked = request(Method::GET, &base, "/orders/ord_none", &admin.token);
    let asked = asked.header("x-request-id", ID).header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let answer = send(asked).await;
    assert_eq!(answer.headers().get_all("x-request-id").iter().collect::<Vec<_>>(), [ID]);
    assert_eq!(problem(answer, 404, "not-found").await["instance"], format!("urn:uuid:{ID}"));
    let strange =
        send(request(Method::GET, &base, "/orders/ord_none", &admin.token).header("x-request-id", "mine")).await;
    assert_ne!(strange.headers()["x-request-id"], "mine");

    // Reading one's writes: bounded, and in the role's own words.
    let waiting = get(&format!("{base}/products?min_version=prod_none:9")).await;
    problem(waiting, 504, "not-caught-up").await;

    watches_the_tally(&base).await;
    assert!(cluster_of.terminate().await, "{}", cluster_of.log());
    let spans = collector.trace(TRACE);
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| **name == "GET /orders/{id}").count(), 2, "door and role: {names:?}");
    assert!(names.contains(&"GET query"), "{names:?}");
}

/// A WebSocket through the door: a snapshot comes, and the door's end ends it.
async fn watches_the_tally(base: &str) {
    problem(get(&format!("{base}/tally/live")).await, 426, "upgrade-required").await;
    let (mut socket, answer) = connect_async(format!("{}/tally/live", base.replace("http", "ws"))).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert!(answer.headers().contains_key("x-request-id"));
    let first = tokio::time::timeout(WITHIN, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(first, Message::Text(_)), "{first:?}");
    futures::SinkExt::send(&mut socket, Message::Ping(b"x".as_slice().into())).await.unwrap();
    let pong = tokio::time::timeout(WITHIN, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(pong, Message::Pong(_)), "{pong:?}");
    let bad = connect_async(format!("{}/tally/live?nonsense=1", base.replace("http", "ws"))).await.unwrap_err();
    assert!(bad.to_string().contains("400"), "the role's refusal comes through: {bad}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_through_the_door_is_paid_once_a_key_and_a_door_that_ends_ends_its_web_sockets() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve_apart("all", None, &[]).await;
    let base = process.url.clone();
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "Kinoko", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let place = || {
        let body = order_body(&[(&kinoko, 1)]);
        let (shop, guest) = (&shop, &guest);
        async move {
            shop.send(Method::POST, "/orders", Some(guest), &[("idempotency-key", "k")], Some(&body)).await.unwrap()
        }
    };
    let first = place().await;
    let order = text(&first.body, "order_id");
    assert_eq!((first.status.as_u16(), first.location), (202, Some(format!("/orders/{order}?min_version={order}:1"))));
    assert_eq!(text(&place().await.expect(202), "order_id"), order);
    shop.until_status(&guest, &order, "paid").await;
    let (mut socket, _) = connect_async(format!("{}/tally/live", base.replace("http", "ws"))).await.unwrap();
    until("the tally shows it", WITHIN, || async {
        let tally = shop.get("/tally", None).await;
        if tally.body["products"][0]["sold"] == 1 { Ok(()) } else { Err(tally) }
    })
    .await;
    cluster.assert_tidy().await;
    assert!(process.of_role("storefront").unwrap().terminate_alone().await);
    let ended = async { while let Some(Ok(_)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the door's end is the socket's");
}
