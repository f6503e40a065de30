//! Web pages of other sites, in a developer's browser, beside an open street: they get nothing of it.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use shotengai_runtime::direct_http;
use shotengai_tests::dev::DevPlace;

const EVIL: &str = "https://evil.example";
const OURS: &str = "http://localhost:5173";
const NAME: &str = "shop.test";

struct Browser {
    client: reqwest::Client,
    base: String,
}

impl Browser {
    fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    fn signs_in(&self) -> RequestBuilder {
        let administrator = json!({ "email": "admin@example.com", "password": "admin123" });
        self.asks(Method::POST, "/auth/login").json(&administrator)
    }

    fn opens_a_socket(&self) -> RequestBuilder {
        let asked =
            self.asks(Method::GET, "/tally/live").header("connection", "upgrade").header("upgrade", "websocket");
        asked.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }
}

async fn sent(asked: RequestBuilder) -> Response {
    asked.send().await.unwrap()
}

/// What lets a browser show an answer to a page of another site.
fn shares(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("access-control"))
}

async fn is_refused(asked: RequestBuilder, status: u16, slug: &str, what: &str) {
    let answer = sent(asked).await;
    assert_eq!(answer.status(), status, "{what}");
    assert!(!shares(answer.headers()), "{what}");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], format!("/problems/{slug}"), "{what}: {problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_page_of_another_site_can_neither_read_nor_write_in_a_developers_street() {
    let place = DevPlace::new();
    let flags = ["--no-seed", "--quiet", "--cors-allowed-origins", OURS, "--allowed-hosts", NAME];
    let mut dev = place.open(&flags).await;
    let base = format!("http://127.0.0.1:{}", place.http);
    let browser = Browser { client: direct_http().build().unwrap(), base };

    // A script of another site asks before it sends JSON or a token, and is not told that it may; what it can send
    // without asking is refused. What it is answered it can't read.
    for path in ["/auth/login", "/products", "/orders"] {
        let asked = browser.asks(Method::OPTIONS, path).header("origin", EVIL);
        let asked = asked.header("access-control-request-method", "POST");
        let answer = sent(asked.header("access-control-request-headers", "authorization,content-type")).await;
        assert!(!shares(answer.headers()), "{path}: {:?}", answer.headers());
    }
    let signed_in = sent(browser.signs_in().header("origin", EVIL)).await;
    assert!(!shares(signed_in.headers()), "{:?}", signed_in.headers());
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let unasked = browser.asks(Method::POST, "/auth/guest").header("origin", EVIL).header("content-type", kind);
        is_refused(unasked.body("{}"), 415, "unsupported-media-type", kind).await;
    }
    for origin in [EVIL, "http://127.0.0.1:3000", "null"] {
        is_refused(browser.opens_a_socket().header("origin", origin), 403, "origin-not-allowed", origin).await;
    }

    // A page whose site's name was made to lead here is of the same origin: it asks nobody and may read. Its name tells.
    for host in ["evil.example", "evil.example:8080", "localhost.evil.example"] {
        let own = format!("http://{host}");
        is_refused(browser.signs_in().header("host", host).header("origin", &own), 421, "host-not-allowed", host).await;
        is_refused(browser.asks(Method::GET, "/").header("host", host), 421, "host-not-allowed", host).await;
        let socket = browser.opens_a_socket().header("host", host).header("origin", &own);
        is_refused(socket, 421, "host-not-allowed", host).await;
    }

    // The same of the local AWS and the inbox beside it.
    let aws = format!("http://127.0.0.1:{}/", place.aws);
    let inbox = format!("http://127.0.0.1:{}/api/v1/messages", place.inbox);
    for (url, header, value) in
        [(&aws, "origin", EVIL), (&aws, "host", "evil.example"), (&inbox, "host", "evil.example")]
    {
        let answer = sent(browser.client.get(url).header(header, value)).await;
        assert!(answer.status().is_client_error() && !shares(answer.headers()), "{url} {value}: {}", answer.status());
    }
    let answer = sent(browser.client.get(&inbox).header("origin", EVIL)).await;
    assert!(!shares(answer.headers()), "{:?}", answer.headers());

    // The street's own page, a site that was named, and a name that was given have all of it.
    let own = browser.base.clone();
    for (host, origin) in
        [(None, own.as_str()), (None, OURS), (Some(NAME), "http://shop.test"), (Some("localhost"), OURS)]
    {
        let as_it = |asked: RequestBuilder| {
            let asked = asked.header("origin", origin);
            if let Some(host) = host { asked.header("host", host) } else { asked }
        };
        assert_eq!(sent(as_it(browser.signs_in())).await.status(), StatusCode::OK, "{host:?} {origin}");
        let socket = sent(as_it(browser.opens_a_socket())).await;
        assert_eq!(socket.status(), StatusCode::SWITCHING_PROTOCOLS, "{host:?} {origin}");
    }
    let named = sent(browser.signs_in().header("origin", OURS)).await;
    assert_eq!(named.headers()["access-control-allow-origin"], OURS);

    dev.signal("INT").await;
    assert_eq!(dev.ended().await.code(), Some(0), "{}", dev.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn origins_and_names_that_can_not_be_are_refused_before_anything_starts() {
    let place = DevPlace::new();
    for (flag, value, says) in [
        ("--cors-allowed-origins", "localhost:5173", "CORS_ALLOWED_ORIGINS: must be * or origins such as"),
        ("--allowed-hosts", "http://shop.test", "must be host names such as shop.test"),
    ] {
        let output = place.dev(&[flag, value]).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{flag}: {said}");
    }
    assert_eq!(place.taken(), [0; 0], "ports");
}
