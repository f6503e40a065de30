//! Travel in time: what was shown at a moment is shown of that moment for ever.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_kernel::{Clock, SystemClock};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// Something as it was shown, and a moment at which it was so.
struct Shown {
    path: String,
    time: String,
    answer: Value,
}

impl Shown {
    /// As it is shown now.
    async fn of(shop: &Shop, path: &str, person: &Person) -> Self {
        let answer = shop.get(path, Some(person)).await.expect(200);
        Self { path: path.to_owned(), time: SystemClock.now().to_string(), answer }
    }

    async fn then(&self, shop: &Shop, person: &Person, moment: &str) -> Value {
        shop.get(&format!("{}?as_of={moment}", self.path), Some(person)).await.expect(200)
    }

    /// Holds it against what is shown of that time.
    async fn hold(&self, shop: &Shop, person: &Person) {
        assert_eq!(self.then(shop, person, &self.time).await, self.answer, "{} at {}", self.path, self.time);
    }

    /// The same, and against what is shown of that version.
    async fn hold_both(&self, shop: &Shop, person: &Person) {
        self.hold(shop, person).await;
        let version = self.answer["version"].to_string();
        assert_eq!(self.then(shop, person, &version).await, self.answer, "{} at version {version}", self.path);
    }
}

async fn until_stock(shop: &Shop, product: &str, wanted: i64) {
    until(&format!("{wanted} of {product} are left"), Duration::from_secs(60), || async {
        let shown = shop.get(&format!("/products/{product}"), None).await.expect(200);
        if shown["stock"] == wanted { Ok(()) } else { Err(shown) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_shown_is_shown_of_its_moment() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let before = SystemClock.now().to_string();
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let (guest, stranger) = (shop.guest(None, "ja").await, shop.guest(None, "ja").await);
    let (mut products, mut carts, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let (product, cart) = (format!("/products/{kinoko}"), "/cart");

    carts.push(Shown::of(&shop, cart, &guest).await);
    products.push(Shown::of(&shop, &product, &guest).await);
    for quantity in 1..=2 {
        let piece = json!({ "product_id": kinoko, "quantity": quantity });
        let _ = shop.post("/cart/items", Some(&guest), &piece).await.expect(200);
        carts.push(Shown::of(&shop, cart, &guest).await);
    }
    let placed = shop.post("/orders", Some(&guest), &json!({})).await.expect(202);
    let order = format!("/orders/{}", text(&placed, "order_id"));
    carts.push(Shown::of(&shop, cart, &guest).await);
    shop.until_status(&guest, &text(&placed, "order_id"), "paid").await;
    orders.push(Shown::of(&shop, &order, &guest).await);
    until_stock(&shop, &kinoko, 7).await;
    products.push(Shown::of(&shop, &product, &guest).await);
    let _ = shop.post(&format!("{order}/ship"), Some(&admin), &json!({})).await.expect(202);
    shop.until_status(&guest, &text(&placed, "order_id"), "shipped").await;
    orders.push(Shown::of(&shop, &order, &guest).await);
    let any = [("if-match", "*")];
    let dearer = json!({ "name": "きのこの山", "description": "", "price": 250 });
    let changed = shop.send(Method::PUT, &product, Some(&admin), &any, Some(&dearer)).await.unwrap().expect(202);
    assert_eq!(changed["version"], 2);
    until("the new price shows", Duration::from_secs(60), || async {
        let shown = shop.get(&product, None).await.expect(200);
        if shown["price"] == 250 { Ok(()) } else { Err(shown) }
    })
    .await;
    products.push(Shown::of(&shop, &product, &guest).await);
    let _ = shop.send(Method::DELETE, &product, Some(&admin), &any, None).await.unwrap().expect(202);
    until("the product is gone", Duration::from_secs(60), || async {
        let answer = shop.get(&product, None).await;
        if answer.status == 404 { Ok(()) } else { Err(answer.body) }
    })
    .await;

    for shown in &products {
        shown.hold(&shop, &stranger).await;
    }
    // Of a version: the stock of the moment when that was written.
    let dearer = products.last().unwrap();
    let version = dearer.answer["version"].to_string();
    assert_eq!(dearer.then(&shop, &stranger, &version).await, dearer.answer);
    for shown in carts.iter().skip(1) {
        shown.hold_both(&shop, &guest).await;
    }
    carts[0].hold(&shop, &guest).await;
    for shown in &orders {
        shown.hold_both(&shop, &guest).await;
        shown.hold_both(&shop, &admin).await;
    }
    let first = shop.get(&format!("{order}?as_of=1"), Some(&guest)).await.expect(200);
    assert_eq!((&first["status"], &first["version"]), (&json!("pending"), &json!(1)));

    // What was not yet, is not yet, or is not theirs.
    let refused = async |path: String, person: &Person| {
        let answer = shop.get(&path, Some(person)).await;
        (answer.status.as_u16(), answer.body["type"].as_str().map(str::to_owned).unwrap_or_default())
    };
    let problem = |status: u16, slug: &str| (status, format!("/problems/{slug}"));
    let now = SystemClock.now().to_string();
    assert_eq!(refused(format!("{product}?as_of={before}"), &guest).await, problem(404, "not-there-yet"));
    assert_eq!(refused(format!("{product}?as_of={now}"), &guest).await, problem(404, "not-found"));
    assert_eq!(refused(format!("{order}?as_of={before}"), &guest).await, problem(404, "not-there-yet"));
    assert_eq!(refused(format!("{order}?as_of={before}"), &stranger).await, problem(404, "not-found"));
    assert_eq!(refused(format!("{order}?as_of=1"), &stranger).await, problem(404, "not-found"));
    assert_eq!(refused(format!("{order}?as_of=99"), &guest).await, problem(422, "as-of-ahead"));
    assert_eq!(refused("/cart?as_of=2".to_owned(), &stranger).await, problem(422, "as-of-ahead"));
    cluster.assert_tidy().await;
}
