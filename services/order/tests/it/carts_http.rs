//! The cart over HTTP.

use actix_web::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::shop::{Answer, NOWHERE, Shop};

fn sent(request: TestRequest, body: &Value) -> TestRequest {
    request.insert_header((CONTENT_TYPE, "application/json")).set_payload(body.to_string())
}

fn add(quantity: u32) -> TestRequest {
    let request = TestRequest::post().uri("/cart/items");
    sent(request, &json!({ "product_id": "prod_kinoko", "quantity": quantity }))
}

fn change(quantity: u32, tag: &str) -> TestRequest {
    let request = TestRequest::put().uri("/cart/items/prod_kinoko").insert_header((IF_MATCH, tag));
    sent(request, &json!({ "quantity": quantity }))
}

fn order(body: &Value) -> TestRequest {
    sent(TestRequest::post().uri("/orders"), body)
}

fn tag(answer: &Answer) -> String {
    answer.headers.get(ETAG).unwrap().to_str().unwrap().to_owned()
}

/// The version that the tag of an answer begins with.
fn version(answer: &Answer) -> String {
    let tag = tag(answer);
    tag.trim_matches('"').split_once('.').unwrap().0.to_owned()
}

fn refused(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("/problems/{slug}"));
}

fn cart(count: u32, version: u64) -> Value {
    json!({
        "cart_id": "cart_1", "items": [{ "product_id": "prod_kinoko", "quantity": count, "price": 200 }],
        "total": 200 * count, "currency": "JPY", "version": version,
    })
}

#[actix_web::test]
async fn a_cart_is_filled_changed_and_emptied() {
    let shop = Shop::open(NOWHERE).await;
    let get = || TestRequest::get().uri("/cart");
    let empty = shop.send(get(), Some("1")).await;
    assert_eq!((empty.status, version(&empty).as_str()), (200, "0"));
    assert_eq!(empty.body, json!({ "cart_id": "cart_1", "items": [], "version": 0 }));
    let added = shop.send(add(2), Some("1")).await;
    assert_eq!((added.status, version(&added).as_str(), &added.body), (200, "1", &cart(2, 1)));
    let changed = shop.send(change(5, "\"1\""), Some("1")).await;
    assert_eq!((changed.status, version(&changed).as_str(), &changed.body), (200, "2", &cart(5, 2)));
    let shown = shop.send(get(), Some("1")).await;
    assert_eq!(shown.body, cart(5, 2));
    assert_eq!(shown.headers.get("cache-control").unwrap(), "private, no-store");
    let remove = TestRequest::delete().uri("/cart/items/prod_kinoko").insert_header((IF_MATCH, "\"2\""));
    let removed = shop.send(remove, Some("1")).await;
    assert_eq!((removed.status, removed.body), (200, json!({ "cart_id": "cart_1", "items": [], "version": 3 })));
    shop.send(add(1), Some("1")).await;
    let clear = TestRequest::delete().uri("/cart").insert_header((IF_MATCH, "*"));
    assert_eq!(shop.send(clear, Some("1")).await.body["version"], 5);
}

#[actix_web::test]
async fn a_kept_cart_is_not_taken_for_anothers_at_its_version() {
    let shop = Shop::open(NOWHERE).await;
    let kept = tag(&shop.send(add(2), Some("1")).await);
    shop.send(add(2), Some("2")).await;
    let get = || TestRequest::get().uri("/cart").insert_header((IF_NONE_MATCH, kept.as_str()));
    assert_eq!(shop.send(get(), Some("1")).await.status, 304);
    let others = shop.send(get(), Some("2")).await;
    assert_eq!((others.status, &others.body["cart_id"], version(&others).as_str()), (200, &json!("cart_2"), "1"));
}

#[actix_web::test]
async fn a_cart_is_shown_as_it_was() {
    let shop = Shop::open(NOWHERE).await;
    let get = |as_of: &str| shop.send(TestRequest::get().uri(&format!("/cart?as_of={as_of}")), Some("1"));
    refused(&get("1").await, 422, "as-of-ahead");
    let mut shown = Vec::new();
    for (quantity, version) in [(2, 1), (5, 2), (1, 3)] {
        let request = if version == 1 { add(quantity) } else { change(quantity, "*") };
        let answer = shop.send(request, Some("1")).await;
        assert_eq!(answer.body, cart(quantity, version));
        shown.push(answer);
    }
    for (then, version) in shown.iter().zip(["1", "2", "3"]) {
        let answer = get(version).await;
        assert_eq!((answer.status, tag(&answer), &answer.body), (200, tag(then), &then.body));
    }
    let empty = get("1970-01-01T00:00:00Z").await;
    assert_eq!((empty.status, &empty.body["version"], &empty.body["items"]), (200, &json!(0), &json!([])));
    refused(&get("4").await, 422, "as-of-ahead");
    refused(&get("9999-01-01T00:00:00Z").await, 422, "as-of-ahead");
    refused(&get("never").await, 400, "invalid-parameter");
    // Nobody has more than one's own.
    let other = shop.send(TestRequest::get().uri("/cart?as_of=1"), Some("2")).await;
    refused(&other, 422, "as-of-ahead");
}

#[actix_web::test]
async fn a_change_says_which_cart_it_means_and_is_shown_the_newer_one() {
    let shop = Shop::open(NOWHERE).await;
    shop.send(add(2), Some("1")).await;
    shop.send(add(1), Some("1")).await;
    for (uri, method) in
        [("/cart", "DELETE"), ("/cart/items/prod_kinoko", "DELETE"), ("/cart/items/prod_kinoko", "PUT")]
    {
        let request = |tag: Option<&str>| {
            let request = if method == "PUT" { TestRequest::put() } else { TestRequest::delete() };
            let request = sent(request.uri(uri), &json!({ "quantity": 9 }));
            match tag {
                Some(tag) => request.insert_header((IF_MATCH, tag)),
                None => request,
            }
        };
        refused(&shop.send(request(None), Some("1")).await, 428, "precondition-required");
        let stale = shop.send(request(Some("\"1\"")), Some("1")).await;
        refused(&stale, 409, "cart-changed");
        assert_eq!((&stale.body["cart"], version(&stale).as_str()), (&cart(3, 2), "2"));
    }
    let stale = shop.send(add(1).insert_header((IF_MATCH, "\"1\"")), Some("1")).await;
    refused(&stale, 409, "cart-changed");
    let order = order(&json!({})).insert_header((IF_MATCH, "\"1\""));
    refused(&shop.send(order, Some("1")).await, 409, "cart-changed");
}

#[actix_web::test]
async fn bad_input_names_what_is_wrong() {
    let shop = Shop::open(NOWHERE).await;
    let post = |body: Value| sent(TestRequest::post().uri("/cart/items"), &body);
    for (body, pointer) in [
        (json!({ "product_id": "prod_kinoko", "quantity": 0 }), "/quantity"),
        (json!({ "product_id": "prod_kinoko", "quantity": 1_000_001 }), "/quantity"),
        (json!({ "product_id": "kinoko", "quantity": 1 }), "/product_id"),
        (json!({ "product_id": "prod_kinoko", "quantity": 1, "price": 1 }), "/price"),
    ] {
        let answer = shop.send(post(body), Some("1")).await;
        assert_eq!((answer.status, &answer.body["pointer"]), (400, &json!(pointer)), "{}", answer.body);
    }
    shop.send(add(1), Some("1")).await;
    refused(&shop.send(add(1_000_000), Some("1")).await, 422, "out-of-range");
    let keyed = |count| add(count).insert_header(("idempotency-key", "k"));
    assert_eq!(shop.send(keyed(1), Some("1")).await.body, cart(2, 2));
    assert_eq!(shop.send(keyed(1), Some("1")).await.body, cart(2, 2));
    refused(&shop.send(keyed(2), Some("1")).await, 422, "idempotency-key-reused");
    let unknown = TestRequest::put().uri("/cart/items/prod_none").insert_header((IF_MATCH, "*"));
    refused(&shop.send(sent(unknown, &json!({ "quantity": 1 })), Some("1")).await, 404, "not-found");
    assert_eq!(shop.send(TestRequest::get().uri("/cart"), None).await.status, 401);
}

#[actix_web::test]
async fn an_order_without_items_is_of_the_cart() {
    let shop = Shop::open(NOWHERE).await;
    refused(&shop.send(order(&json!({})), Some("1")).await, 422, "empty-order");
    shop.send(add(2), Some("1")).await;
    refused(&shop.send(order(&json!({ "items": [] })), Some("1")).await, 422, "empty-order");
    shop.reprice(250).await;
    let changed = shop.send(order(&json!({})), Some("1")).await;
    refused(&changed, 409, "prices-changed");
    let prices = json!([{ "product_id": "prod_kinoko", "price_in_cart": 200, "price": 250, "currency": "JPY" }]);
    assert_eq!(changed.body["prices"], prices);
    let accepting = json!({ "accept_prices": true });
    let placed = shop.send(order(&accepting), Some("1")).await;
    assert_eq!((placed.status, &placed.body["total"]), (202, &json!(500)), "{}", placed.body);
    assert_eq!(shop.send(order(&accepting), Some("1")).await.body, placed.body, "a second click");
    let empty = shop.send(order(&json!({})), Some("1")).await;
    refused(&empty, 422, "empty-order");
    assert!(empty.body["detail"].as_str().unwrap().contains(placed.body["order_id"].as_str().unwrap()));
}
