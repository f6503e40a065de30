//! The one door: every role a process of its own, or a fake that misbehaves, and everything public through storefront.

mod away;
mod browsers;
mod limits;
mod misbehaviour;
mod routes;

use shotengai_runtime::direct_http;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use shotengai_tests::test_cluster::TestCluster;

const WITHIN: Duration = Duration::from_secs(60);

/// Sends a request; the answer as it comes.
async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

async fn get(url: &str) -> Response {
    send(direct_http().build().unwrap().get(url)).await
}

/// The answer is this problem of ours; its body.
async fn problem(answer: Response, status: u16, slug: &str) -> Value {
    let (seen, headers) = (answer.status(), answer.headers().clone());
    let body: Value = answer.json().await.unwrap();
    assert_eq!((seen.as_u16(), body["type"].as_str()), (status, Some(format!("/problems/{slug}").as_str())), "{body}");
    assert_eq!(headers["content-type"], "application/problem+json");
    if matches!(status, 429 | 503 | 504) {
        let wait: u32 = headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    body
}

fn request(method: Method, base: &str, path: &str, token: &str) -> RequestBuilder {
    direct_http().build().unwrap().request(method, format!("{base}{path}")).bearer_auth(token)
}

/// A door whose roles are at these addresses.
async fn door_to(cluster: &TestCluster, settings: &[(&str, &str)]) -> shotengai_tests::test_cluster::Process {
    cluster.serve_apart("storefront", None, settings).await
}
