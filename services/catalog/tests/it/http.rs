use actix_web::http::header::{IF_MATCH, LOCATION};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::shop::Sender::{Admin, Nobody, Service};
use crate::shop::{Sender, Shop};

fn mushrooms() -> Value {
    json!({ "product_id": "prod_kinoko", "name": "きのこの山", "price": 200, "stock": 100 })
}

fn create(body: &Value) -> TestRequest {
    TestRequest::post().uri("/products").set_json(body)
}

#[actix_web::test]
async fn an_administrator_creates_a_product_under_a_chosen_id_once() {
    let shop = Shop::open().await;
    for _ in 0..2 {
        let answer = shop.send(create(&mushrooms()), Admin).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body, json!({ "product_id": "prod_kinoko", "version": 1 }));
        assert_eq!(answer.headers.get(LOCATION).unwrap(), "/products/prod_kinoko?min_version=prod_kinoko:1");
        assert_eq!(answer.headers.get("shotengai-position").unwrap(), "prod_kinoko:1");
    }
    assert_eq!(shop.event_types("prod_kinoko").await, ["ProductCreated"]);
    let mut other = mushrooms();
    other["price"] = json!(201);
    assert_eq!(shop.send(create(&other), Admin).await.status, 409);
}

#[actix_web::test]
async fn a_key_makes_one_product() {
    let shop = Shop::open().await;
    let with_key =
        |price: u32| create(&json!({ "name": "きのこの山", "price": price })).insert_header(("idempotency-key", "k"));
    let first = shop.send(with_key(200), Admin).await;
    let again = shop.send(with_key(200), Admin).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = shop.send(with_key(201), Admin).await;
    assert_eq!(other.status, 422);
    assert_eq!(other.body["type"], "/problems/idempotency-key-reused");
    let without = create(&json!({ "name": "きのこの山", "price": 200 }));
    assert_ne!(shop.send(without, Admin).await.body["product_id"], first.body["product_id"]);
}

#[actix_web::test]
async fn only_administrators_write_and_only_services_read_here() {
    let shop = Shop::open().await;
    assert_eq!(shop.send(create(&mushrooms()), Nobody).await.status, 401);
    assert_eq!(shop.send(create(&mushrooms()), Sender::Customer("1")).await.status, 403);
    let internal = || TestRequest::get().uri("/internal/products/prod_kinoko");
    assert_eq!(shop.send(internal(), Admin).await.status, 401);
    assert_eq!(shop.send(internal(), Service).await.status, 404);
}

#[actix_web::test]
async fn services_see_every_change_at_once() {
    let shop = Shop::open().await;
    shop.send(create(&mushrooms()), Admin).await;
    let uri = "/products/prod_kinoko";
    let put = |name: &str, price: u32| {
        let body = json!({ "name": name, "description": "", "price": price });
        TestRequest::put().uri(uri).insert_header((IF_MATCH, "*")).set_json(body)
    };
    assert_eq!(shop.send(put("きのこの山", 210), Admin).await.body["version"], 2);
    assert_eq!(shop.send(put("きのこの山", 210), Admin).await.body["version"], 2, "nothing differs");
    assert_eq!(shop.send(put("大きのこ", 300), Admin).await.body["version"], 3);
    assert_eq!(shop.send(TestRequest::delete().uri(uri).insert_header((IF_MATCH, "*")), Admin).await.status, 202);
    assert_eq!(
        shop.event_types("prod_kinoko").await,
        ["ProductCreated", "ProductPriceChanged", "ProductUpdated", "ProductDeleted"]
    );
    let answer = shop.send(TestRequest::get().uri("/internal/products/prod_kinoko"), Service).await;
    let wanted = json!({
        "product_id": "prod_kinoko", "name": "大きのこ", "price": 300, "currency": "JPY", "version": 4, "deleted": true
    });
    assert_eq!((answer.status, answer.body), (200, wanted));
    assert_eq!(shop.send(put("また", 300), Admin).await.status, 404);
}

#[actix_web::test]
async fn a_change_says_which_version_it_is_meant_for() {
    let shop = Shop::open().await;
    shop.send(create(&mushrooms()), Admin).await;
    let uri = "/products/prod_kinoko";
    let put =
        |price: u32| TestRequest::put().uri(uri).set_json(json!({ "name": "a", "description": "", "price": price }));
    let delete = || TestRequest::delete().uri(uri);
    for without in [put(210), delete()] {
        let answer = shop.send(without, Admin).await;
        assert_eq!((answer.status, &answer.body["header"]), (428, &json!("if-match")), "{}", answer.body);
    }
    for (at, price, status) in [("3", 210, 400), ("\"3\"", 210, 412), ("W/\"1\"", 210, 412), ("\"1.5f2e\"", 210, 202)] {
        let answer = shop.send(put(price).insert_header((IF_MATCH, at)), Admin).await;
        assert_eq!(answer.status, status, "{at}: {}", answer.body);
    }
    let repeated = shop.send(put(210).insert_header((IF_MATCH, "\"1\"")), Admin).await;
    assert_eq!((repeated.status, &repeated.body["version"]), (202, &json!(2)), "a request whose answer was lost");
    for stale in [put(220), delete()] {
        let answer = shop.send(stale.insert_header((IF_MATCH, "\"1\"")), Admin).await;
        assert_eq!((answer.status, &answer.body["type"]), (412, &json!("/problems/precondition-failed")));
        assert!(answer.body["detail"].as_str().unwrap().contains("is at version 2"), "{}", answer.body);
    }
    assert_eq!(shop.event_types("prod_kinoko").await, ["ProductCreated", "ProductUpdated"]);
    assert_eq!(shop.send(delete().insert_header((IF_MATCH, "\"2\"")), Admin).await.body["version"], 3);
    let none = TestRequest::delete().uri("/products/prod_none").insert_header((IF_MATCH, "\"1\""));
    assert_eq!(shop.send(none, Admin).await.status, 404, "what is not there has no version");
    assert_eq!(shop.send(put(1), Nobody).await.status, 401, "before anything is said of the version");
}

#[actix_web::test]
async fn a_change_without_a_price_leaves_what_the_stream_has_set() {
    let shop = Shop::open().await;
    shop.send(create(&mushrooms()), Admin).await;
    let body = json!({ "name": "大きのこ", "description": "" });
    let put = TestRequest::put().uri("/products/prod_kinoko").insert_header((IF_MATCH, "*")).set_json(body);
    assert_eq!(shop.send(put, Admin).await.status, 202);
    let get = TestRequest::get().uri("/products/prod_kinoko/prices");
    let prices = shop.send(get, Admin).await.body["items"].clone();
    assert_eq!((prices.as_array().unwrap().len(), &prices[0]["price"]), (1, &json!(200)));
}

#[actix_web::test]
async fn an_administrator_reads_what_a_product_has_cost() {
    let shop = Shop::open().await;
    shop.send(create(&mushrooms()), Admin).await;
    let uri = "/products/prod_kinoko";
    let change = |name: &str, price: u32| {
        let body = json!({ "name": name, "description": "", "price": price });
        TestRequest::put().uri(uri).insert_header((IF_MATCH, "*")).set_json(body)
    };
    // Versions 2 to 5; the third changes no price.
    for (name, price) in [("きのこの山", 210), ("大きのこ", 210), ("大きのこ", 220), ("小きのこ", 200)]
    {
        assert_eq!(shop.send(change(name, price), Admin).await.status, 202);
    }
    shop.send(TestRequest::delete().uri(uri).insert_header((IF_MATCH, "*")), Admin).await;
    let restore = || TestRequest::post().uri("/products/prod_kinoko/restore").insert_header((IF_MATCH, "*"));
    assert_eq!(shop.send(restore(), Admin).await.body["version"], 7);
    let mut seen = Vec::new();
    let mut path = "/products/prod_kinoko/prices?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let answer = shop.send(TestRequest::get().uri(&path), Admin).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        pages += 1;
        for entry in answer.body["items"].as_array().unwrap() {
            assert!(
                entry["since"].is_string() && entry["currency"] == "JPY" && entry["source"] == "command",
                "{entry}"
            );
            seen.push((entry["version"].as_u64().unwrap(), entry["price"].as_u64().unwrap()));
        }
        let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
        path = format!("/products/prod_kinoko/prices?limit=3&cursor={cursor}");
    }
    assert_eq!((seen, pages), (vec![(5, 200), (4, 220), (2, 210), (1, 200)], 2));
    let get = |path: &str| TestRequest::get().uri(path);
    assert_eq!(shop.send(get("/products/prod_none/prices"), Admin).await.status, 404);
    for query in ["cursor=3.prod_takenoko", "cursor=x", "limit=0", "limit=3&limit=3", "since=1"] {
        let answer = shop.send(get(&format!("/products/prod_kinoko/prices?{query}")), Admin).await;
        assert_eq!((answer.status, &answer.body["type"]), (400, &json!("/problems/invalid-parameter")), "{query}");
    }
    assert_eq!(shop.send(get("/products/prod_kinoko/prices"), Nobody).await.status, 401);
    assert_eq!(shop.send(get("/products/prod_kinoko/prices"), Sender::Customer("1")).await.status, 403);
}

#[actix_web::test]
async fn bad_input_names_the_field_and_writes_nothing() {
    let shop = Shop::open().await;
    let cases = [
        ("name", json!("x".repeat(10_000)), 422),
        ("name", json!("a\u{0}b"), 422),
        ("name", json!(7), 400),
        ("description", json!("x".repeat(2001)), 422),
        ("price", json!(-1), 422),
        ("price", json!(200.5), 422),
        ("price", json!(1e300), 422),
        ("price", json!("200"), 400),
        ("stock", json!(1_000_001), 422),
        ("stock", json!(-1), 400),
        ("product_id", json!("../../etc"), 400),
        ("colour", json!("brown"), 400),
    ];
    for (field, value, status) in cases {
        let mut body = mushrooms();
        body[field] = value;
        let answer = shop.send(create(&body), Admin).await;
        assert_eq!(answer.status, status, "{field}: {}", answer.body);
        assert_eq!(answer.body["pointer"], format!("/{field}"), "{}", answer.body);
    }
    assert!(shop.event_types("prod_kinoko").await.is_empty());
}

#[actix_web::test]
async fn a_price_is_judged_with_every_digit_that_was_written() {
    let shop = Shop::open().await;
    for (price, status) in [
        ("100.0000000000000000000000000001", 422),
        ("99.99999999999999999999", 422),
        ("1e-400", 422),
        ("100.000000000000000000000000000", 201),
        ("1E2", 201),
    ] {
        let body = format!(r#"{{"name":"きのこの山","price":{price}}}"#);
        let request = TestRequest::post().uri("/products").insert_header(("content-type", "application/json"));
        let answer = shop.send(request.set_payload(body), Admin).await;
        assert_eq!(answer.status, status, "{price}: {}", answer.body);
    }
}
