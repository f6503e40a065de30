//! Carts: two devices, two clicks and lost answers do no harm, and a cart and its order go together.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, CartId, UserId, Version};
use shotengai_messaging::Infrastructure;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const ROLES: &str = "storefront,order,catalog,inventory,billing,query,bridge";

async fn put_in(shop: &Shop, person: &Person, product: &str, count: u32) -> Value {
    let body = json!({ "product_id": product, "quantity": count });
    shop.post("/cart/items", Some(person), &body).await.expect(200)
}

async fn events(cluster: &TestCluster, id: AggregateId) -> Vec<String> {
    let commits = cluster.aws.event_store(Owner::Order).load(&id, Version::ZERO).await.unwrap();
    commits.into_iter().flat_map(|commit| commit.events.to_vec()).map(|event| event.event_type).collect()
}

async fn cart_events(cluster: &TestCluster, person: &Person) -> Vec<String> {
    let cart = CartId::of_user(&UserId::parse(&person.user_id).unwrap());
    events(cluster, AggregateId::from(&cart)).await
}

async fn placed(cluster: &TestCluster, order: &str) -> usize {
    let all = events(cluster, AggregateId::parse(order).unwrap()).await;
    all.iter().filter(|name| *name == "OrderPlaced").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cart_becomes_one_order_however_often_it_is_asked_for() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve(ROLES, &[]).await;
    let proxy = Proxy::start(&process.url).await;
    let (shop, lossy) = (cluster.shop(&process), cluster.shop_at(proxy.url()));
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;

    // Eight clicks at once, without a key.
    let clicks = shop.guest(None, "ja").await;
    put_in(&shop, &clicks, &kinoko, 2).await;
    let body = json!({});
    let answers = join_all((0..8).map(|_| shop.post("/orders", Some(&clicks), &body))).await;
    let mut answers: Vec<_> = answers.into_iter().map(|answer| answer.expect(202)).collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let order = text(&answers[0], "order_id");
    assert_eq!(placed(&cluster, &order).await, 1);
    assert_eq!(cart_events(&cluster, &clicks).await, ["ItemAddedToCart", "CartCleared"]);
    let shown = shop.until_status(&clicks, &order, "paid").await;
    assert_eq!((&shown["total"], &shown["items"][0]["quantity"]), (&json!(400), &json!(2)));
    let mine = shop.get("/orders", Some(&clicks)).await.expect(200);
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));

    // An answer that is dropped on the wire, with a key and without; and a request that is.
    for (key, action) in [(None, Action::LoseAnswer), (Some("k"), Action::LoseAnswer), (None, Action::DropRequest)] {
        let unlucky = shop.guest(None, "ja").await;
        put_in(&shop, &unlucky, &kinoko, 1).await;
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let rule = proxy.rule(Rule::when(|it| it.method == Method::POST && it.path == "/orders").times(1).act(action));
        let lost = lossy.send(Method::POST, "/orders", Some(&unlucky), &headers, Some(&body)).await;
        assert!(lost.is_err() && rule.hits() == 1);
        let again = lossy.send(Method::POST, "/orders", Some(&unlucky), &headers, Some(&body)).await.unwrap();
        let order = text(&again.expect(202), "order_id");
        assert_eq!(placed(&cluster, &order).await, 1);
        assert_eq!(cart_events(&cluster, &unlucky).await, ["ItemAddedToCart", "CartCleared"]);
        shop.until_status(&unlucky, &order, "paid").await;
        let mine = shop.get("/orders", Some(&unlucky)).await.expect(200);
        assert_eq!(mine["items"].as_array().map(Vec::len), Some(1), "{key:?}");
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_changed_is_told_and_two_devices_lose_nothing() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve(ROLES, &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let guest = shop.guest(None, "en").await;
    let item = format!("/cart/items/{kinoko}");
    let change = async |count: u32, version: u64| {
        let (tag, body) = (format!("\"{version}\""), json!({ "quantity": count }));
        shop.send(Method::PUT, &item, Some(&guest), &[("if-match", tag.as_str())], Some(&body)).await.unwrap()
    };
    put_in(&shop, &guest, &kinoko, 1).await;
    let newer = change(2, 1).await.expect(200);
    let stale = change(5, 1).await.expect(409);
    assert_eq!((&stale["type"], &stale["cart"]), (&json!("/problems/cart-changed"), &newer));
    assert_eq!(shop.get("/cart", Some(&guest)).await.expect(200), newer);

    let dearer = json!({ "name": "きのこの山", "description": "", "price": 250 });
    let any = [("if-match", "*")];
    let path = format!("/products/{kinoko}");
    let _ = shop.send(Method::PUT, &path, Some(&admin), &any, Some(&dearer)).await.unwrap().expect(202);
    // Order hears of it by the stream: another person's order tells when.
    let other = shop.guest(None, "en").await;
    until("the new price is known", Duration::from_secs(60), || async {
        let order = shop.order(&other, &[(&kinoko, 1)]).await.expect(202);
        if order["total"] == 250 { Ok(()) } else { Err(order) }
    })
    .await;
    let refused = shop.post("/orders", Some(&guest), &json!({})).await.expect(409);
    assert_eq!(refused["type"], "/problems/prices-changed");
    let both = json!([{ "product_id": kinoko, "price_in_cart": 200, "price": 250, "currency": "JPY" }]);
    assert_eq!(refused["prices"], both);
    assert_eq!(shop.get("/cart", Some(&guest)).await.expect(200), newer, "neither ordered nor cleared");
    let order = shop.post("/orders", Some(&guest), &json!({ "accept_prices": true })).await.expect(202);
    assert_eq!(order["total"], 500);
    shop.until_status(&guest, &text(&order, "order_id"), "paid").await;
    assert_eq!(shop.get("/cart", Some(&guest)).await.expect(200)["items"], json!([]));
    let orders = shop.get("/orders", Some(&other)).await.expect(200);
    for order in orders["items"].as_array().unwrap() {
        shop.until_status(&other, &text(order, "order_id"), "paid").await;
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_takes_over_what_they_had_as_a_guest() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve(ROLES, &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let account = json!({ "email": "mei@example.com", "password": "kinoko and takenoko" });

    // A guest who registers is the same person, with the same cart.
    let first = shop.guest(None, "en").await;
    put_in(&shop, &first, &kinoko, 1).await;
    let _ = shop.post("/auth/register", Some(&first), &account).await.expect(202);
    let mei = shop.sign_in("mei@example.com", "kinoko and takenoko").await;
    assert_eq!(shop.get("/cart", Some(&mei)).await.expect(200)["items"][0]["quantity"], 1);

    // One who comes back was somebody else meanwhile.
    let again = shop.guest(None, "en").await;
    put_in(&shop, &again, &kinoko, 2).await;
    let theirs = json!({ "guest_token": again.token });
    for _ in 0..2 {
        let cart = shop.post("/cart/merge", Some(&mei), &theirs).await.expect(200);
        assert_eq!(cart["items"][0]["quantity"], 3, "{cart}");
    }
    assert_eq!(shop.get("/cart", Some(&again)).await.expect(200)["items"], json!([]));
    for token in [&admin.token, &mei.token] {
        let refused = shop.post("/cart/merge", Some(&mei), &json!({ "guest_token": token })).await.expect(422);
        assert_eq!(refused["type"], "/problems/not-a-guests-token");
        assert!(!refused.to_string().contains(token.as_str()));
    }
    let order = shop.post("/orders", Some(&mei), &json!({})).await.expect(202);
    assert_eq!(order["total"], 600);
    shop.until_status(&mei, &text(&order, "order_id"), "paid").await;
    cluster.assert_tidy().await;
}
