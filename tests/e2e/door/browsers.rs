//! What browsers are told.

use reqwest::Method;
use shotengai_runtime::direct_http;
use shotengai_tests::test_cluster::TestCluster;

use super::{door_to, get, send};

const SITE: &str = "https://shop.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_of_allowed_sites_may_use_the_shop_and_no_others() {
    let cluster = TestCluster::provisioned().await;
    let settings = [("CORS_ALLOWED_ORIGINS", SITE), ("HSTS_SECONDS", "600")];
    let (door, closed) = tokio::join!(door_to(&cluster, &settings), door_to(&cluster, &[]));
    let client = direct_http().build().unwrap();
    let preflight = |base: &str, origin: &str| {
        let asked = client.request(Method::OPTIONS, format!("{base}/orders")).header("origin", origin);
        asked
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "idempotency-key")
    };
    let answer = send(preflight(&door.url, SITE)).await;
    let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert_eq!((answer.status().as_u16(), header("access-control-allow-origin")), (204, SITE.to_owned()));
    assert!(header("access-control-allow-methods").contains("POST"));
    assert!(header("access-control-allow-headers").contains("idempotency-key"));
    assert!(header("vary").to_ascii_lowercase().contains("origin"));

    // Also an error can be read, and what is needed to go on.
    let asked = client.get(format!("{}/nowhere", door.url)).header("origin", SITE);
    let answer = send(asked).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["access-control-allow-origin"].to_str().unwrap()),
        (404, SITE)
    );
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(["location", "retry-after", "x-request-id"].iter().all(|name| exposed.contains(name)), "{exposed}");

    for (base, origin) in [(&door.url, "https://evil.example"), (&closed.url, SITE)] {
        let answer = send(preflight(base, origin)).await;
        assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")), "{origin}");
    }

    let answer = get(&format!("{}/.well-known/jwks.json", door.url)).await;
    let told = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!((told("x-content-type-options"), told("referrer-policy")), ("nosniff", "no-referrer"));
    assert!(told("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(told("strict-transport-security").starts_with("max-age=600"));
    let answer = get(&format!("{}/.well-known/jwks.json", closed.url)).await;
    assert!(!answer.headers().contains_key("strict-transport-security"));
}
