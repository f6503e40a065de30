use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::shop::{Answer, NOWHERE, Shop};

fn order(key: &str, body: &Value) -> TestRequest {
    raw_order(key, body.to_string())
}

fn raw_order(key: &str, body: String) -> TestRequest {
    let request = TestRequest::post().uri("/orders").insert_header(("idempotency-key", key));
    request.insert_header((CONTENT_TYPE, "application/json")).set_payload(body)
}

fn two_mushrooms() -> Value {
    json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 2 }] })
}

async fn placed(shop: &Shop) -> String {
    let answer = shop.send(order("k", &two_mushrooms()), Some("1")).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.body["order_id"].as_str().unwrap().to_owned()
}

fn refused(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("/problems/{slug}"));
}

#[actix_web::test]
async fn an_order_is_accepted_once_a_key() {
    let shop = Shop::open(NOWHERE).await;
    let first = shop.send(order("k", &two_mushrooms()), Some("1")).await;
    let id = first.body["order_id"].as_str().unwrap();
    assert_eq!(first.status, 202);
    assert_eq!(first.headers.get(LOCATION).unwrap(), format!("/orders/{id}?min_version={id}:1").as_str());
    assert_eq!(first.headers.get("shotengai-position").unwrap(), format!("{id}:1").as_str());
    let wanted = json!({ "order_id": id, "status": "pending", "total": 400, "currency": "JPY", "version": 1 });
    assert_eq!(first.body, wanted);

    shop.pay(id).await;
    let again = shop.send(order("k", &two_mushrooms()), Some("1")).await;
    assert_eq!((again.status, &again.body), (202, &first.body), "however far it has come");
    let other = shop.send(order("k", &json!({ "items": [{ "product_id": "prod_kinoko", "quantity": 3 }] })), Some("1"));
    refused(&other.await, 422, "idempotency-key-reused");
    let someone = shop.send(order("k", &two_mushrooms()), Some("2")).await;
    assert_ne!(someone.body["order_id"], first.body["order_id"]);
}

#[actix_web::test]
async fn bad_input_names_the_field_and_writes_nothing() {
    let shop = Shop::open(NOWHERE).await;
    let line = |quantity: &str| format!(r#"{{"items":[{{"product_id":"prod_kinoko","quantity":{quantity}}}]}}"#);
    let many = json!({ "items": (0..51).map(|n| json!({ "product_id": format!("prod_{n}"), "quantity": 1 })).collect::<Vec<_>>() });
    let cases = [
        ("not json".to_owned(), 400, Value::Null),
        (r#"{"items":"all"}"#.to_owned(), 400, json!("/items")),
        (r#"{"item":[]}"#.to_owned(), 400, json!("/item")),
        (line("0"), 400, json!("/items/0/quantity")),
        (line("-1"), 400, json!("/items/0/quantity")),
        (line("1.5"), 400, json!("/items/0/quantity")),
        (line("9223372036854775808"), 400, json!("/items/0/quantity")),
        (r#"{"items":[{"product_id":"../etc","quantity":1}]}"#.to_owned(), 400, json!("/items/0/product_id")),
        (r#"{"items":[]}"#.to_owned(), 422, json!("/items")),
        (many.to_string(), 422, json!("/items")),
        (json!({ "items": [], "payment_token": "4242 4242 4242 4242" }).to_string(), 400, json!("/payment_token")),
    ];
    for (body, status, pointer) in cases {
        let answer = shop.send(raw_order("k", body.clone()), Some("1")).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        if !pointer.is_null() {
            assert_eq!(answer.body["pointer"], pointer, "{body}");
        }
        assert!(!answer.body.to_string().contains("4242"), "a card number is not repeated");
    }
    assert!(!shop.wrote("1", "k").await);
}

#[actix_web::test]
async fn only_a_signed_in_caller_orders() {
    let shop = Shop::open(NOWHERE).await;
    assert_eq!(shop.send(order("k", &two_mushrooms()), None).await.status, 401);
}

#[actix_web::test]
async fn a_paid_order_ships_once_and_then_can_not_be_cancelled() {
    let shop = Shop::open(NOWHERE).await;
    let id = placed(&shop).await;
    let ship = || TestRequest::post().uri(&format!("/orders/{id}/ship"));
    refused(&shop.send(ship(), Some("admin")).await, 409, "order-not-shippable");
    shop.pay(&id).await;
    assert_eq!(shop.send(ship(), Some("1")).await.status, 403);
    let first = shop.send(ship(), Some("admin")).await;
    let again = shop.send(ship(), Some("admin")).await;
    assert_eq!((first.status, again.status), (202, 200));
    assert_eq!(first.body, json!({ "order_id": id, "status": "shipped", "version": 6 }));
    assert_eq!(first.body, again.body);
    let cancel = TestRequest::post().uri(&format!("/orders/{id}/cancel"));
    refused(&shop.send(cancel, Some("1")).await, 409, "order-already-shipped");
}

#[actix_web::test]
async fn a_customer_cancels_their_own_order_with_or_without_words() {
    let shop = Shop::open(NOWHERE).await;
    let id = placed(&shop).await;
    let cancel = || TestRequest::post().uri(&format!("/orders/{id}/cancel"));
    assert_eq!(shop.send(cancel(), Some("2")).await.status, 404, "somebody else's");
    let long = cancel().set_json(json!({ "note": "x".repeat(501) }));
    assert_eq!(shop.send(long, Some("1")).await.body["pointer"], "/note");
    let first = shop.send(cancel().set_json(json!({ "note": "too late" })), Some("1")).await;
    assert_eq!(first.body, json!({ "order_id": id, "status": "cancelled", "version": 2 }));
    let again = shop.send(cancel(), Some("1")).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.body, again.body);
    let events = shop.send(TestRequest::get().uri(&format!("/orders/{id}/events")), Some("1")).await;
    assert_eq!(events.body["items"][1]["data"]["note"], "too late");
}

#[actix_web::test]
async fn an_orders_events_are_its_owners_and_administrators() {
    let shop = Shop::open(NOWHERE).await;
    let id = placed(&shop).await;
    let events = |id: &str| TestRequest::get().uri(&format!("/orders/{id}/events"));
    for user in ["1", "admin"] {
        let answer = shop.send(events(&id), Some(user)).await;
        assert_eq!(answer.body["items"][0]["type"], "OrderPlaced");
        assert_eq!(answer.body["items"][0]["version"], 1);
    }
    for (id, user) in [(id.as_str(), "2"), ("ord_none", "1"), ("..%2Fetc", "1"), ("prod_1", "1")] {
        assert_eq!(shop.send(events(id), Some(user)).await.status, 404, "{id}");
    }
}
