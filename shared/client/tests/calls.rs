//! Requests as they go over the wire, and what comes of each kind of answer.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, end the test that uses them")]

use std::time::Duration;

use shotengai_client::{Answered, CallError, Client};
use shotengai_contracts::api;
use shotengai_contracts::api::orders::{EMPTY_ORDER, OrderAccepted, OrderLine, PlaceOrder, TOO_MANY_LINES};
use shotengai_kernel::{OrderId, ProductId, Quantity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[expect(clippy::disallowed_methods, reason = "the crate stands below the runtime, which makes clients")]
fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A server that answers one request with these bytes; its address, and what it was asked.
async fn answering(answer: String) -> (Client, JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        // Every body here is JSON of one object, or there is none.
        while !(request.ends_with(b"\r\n\r\n") || request.ends_with(b"}")) {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap();
            assert!(read > 0, "the request broke off");
            request.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (Client::new(http(), &base), asked)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn wanted() -> PlaceOrder {
    let line = OrderLine { product_id: ProductId::parse("prod_kinoko").unwrap(), quantity: Quantity::ONE };
    PlaceOrder { items: Some(vec![line]), accept_prices: false, payment_token: None }
}

async fn placed(answer: String) -> Result<Answered<OrderAccepted>, CallError> {
    let (client, asked) = answering(answer).await;
    let answered = client.call(api::PLACE_ORDER).body(&wanted()).send().await;
    asked.await.unwrap();
    answered
}

#[tokio::test]
async fn a_call_is_its_route_with_token_key_and_body() {
    let body = r#"{"currency":"JPY","order_id":"ord_1","status":"pending","total":200,"version":1,"newer":true}"#;
    let (client, asked) = answering(answer("202 Accepted", "location: /orders/ord_1\r\n", body)).await;
    let client = client.with_token("secret".to_owned().into());
    let answered = client.call(api::PLACE_ORDER).key("k-1").body(&wanted()).send().await.unwrap();
    assert_eq!((answered.status.as_u16(), answered.location.as_deref()), (202, Some("/orders/ord_1")));
    assert_eq!(answered.body.order_id.as_str(), "ord_1", "a field of a newer release does no harm");
    let request = asked.await.unwrap();
    assert!(request.starts_with("POST /orders HTTP/1.1\r\n"), "{request}");
    for part in ["authorization: Bearer secret\r\n", "idempotency-key: k-1\r\n", "content-type: application/json\r\n"] {
        assert!(request.contains(part), "{part} in {request}");
    }
    assert!(request.ends_with(r#"{"items":[{"product_id":"prod_kinoko","quantity":1}]}"#), "{request}");
    assert!(!format!("{client:?}").contains("secret"));
}

#[tokio::test]
async fn an_id_and_parameters_stand_in_the_target() {
    let (client, asked) = answering(answer("404 Not Found", "", "")).await;
    let order = OrderId::parse("ord_1").unwrap();
    let refused = client.call_of(api::GET_ORDER, &order).query("min_version", "ord_1:2").send().await.unwrap_err();
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(404));
    let request = asked.await.unwrap();
    assert!(request.starts_with("GET /orders/ord_1?min_version=ord_1%3A2 HTTP/1.1\r\n"), "{request}");
}

#[tokio::test]
async fn a_refusal_is_known_by_its_type_and_told_by_its_detail() {
    let body = r#"{"type":"/problems/empty-order","title":"x","status":422,"detail":"an order has one line at least"}"#;
    let refused = placed(answer("422 Unprocessable Entity", "", body)).await.unwrap_err();
    assert!(refused.is(&EMPTY_ORDER) && !refused.is(&TOO_MANY_LINES) && !refused.is_worth_another_try());
    assert_eq!(refused.to_string(), "422 Unprocessable Entity: an order has one line at least");
}

#[tokio::test]
async fn an_outage_is_worth_another_try_after_a_while() {
    let busy = placed(answer("503 Service Unavailable", "retry-after: 2\r\n", "<html>")).await.unwrap_err();
    assert!(busy.is_worth_another_try());
    let CallError::Refused { retry_after, .. } = busy else { panic!("{busy}") };
    assert_eq!(retry_after, Some(Duration::from_secs(2)));
    let nobody = Client::new(http(), "http://127.0.0.1:1").call(api::TALLY).send().await.unwrap_err();
    assert!(nobody.is_worth_another_try() && nobody.status().is_none());
    assert!(!nobody.to_string().contains("127.0.0.1"), "{nobody}");
}

#[tokio::test]
async fn an_answer_that_is_no_such_thing_is_not_quoted() {
    let strange = placed(answer("202 Accepted", "", r#"{"email":"mei@example.com"}"#)).await.unwrap_err();
    assert!(matches!(strange, CallError::Unreadable { .. }) && !strange.is_worth_another_try());
    assert!(!format!("{strange} {strange:?}").contains("mei"));
}
