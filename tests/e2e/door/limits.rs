//! Callers who call too often.

use serde_json::json;
use shotengai_runtime::direct_http;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

use super::{WITHIN, door_to, problem, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_calls_too_often_waits_and_nobody_else_does() {
    let cluster = TestCluster::provisioned().await;
    let settings = [
        ("RATE_LIMIT_PER_SECOND", "1"),
        ("RATE_LIMIT_BURST", "5"),
        ("SIGN_IN_LIMIT_PER_MINUTE", "3"),
        ("TRUSTED_PROXIES", "1"),
    ];
    let door = door_to(&cluster, &settings).await;
    let client = direct_http().build().unwrap();
    let from = |address: &str| client.get(format!("{}/nowhere", door.url)).header("x-forwarded-for", address);
    let mut allowed = 0;
    let refused = loop {
        let answer = send(from("6.6.6.6, 203.0.113.1")).await;
        match answer.status().as_u16() {
            404 => allowed += 1,
            _ => break answer,
        }
        assert!(allowed < 100);
    };
    // One comes back each second while they are sent.
    assert!((5..30).contains(&allowed), "{allowed}");
    problem(refused, 429, "too-many-requests").await;
    assert_eq!(send(from("203.0.113.2")).await.status(), 404, "another address");
    assert_eq!(send(from("203.0.113.1").header("authorization", "Bearer x")).await.status(), 429, "by no token");
    until("it may go on", WITHIN, || async {
        let answer = send(from("203.0.113.1")).await;
        if answer.status() == 404 { Ok(()) } else { Err(answer) }
    })
    .await;

    let enter = |address: &str| {
        let asked = client.post(format!("{}/auth/guest", door.url)).json(&json!({}));
        asked.header("x-forwarded-for", address.to_owned())
    };
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let answer = send(enter("203.0.113.3")).await;
        assert_eq!(answer.status(), 201);
        let body: serde_json::Value = answer.json().await.unwrap();
        tokens.push(body["access_token"].as_str().unwrap().to_owned());
    }
    problem(send(enter("203.0.113.3")).await, 429, "too-many-requests").await;
    assert_eq!(send(enter("203.0.113.4")).await.status(), 201);

    // Guests are counted as themselves, and with everybody else at their address, which has four callers' worth.
    let mut allowed = 0;
    for token in &tokens {
        let mut own = 0;
        while send(from("203.0.113.5").bearer_auth(token)).await.status() == 404 {
            own += 1;
            assert!(own < 100);
        }
        assert!(own >= 5 || allowed >= 15, "{own} after {allowed}");
        allowed += own;
    }
    assert_eq!(
        send(from("203.0.113.1").bearer_auth(&tokens[2])).await.status(),
        429,
        "as themselves, wherever they are"
    );
    for _ in 0..20 {
        send(from("203.0.113.5")).await;
    }
    let more = send(enter("203.0.113.4")).await.json::<serde_json::Value>().await.unwrap();
    let newcomer = more["access_token"].as_str().unwrap();
    let mut refused = 0;
    for _ in 0..5 {
        refused += usize::from(send(from("203.0.113.5").bearer_auth(newcomer)).await.status() == 429);
    }
    assert!(refused > 0, "one more guest is no more calls");
    assert_eq!(send(from("203.0.113.7").bearer_auth(newcomer)).await.status(), 404, "whom another address lets in");
}
