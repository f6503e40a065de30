//! A request that comes again under its key is the same request, however often and whatever became of its answer.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::aggregates;
use shotengai_kernel::{AggregateId, ProductId, Version};
use shotengai_messaging::Infrastructure;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Answer, Person, Shop, order_body, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A request under a key.
#[derive(Clone, Copy)]
struct Keyed<'a> {
    path: &'a str,
    person: &'a Person,
    key: &'a str,
}

impl Keyed<'_> {
    async fn try_send(&self, shop: &Shop, body: &Value) -> Result<Answer, reqwest::Error> {
        let headers = [("idempotency-key", self.key)];
        shop.send(Method::POST, self.path, Some(self.person), &headers, Some(body)).await
    }

    async fn send(&self, shop: &Shop, body: &Value) -> Answer {
        self.try_send(shop, body).await.unwrap()
    }

    /// All at once; answers the one answer that they all got.
    async fn send_at_once(&self, shop: &Shop, body: &Value, times: usize, status: u16) -> Value {
        let answers = join_all((0..times).map(|_| self.send(shop, body))).await;
        let mut bodies: Vec<_> = answers.into_iter().map(|answer| answer.expect(status)).collect();
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{}: {bodies:#?}", self.path);
        bodies.remove(0)
    }

    async fn is_refused(&self, shop: &Shop, other_body: &Value) {
        let problem = self.send(shop, other_body).await.expect(422);
        assert_eq!(problem["type"], "/problems/idempotency-key-reused", "{problem}");
    }

    /// Sends through a proxy that spoils the first attempt; answers the second one's answer.
    async fn send_again_after(&self, proxy: &Proxy, shop: &Shop, action: Action, body: &Value) -> Answer {
        let path = self.path.to_owned();
        let rule = proxy.rule(Rule::when(move |it| it.method == Method::POST && it.path == path).times(1).act(action));
        assert!(self.try_send(shop, body).await.is_err(), "{}: no answer comes through", self.path);
        assert_eq!(rule.hits(), 1);
        self.send(shop, body).await
    }
}

async fn events(cluster: &TestCluster, owner: Owner, id: AggregateId) -> Vec<(String, Value)> {
    let commits = cluster.aws.event_store(owner).load(&id, Version::ZERO).await.unwrap();
    commits.into_iter().flat_map(|commit| commit.events).map(|it| (it.event_type, it.data)).collect()
}

/// Pieces that ever came in.
async fn added(cluster: &TestCluster, product: &str) -> u64 {
    let id = aggregates::stock(&ProductId::parse(product).unwrap());
    events(cluster, Owner::Inventory, id).await.iter().filter_map(|(_, data)| data["added"].as_u64()).sum()
}

/// The orders of somebody, once there are any.
async fn orders(shop: &Shop, person: &Person) -> Vec<String> {
    until("orders show", Duration::from_secs(60), || async {
        let answer = shop.get("/orders", Some(person)).await;
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = items.iter().map(|order| text(order, "order_id")).collect();
        if ids.is_empty() { Err(answer) } else { Ok(ids) }
    })
    .await
}

async fn captures(shop: &Shop, order: &str) -> usize {
    shop.ledger(order).await.iter().filter(|entry| entry["operation"] == "capture").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_placed_once_a_key_and_person() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let proxy = Proxy::start(&process.url).await;
    let (shop, lossy) = (cluster.shop(&process), cluster.shop_at(proxy.url()));
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let body = order_body(&[(&kinoko, 1)]);

    // Twenty at once.
    let guest = shop.guest(None, "ja").await;
    let keyed = Keyed { path: "/orders", person: &guest, key: "k-1" };
    let answer = keyed.send_at_once(&shop, &body, 20, 202).await;
    let order = text(&answer, "order_id");
    shop.until_status(&guest, &order, "paid").await;
    assert_eq!(orders(&shop, &guest).await, std::slice::from_ref(&order));
    let placed = events(&cluster, Owner::Order, AggregateId::parse(&order).unwrap()).await;
    assert_eq!(placed.iter().filter(|(name, _)| name == "OrderPlaced").count(), 1, "{placed:?}");
    assert_eq!(captures(&shop, &order).await, 1);
    assert_eq!(keyed.send(&shop, &body).await.expect(202), answer, "also when it is paid already");

    // Another body, were it only another way to write the same.
    keyed.is_refused(&shop, &order_body(&[(&kinoko, 2)])).await;
    keyed.is_refused(&shop, &json!({"items": body["items"], "payment_token": null})).await;

    // The same key of another person.
    let other = shop.guest(None, "ja").await;
    let others = Keyed { person: &other, ..keyed }.send(&shop, &body).await.expect(202);
    assert_ne!(text(&others, "order_id"), order);

    // An answer that is lost, and a request that is.
    let unlucky = shop.guest(None, "ja").await;
    let keyed = Keyed { path: "/orders", person: &unlucky, key: "k-2" };
    let again = keyed.send_again_after(&proxy, &lossy, Action::LoseAnswer, &body).await.expect(202);
    assert_eq!(orders(&shop, &unlucky).await, [text(&again, "order_id")]);
    let late = shop.guest(None, "ja").await;
    let keyed = Keyed { person: &late, ..keyed };
    let again = keyed.send_again_after(&proxy, &lossy, Action::DropRequest, &body).await.expect(202);
    assert_eq!(orders(&shop, &late).await, [text(&again, "order_id")]);
    for (person, order) in [(&other, &text(&others, "order_id")), (&late, &text(&again, "order_id"))] {
        shop.until_status(person, order, "paid").await;
        assert_eq!(captures(&shop, order).await, 1, "{order}");
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_is_created_once_a_key_and_stock_is_added_once() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("storefront,catalog,inventory,query,bridge", &[]).await;
    let proxy = Proxy::start(&process.url).await;
    let (shop, lossy) = (cluster.shop(&process), cluster.shop_at(proxy.url()));
    let admin = shop.admin().await;

    // A product without a chosen id: ten at once, another body, a lost answer.
    let body = json!({"name": "きのこの山", "price": 200, "stock": 5});
    let keyed = Keyed { path: "/products", person: &admin, key: "p-1" };
    let product = text(&keyed.send_at_once(&shop, &body, 10, 201).await, "product_id");
    keyed.is_refused(&shop, &json!({"name": "きのこの山", "price": 210, "stock": 5})).await;
    keyed.is_refused(&shop, &json!({"name": "きのこの山", "price": 200, "stock": 6})).await;
    let other = json!({"name": "たけのこの里", "price": 220, "stock": 7});
    let keyed = Keyed { key: "p-2", ..keyed };
    let second = keyed.send_again_after(&proxy, &lossy, Action::LoseAnswer, &other).await.expect(201);
    let second = text(&second, "product_id");
    for (product, stock) in [(&product, 5), (&second, 7)] {
        until("its stock shows", Duration::from_secs(60), || async {
            let answer = shop.get(&format!("/products/{product}"), None).await;
            if answer.body["stock"] == stock { Ok(()) } else { Err(answer) }
        })
        .await;
    }
    let listed = shop.get("/products", None).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");

    // Its stock: ten at once, another body, a lost answer, a lost request.
    let path = format!("/products/{product}/stock");
    let keyed = Keyed { path: &path, person: &admin, key: "s-1" };
    let three = json!({"quantity": 3});
    let answers = join_all((0..10).map(|_| keyed.send(&shop, &three))).await;
    let mut additions: Vec<_> = answers.into_iter().map(|answer| text(&answer.expect(202), "addition_id")).collect();
    additions.dedup();
    assert_eq!(additions.len(), 1, "{additions:?}");
    assert_eq!(added(&cluster, &product).await, 8);
    keyed.is_refused(&shop, &json!({"quantity": 4})).await;
    for (key, action, sum) in [("s-2", Action::LoseAnswer, 11), ("s-3", Action::DropRequest, 14)] {
        let keyed = Keyed { key, ..keyed };
        assert_eq!(keyed.send_again_after(&proxy, &lossy, action, &three).await.status, 202);
        assert_eq!(added(&cluster, &product).await, sum, "{key}");
    }
    // The same key for another product is another addition.
    let path = format!("/products/{second}/stock");
    assert_eq!(Keyed { path: &path, person: &admin, key: "s-1" }.send(&shop, &three).await.status, 202);
    assert_eq!((added(&cluster, &product).await, added(&cluster, &second).await), (14, 10));
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_none_is_refused_by_the_headers_name() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("storefront,order,catalog,inventory", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let long = "k".repeat(300);
    for path in ["/orders", "/products", "/products/prod_1/stock"] {
        for key in ["", "with space", "with\ttab", "キー", &long] {
            let keyed = Keyed { path, person: &admin, key };
            let problem = keyed.send(&shop, &json!({})).await.expect(400);
            assert!(text(&problem, "detail").contains("Idempotency-Key"), "{path} {key:?}: {problem}");
        }
    }
    // What no header may hold does not come as far as naming anything.
    let mut stream = tokio::net::TcpStream::connect(process.http()).await.unwrap();
    let raw = b"POST /orders HTTP/1.1\r\nhost: shop\r\nidempotency-key: a\x01b\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(raw).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert_eq!(cluster.unpublished().await, 0);
    assert_eq!(StatusCode::OK, shop.get("/auth/me", Some(&admin)).await.status);
}
