//! Paths, methods, parameters, headers and tokens.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use shotengai_kernel::{Clock, ManualClock, SystemClock, UserId};
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::{Subject, TokenIssuer};
use shotengai_tests::raw::exchange;
use shotengai_tests::test_cluster::TestCluster;

use super::{Edge, Reply, Who};

const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn refuse(edge: &Edge, cluster: &TestCluster) {
    paths(edge).await;
    methods(edge).await;
    parameters(edge).await;
    languages(edge).await;
    tokens(edge, cluster).await;
    explained(edge).await;
}

impl Edge {
    async fn get(&self, path: &str, who: Who) -> Reply {
        self.send(Method::GET, path, who, &[], Vec::new()).await
    }
}

/// What takes an id: method, path, who, a valid body.
fn with_id(id: &str) -> Vec<(Method, String, Who, Option<Value>)> {
    let details = || Some(json!({ "name": "a", "description": "", "price": 1 }));
    vec![
        (Method::GET, format!("/orders/{id}"), Who::Guest, None),
        (Method::GET, format!("/orders/{id}/events"), Who::Guest, None),
        (Method::GET, format!("/orders/{id}/payment"), Who::Guest, None),
        (Method::GET, format!("/orders/{id}/receipt"), Who::Admin, None),
        (Method::POST, format!("/orders/{id}/cancel"), Who::Guest, None),
        (Method::POST, format!("/orders/{id}/ship"), Who::Admin, None),
        (Method::POST, format!("/orders/{id}/refund"), Who::Admin, Some(json!({ "reason": "x" }))),
        (Method::GET, format!("/products/{id}"), Who::Nobody, None),
        (Method::PUT, format!("/products/{id}"), Who::Admin, details()),
        (Method::DELETE, format!("/products/{id}"), Who::Admin, None),
        (Method::POST, format!("/products/{id}/restore"), Who::Admin, None),
        (Method::GET, format!("/products/{id}/prices"), Who::Admin, None),
        (Method::GET, format!("/customers/{id}/summary"), Who::Admin, None),
        (Method::POST, format!("/products/{id}/stock"), Who::Admin, Some(json!({ "quantity": 1 }))),
        (Method::GET, format!("/ops/dead-letters/{id}"), Who::Admin, None),
        (Method::GET, format!("/ops/runs/{id}"), Who::Admin, None),
        (Method::PUT, format!("/ops/consumers/{id}"), Who::Admin, Some(json!({ "paused": true, "reason": "x" }))),
    ]
}

async fn paths(edge: &Edge) {
    let long = format!("ord_{}", "x".repeat(5000));
    let hostile = ["..%2f..%2fadmin", "%00", "ord_%00", "prod_a%00", &long, "%ff%fe", "prod_1%0d%0aSet-Cookie:a=b"];
    // The last two have an id's form and name nothing.
    for id in hostile.into_iter().chain(["ord_unknown", "prod_unknown"]) {
        for (method, path, who, body) in with_id(id) {
            // No version of what is not there can be meant.
            let any = ("if-match", "*");
            let (headers, body) =
                body.map_or((vec![any], Vec::new()), |body| (vec![any, JSON], body.to_string().into_bytes()));
            edge.refused(&edge.send(method, &path, who, &headers, body).await, 404, "not-found");
        }
    }
    for path in ["/nowhere", "/orders/", "//orders", "/admin/..%2forders", "/problems/none", "/products/prod_1/stock/x"]
    {
        edge.refused(&edge.get(path, Who::Guest).await, 404, "not-found");
    }
    for target in ["/orders/../../etc/passwd", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/products/.%00./"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        let raw = exchange(&edge.base, request.as_bytes()).await;
        edge.refused(&Reply::raw(target, &raw), 404, "not-found");
    }
}

async fn methods(edge: &Edge) {
    let Edge { product, order, .. } = edge;
    let known = [
        ("/products".to_owned(), Who::Nobody, "GET, HEAD, OPTIONS, POST"),
        (format!("/products/{product}"), Who::Nobody, "DELETE, GET, HEAD, OPTIONS, PUT"),
        (format!("/products/{product}/stock"), Who::Admin, "OPTIONS, POST"),
        ("/orders".to_owned(), Who::Guest, "GET, HEAD, OPTIONS, POST"),
        (format!("/orders/{order}"), Who::Guest, "GET, HEAD, OPTIONS"),
        (format!("/orders/{order}/events"), Who::Guest, "GET, HEAD, OPTIONS"),
        (format!("/orders/{order}/cancel"), Who::Guest, "OPTIONS, POST"),
        (format!("/orders/{order}/ship"), Who::Admin, "OPTIONS, POST"),
        (format!("/orders/{order}/refund"), Who::Admin, "OPTIONS, POST"),
        ("/auth/guest".to_owned(), Who::Nobody, "OPTIONS, POST"),
        ("/auth/login".to_owned(), Who::Nobody, "OPTIONS, POST"),
        ("/auth/me".to_owned(), Who::Guest, "GET, HEAD, OPTIONS"),
        ("/.well-known/jwks.json".to_owned(), Who::Nobody, "GET, HEAD, OPTIONS"),
        ("/tally".to_owned(), Who::Nobody, "GET, HEAD, OPTIONS"),
        ("/problems".to_owned(), Who::Nobody, "GET, HEAD, OPTIONS"),
        ("/problems/not-found".to_owned(), Who::Nobody, "GET, HEAD, OPTIONS"),
    ];
    for (path, who, allow) in &known {
        for method in [Method::PATCH, Method::TRACE, Method::from_bytes(b"BREW").unwrap()] {
            let reply = edge.send(method, path, *who, &[], Vec::new()).await;
            edge.refused(&reply, 405, "method-not-allowed");
            for named in allow.split(", ") {
                let allowed = reply.headers["allow"].to_str().unwrap();
                assert!(allowed.split(", ").any(|method| method == named), "{path}: {named} in {allowed}");
            }
        }
        let told = edge.send(Method::OPTIONS, path, *who, &[], Vec::new()).await;
        assert_eq!((told.status, told.text.as_str()), (204, ""), "{path}");
        assert!(told.headers.contains_key("allow"), "{path}");
        if allow.contains("GET") {
            let (get, head) = (edge.get(path, *who).await, edge.send(Method::HEAD, path, *who, &[], Vec::new()).await);
            assert_eq!((get.status, head.status, head.text.as_str()), (200, 200, ""), "{path}");
            assert_eq!(get.headers["content-type"], head.headers["content-type"], "{path}");
        }
    }
    let head = edge.send(Method::HEAD, "/nowhere", Who::Nobody, &[], Vec::new()).await;
    assert_eq!((head.status, head.text.as_str()), (404, ""));
    edge.refused(&edge.get("/tally/live", Who::Nobody).await, 426, "upgrade-required");
}

async fn parameters(edge: &Edge) {
    let eleven = "min_version=prod_1:0&".repeat(11);
    let bad = [
        ("limit", "limit=0"),
        ("limit", "limit=1000000000"),
        ("limit", "limit=1e9"),
        ("limit", "limit=-1"),
        ("limit", "limit="),
        ("limit", "limit=%ff"),
        ("limit", "limit=1&limit=2"),
        ("limit", "limit=%D9%A1"),
        ("cursor", "cursor=x"),
        ("cursor", "cursor="),
        ("cursor", "cursor=%00"),
        ("cursor", "cursor=-1.prod_1"),
        ("cursor", "cursor=9223372036854775808.ord_1"),
        ("cursor", "cursor=1.%27%3b--"),
        ("min_version", "min_version=x"),
        ("min_version", "min_version=prod_1:-1"),
        ("min_version", "min_version=prod_1:18446744073709551616"),
        ("min_version", eleven.as_str()),
    ];
    for (name, query) in bad {
        for path in ["/products", "/orders"] {
            let reply = edge.get(&format!("{path}?{query}"), Who::Guest).await;
            let problem = edge.refused(&reply, 400, "invalid-parameter");
            assert_eq!((&problem["parameter"], &problem["errors"][0]["parameter"]), (&json!(name), &json!(name)));
        }
    }
    let many = format!("/tally/live?products={}", (0..101).map(|n| format!("prod_{n}")).collect::<Vec<_>>().join(","));
    for (name, path) in [
        ("status", "/orders?status=lost"),
        ("minutes", "/tally?minutes=0"),
        ("minutes", "/tally?minutes=1441"),
        ("minutes", "/tally?minutes=-1"),
        ("minutes", "/tally?minutes=x"),
        ("hours", "/tally?hours=1"),
        ("minutes", "/tally?minutes=1&minutes=2"),
        ("products", "/tally/live?products=../x"),
        ("products", "/tally/live?products="),
        ("products", many.as_str()),
    ] {
        let problem = edge.refused(&edge.get(path, Who::Guest).await, 400, "invalid-parameter");
        assert_eq!(problem["parameter"], name, "{path}: {problem}");
    }
    let both = edge.refused(&edge.get("/orders?limit=0&status=lost", Who::Guest).await, 400, "invalid-parameter");
    assert_eq!(both["errors"].as_array().map(Vec::len), Some(2), "{both}");
}

/// A preference that can't be read is none.
async fn languages(edge: &Edge) {
    let long = "en;q=0.1,".repeat(500);
    for language in ["", ";;;q=", "en;q=9", "\u{e9}", &long] {
        let headers = [JSON, ("accept-language", language)];
        let reply = edge.send(Method::POST, "/auth/guest", Who::Nobody, &headers, b"{}".to_vec()).await;
        assert_eq!(reply.status, 201, "{language:?}: {}", reply.text);
    }
}

async fn tokens(edge: &Edge, cluster: &TestCluster) {
    let subject = Subject::administrator(UserId::parse("usr_administrator").unwrap());
    let sign = |key: &SecretString, clock: Arc<dyn Clock>| {
        TokenIssuer::new(key, "shotengai", clock).unwrap().issue(&subject, Duration::from_secs(60)).unwrap()
    };
    let expired = sign(&cluster.signing_key(), Arc::new(ManualClock::default()));
    let forged = sign(&generate_signing_key().unwrap(), Arc::new(SystemClock));
    let (head, rest) = edge.admin.token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    header["alg"] = json!("none");
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(header.to_string()), rest.split('.').next().unwrap());
    let headers = [
        format!("Bearer {expired}"),
        format!("Bearer {forged}"),
        format!("Bearer {unsigned}"),
        format!("Bearer {}x", edge.admin.token),
        format!("Basic {}", edge.admin.token),
        "Bearer".to_owned(),
        "Bearer garbage".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Bearer \u{e9}".to_owned(),
    ];
    let ship = format!("/orders/{}/ship", edge.order);
    let create = json!({ "name": "a", "price": 1 }).to_string().into_bytes();
    for (method, path) in [(Method::GET, "/auth/me"), (Method::POST, ship.as_str()), (Method::POST, "/products")] {
        for value in headers.iter().map(|value| vec![JSON, ("authorization", value)]).chain([vec![JSON]]) {
            let body = if path == "/products" { create.clone() } else { Vec::new() };
            let reply = edge.send(method.clone(), path, Who::Nobody, &value, body).await;
            edge.refused(&reply, 401, "unauthorized");
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
            let told = value.last().map(|(_, value)| *value).filter(|value| value.len() > 20);
            assert!(told.is_none_or(|token| !reply.text.contains(token)), "{}", reply.text);
        }
    }
    for (method, path, who, body) in with_id(&edge.product).into_iter().chain(with_id(&edge.order)) {
        if who == Who::Admin {
            let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
            edge.refused(&edge.send(method, &path, Who::Guest, &[JSON], body).await, 403, "forbidden");
        }
    }
    edge.refused(&edge.send(Method::POST, "/products", Who::Guest, &[JSON], create).await, 403, "forbidden");
    let contact = format!("/internal/contacts/{}", edge.guest.user_id);
    edge.refused(&edge.get(&contact, Who::Admin).await, 401, "unauthorized");
    let login = json!({ "email": super::PRIVATE, "password": "swordfish" }).to_string().into_bytes();
    edge.refused(&edge.send(Method::POST, "/auth/login", Who::Nobody, &[JSON], login).await, 401, "unauthorized");
}

/// A problem's type is where it is explained.
async fn explained(edge: &Edge) {
    let problem = edge.refused(&edge.get("/nowhere", Who::Nobody).await, 404, "not-found");
    let page = edge.get(problem["type"].as_str().unwrap(), Who::Nobody).await;
    assert_eq!(page.status, 200);
    assert!(page.text.starts_with("## not-found"), "{}", page.text);
    assert!(edge.get("/problems", Who::Nobody).await.text.contains(&page.text));
}
