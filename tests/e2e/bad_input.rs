//! What the public interface refuses: by name, without a fault of ours, without an event, without telling anybody's
//! secrets.

mod bodies;
mod elsewhere;
mod slow;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shotengai_runtime::direct_http;
use shotengai_tests::commits;
use shotengai_tests::raw::RawAnswer;
use shotengai_tests::shop::{Person, Shop, order_body, text};
use shotengai_tests::test_cluster::{ADMIN_PASSWORD, TestCluster};

/// Stands in the wrong places of requests, and must come back from none.
const PRIVATE: &str = "hana.himitsu@example.com";
const CARD: &str = "4242424242424242";
/// Short, as the slow clients of this test are waited for; long enough for a busy machine.
const READ_SECONDS: &str = "4";

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Guest,
    Admin,
}

/// The street's door, and everybody who knocks.
struct Edge {
    base: String,
    client: Client,
    admin: Person,
    guest: Person,
    /// A product for sale and a paid order of the guest's.
    product: String,
    order: String,
}

/// An answer as it came.
struct Reply {
    what: String,
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Edge {
    fn bearer(&self, who: Who) -> Option<&str> {
        match who {
            Who::Nobody => None,
            Who::Guest => Some(&self.guest.token),
            Who::Admin => Some(&self.admin.token),
        }
    }

    async fn send(&self, method: Method, path: &str, who: Who, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let what = format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(200)]));
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body);
        if let Some(token) = self.bearer(who) {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Reply { what, status, headers, text: answer.text().await.unwrap() }
    }

    /// The answer is this problem; its body.
    fn refused(&self, reply: &Reply, status: u16, slug: &str) -> Value {
        let Reply { what, headers, text, .. } = reply;
        assert_eq!(reply.status, status, "{what}: {text}");
        assert_eq!(headers["content-type"], "application/problem+json", "{what}");
        let problem: Value = serde_json::from_str(text).unwrap();
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{what}: {problem}");
        assert_eq!(problem["status"], status, "{what}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{what}: {problem}");
        let id = headers["x-request-id"].to_str().unwrap();
        assert_eq!(problem["instance"], format!("urn:uuid:{id}"), "{what}");
        self.keeps_secrets(text, what);
        problem
    }

    fn keeps_secrets(&self, told: &str, what: &str) {
        for secret in [PRIVATE, CARD, ADMIN_PASSWORD, &self.admin.token, &self.guest.token] {
            assert!(!told.contains(secret), "{what} tells a secret");
        }
    }
}

impl Reply {
    fn raw(what: &str, raw: &RawAnswer) -> Self {
        let headers = raw.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let text = String::from_utf8_lossy(&raw.body).into_owned();
        Self { what: what.to_owned(), status: raw.status, headers, text }
    }
}

/// The same product on two lines is one line with the sum; the order is followed to its end.
async fn order_of_two_lines(shop: &Shop, guest: &Person, product: &str) -> String {
    let body = order_body(&[(product, 2), (product, 3)]);
    let placed = shop.post("/orders", Some(guest), &body).await.expect(202);
    let order = text(&placed, "order_id");
    let paid = shop.until_status(guest, &order, "paid").await;
    assert_eq!(paid["items"].as_array().map(Vec::len), Some(1), "{paid}");
    assert_eq!((&paid["items"][0]["quantity"], &paid["total"]), (&json!(5), &json!(1000)));
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_by_name_and_writes_nothing() {
    let cluster = TestCluster::provisioned().await;
    let settings = [("REQUEST_READ_SECONDS", READ_SECONDS), ("LOG", "info,shotengai=trace")];
    let process = cluster.serve("all", &settings).await;
    let shop = cluster.shop(&process);
    let (admin, guest) = (shop.admin().await, shop.guest(None, "ja").await);
    let product = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let order = order_of_two_lines(&shop, &guest, &product).await;
    let edge = Edge { base: process.url.clone(), client: direct_http().build().unwrap(), admin, guest, product, order };

    let before = commits::count(&cluster).await;
    assert!(before >= 5, "the order's events are counted: {before}");
    bodies::refuse(&edge).await;
    elsewhere::refuse(&edge, &cluster).await;
    slow::cut_off(&edge).await;
    assert_eq!(commits::count(&cluster).await, before, "nothing was written");
    edge.keeps_secrets(&process.log(), "the log");
    cluster.assert_tidy().await;
}
