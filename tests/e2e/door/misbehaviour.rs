//! Roles that answer badly, late or never, and clients that send too much.

use shotengai_runtime::direct_http;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use shotengai_tests::fake_role::{FakeRole, Reply, ok};
use shotengai_tests::raw::exchange;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::{WITHIN, door_to, get, problem, request, send};

const BOUND: Duration = Duration::from_secs(2);
const BUSY: Duration = Duration::from_secs(20);
const HOPS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close, X-Hop\r\nx-hop: 1\r\n\
     keep-alive: timeout=5\r\nproxy-authenticate: Basic\r\nx-request-id: theirs\r\netag: \"e\"\r\n\r\nok";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_read_nothing_keep_no_place_from_others() {
    let cluster = TestCluster::provisioned().await;
    let large = "x".repeat(64 << 20);
    let more = Arc::new(Notify::new());
    let rest = Arc::clone(&more);
    let query = FakeRole::start(move |head| match head.split(' ').nth(1).unwrap() {
        "/products/prod_large" => ok(&large),
        "/products/prod_held" => {
            Reply::InTwo("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n".to_owned(), Arc::clone(&rest), "x".to_owned())
        }
        _ => ok("small"),
    })
    .await;
    let settings = [
        ("QUERY_URL", query.url()),
        ("FORWARD_CONCURRENCY", "2"),
        ("FORWARD_HEAD_SECONDS", "3"),
        ("FORWARD_SECONDS", "3"),
    ];
    let door = door_to(&cluster, &settings).await;
    let host = door.url.trim_start_matches("http://").to_owned();
    let mut deaf = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let head = format!("GET /products/prod_large HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // It has its place once an answer begins, which it leaves where it is.
        until("an answer begins", WITHIN, || async {
            let mut head = [0; 12];
            let seen = stream.peek(&mut head).await.unwrap();
            if &head == b"HTTP/1.1 200" { Ok(()) } else { Err(String::from_utf8_lossy(&head[..seen]).into_owned()) }
        })
        .await;
        deaf.push(stream);
    }
    let other = || async { get(&format!("{}/products", door.url)).await.status().as_u16() };
    until("every place is taken", WITHIN, || async {
        let status = other().await;
        if status == 503 { Ok(()) } else { Err(status) }
    })
    .await;
    until("both places are free again", WITHIN, || async {
        // Both: a client whose time is not over yet would still be given everything.
        let held = get(&format!("{}/products/prod_held", door.url)).await;
        if held.status() != 200 {
            return Err((held.status().as_u16(), 0));
        }
        let beside = other().await;
        more.notify_one();
        assert_eq!(held.text().await.unwrap(), "x");
        if beside == 200 { Ok(()) } else { Err((200, beside)) }
    })
    .await;
    // And who then reads after all is not told that it has everything.
    for mut stream in deaf {
        let mut all = Vec::new();
        let ended = timeout(WITHIN, stream.read_to_end(&mut all)).await.unwrap();
        assert!(ended.is_err() || all.len() < 64 << 20, "{}", all.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_that_misbehave_harm_neither_clients_nor_each_other() {
    let cluster = TestCluster::provisioned().await;
    let more = Arc::new(Notify::new());
    let rest = Arc::clone(&more);
    let query = FakeRole::start(move |head| match head.split(' ').nth(1).unwrap() {
        "/products" => Reply::Say(HOPS.to_owned()),
        "/products/prod_cut" => Reply::Say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned()),
        "/products/prod_chunk" => {
            Reply::Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_owned())
        }
        "/orders" => Reply::InTwo(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n".to_owned(),
            Arc::clone(&rest),
            format!("{:x}\r\n{}\r\n0\r\n\r\n", 3 << 20, "x".repeat(3 << 20)),
        ),
        _ => Reply::Close,
    })
    .await;
    let order = FakeRole::start(|head| if head.contains("/cancel") { ok("{}") } else { Reply::Close }).await;
    let inventory = FakeRole::start(|_| Reply::Hang).await;
    let door = door_to(
        &cluster,
        &[
            ("QUERY_URL", query.url()),
            ("ORDER_URL", order.url()),
            ("INVENTORY_URL", inventory.url()),
            ("FORWARD_HEAD_SECONDS", "2"),
            ("FORWARD_CONCURRENCY", "4"),
        ],
    )
    .await;
    let base = door.url.clone();
    let token = cluster.shop(&door).admin().await.token;

    // Heads, both ways.
    let asked = direct_http().build().unwrap().get(format!("{base}/products"));
    let asked = asked.header("connection", "x-mine").header("x-mine", "1").header("te", "trailers");
    let asked = asked.header("x-forwarded-for", "6.6.6.6").header("forwarded", "for=6.6.6.6").header("accept", "a/b");
    let answer = send(asked).await;
    for gone in ["x-hop", "keep-alive", "proxy-authenticate", "connection"] {
        assert!(!answer.headers().contains_key(gone), "{gone}: {:?}", answer.headers());
    }
    assert_ne!(answer.headers()["x-request-id"], "theirs");
    assert_eq!(
        (answer.headers()["etag"].as_bytes(), answer.headers()["content-length"].as_bytes()),
        (&b"\"e\""[..], &b"2"[..])
    );
    assert_eq!(answer.text().await.unwrap(), "ok");
    let head = query.seen().remove(0);
    let has = |line: &str| head.lines().any(|known| known == line);
    assert!(!head.contains("x-mine") && !head.contains("trailers") && !head.contains("6.6.6.6"), "{head}");
    let host = base.trim_start_matches("http://");
    assert!(has("x-forwarded-for: 127.0.0.1") && has("x-forwarded-proto: http") && has("accept: a/b"), "{head}");
    assert!(has(&format!("x-forwarded-host: {host}")) && has("via: 1.1 shotengai"), "{head}");
    assert!(has(&format!("host: {}", query.url().trim_start_matches("http://"))), "{head}");
    assert!(head.contains("traceparent: 00-") && head.contains("x-request-id: "), "{head}");

    // A half is never taken for the whole.
    for path in ["/products/prod_cut", "/products/prod_chunk"] {
        let answer = get(&format!("{base}{path}")).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.is_err(), "{path} was cut off");
    }

    // What comes is passed on as it comes, not when all of it is there.
    let mut answer = send(request(Method::GET, &base, "/orders", &token)).await;
    let first = timeout(WITHIN, answer.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(first, "first");
    more.notify_one();
    assert_eq!(answer.bytes().await.unwrap().len(), 3 << 20);

    // No answer: what only reads is asked again, what may have been done is not.
    let count = |role: &FakeRole, start: &str| role.seen().iter().filter(|head| head.starts_with(start)).count();
    let mut asked = Vec::new();
    // A connection that was kept may turn out to be closed: then the role hears of one of two.
    while asked.len() < 5 && !asked.contains(&2) {
        let before = count(&query, "get /products/prod_gone ");
        problem(get(&format!("{base}/products/prod_gone")).await, 503, "unavailable").await;
        asked.push(count(&query, "get /products/prod_gone ") - before);
    }
    assert!(asked.contains(&2) && asked.iter().all(|times| *times <= 2), "{asked:?}");
    let place = request(Method::POST, &base, "/orders", &token).header("idempotency-key", "Key-1").json(&1);
    problem(send(place).await, 503, "unavailable").await;
    assert_eq!(count(&order, "post /orders "), 1);
    assert!(order.seen()[0].contains("\r\nidempotency-key: key-1"));

    hanging(&base, &token, &inventory).await;
    too_much(&base, &token, &order).await;
}

/// A role that never answers: its requests end in time, there are never too many, and others don't notice.
async fn hanging(base: &str, token: &str, inventory: &FakeRole) {
    let began = Instant::now();
    let stock = || async {
        let asked = request(Method::POST, base, "/products/prod_1/stock", token).json(&1);
        let answer = send(asked).await;
        (answer.status().as_u16(), answer)
    };
    let others = async {
        let answer = get(&format!("{base}/products")).await;
        assert_eq!(answer.status(), 200);
        began.elapsed()
    };
    let (answers, others) = tokio::join!(join_all((0..10).map(|_| stock())), others);
    assert!(others < BUSY && began.elapsed() >= BOUND && began.elapsed() < BUSY, "{others:?} {:?}", began.elapsed());
    let mut late = 0;
    for (status, answer) in answers {
        match status {
            504 => {
                problem(answer, 504, "role-timeout").await;
                late += 1;
            }
            _ => drop(problem(answer, 503, "unavailable").await),
        }
    }
    assert_eq!((late, inventory.seen().len()), (4, 4), "four at the same time, none twice");
}

/// Bodies beyond the limit, announced or not, end at the door.
async fn too_much(base: &str, token: &str, order: &FakeRole) {
    let before = order.seen().len();
    let announced = request(Method::POST, base, "/orders/ord_1/cancel", token).body(vec![b' '; 300_000]);
    problem(send(announced).await, 413, "body-too-large").await;
    let chunk = format!("c350\r\n{}\r\n", " ".repeat(0xc350)).repeat(6);
    let raw = format!(
        "POST /orders/ord_1/cancel HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    let answer = exchange(base, raw.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["type"].as_str()), (413, Some("/problems/body-too-large")));
    assert_eq!(order.seen().len(), before, "no role has seen any of it whole");
    // Below the limit, but more than is read ahead.
    let asked = request(Method::POST, base, "/orders/ord_1/cancel", token).body(vec![b' '; 250_000]);
    assert_eq!(send(asked).await.status(), 200);
}
