use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_kit::Sender;

use crate::support::Shop;

const PATH: &str = "/products/prod_kinoko/stock";

fn post(key: Option<&str>, body: &Value) -> TestRequest {
    let mut request = TestRequest::post().uri(PATH);
    if let Some(key) = key {
        request = request.insert_header(("idempotency-key", key));
    }
    request.set_json(body)
}

#[actix_web::test]
async fn a_retried_addition_adds_once_and_another_quantity_is_refused() {
    let shop = Shop::new(11);
    shop.handler().handle(&[shop.created(0)]).await;
    let role = shop.role();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = role.send(post(Some("k1"), &json!({ "quantity": 5 })), Sender::Admin).await;
        assert_eq!(answer.status, 202);
        assert_eq!(answer.headers.get("location").unwrap(), "/products/prod_kinoko?min_version=stock/prod_kinoko:2");
        assert_eq!(answer.headers.get("shotengai-position").unwrap(), "stock/prod_kinoko:2");
        answers.push(answer.body);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!((&answers[0]["product_id"], &answers[0]["version"]), (&json!("prod_kinoko"), &json!(2)));
    assert_eq!(role.send(post(Some("k1"), &json!({ "quantity": 6 })), Sender::Admin).await.status, 422);
    for _ in 0..2 {
        assert_eq!(role.send(post(None, &json!({ "quantity": 1 })), Sender::Admin).await.status, 202);
    }
    assert_eq!(shop.stock().await.available, 7);
}

#[actix_web::test]
async fn what_must_not_be_added_is_refused_and_writes_nothing() {
    let shop = Shop::new(12);
    let role = shop.role();
    for (sender, body, status) in [
        (Sender::Admin, json!({ "quantity": 5 }), 404),
        (Sender::Customer("1"), json!({ "quantity": 5 }), 403),
        (Sender::Admin, json!({ "quantity": 0 }), 400),
        (Sender::Admin, json!({ "quantity": 1.5 }), 400),
        (Sender::Admin, json!({ "quantity": 5, "price": 1 }), 400),
    ] {
        assert_eq!(role.send(post(None, &body), sender).await.status, status, "{body}");
    }
    assert_eq!(shop.stock().await.available, 0);
}
