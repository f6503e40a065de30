//! The shop gives money back: in parts, as a whole, once a key, and whatever else happens to the order at the same moment.

use std::time::Duration;

use serde_json::{Value, json};
use shotengai_contracts::EventType;
use shotengai_contracts::topology::tables;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Answer, Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::truth::{Net, Pieces, net, types};
use shotengai_tests::wait::until;

/// A street where きのこの山 costs 200 yen, ten of it, and somebody who buys there.
struct Scene {
    cluster: TestCluster,
    process: Process,
    shop: Shop,
    admin: Person,
    guest: Person,
    kinoko: String,
}

impl Scene {
    async fn open() -> Self {
        let cluster = TestCluster::provisioned().await;
        let process = cluster.serve("all", &[]).await;
        let shop = cluster.shop(&process);
        let admin = shop.admin().await;
        let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
        let guest = shop.guest(Some("hanako@example.com"), "ja").await;
        Self { cluster, process, shop, admin, guest, kinoko }
    }

    /// An order of so many, which is paid.
    async fn paid(&self, pieces: u32, token: Option<&str>) -> String {
        let mut body = json!({ "items": [{ "product_id": self.kinoko, "quantity": pieces }] });
        if let Some(token) = token {
            body["payment_token"] = json!(token);
        }
        let order = text(&self.shop.post("/orders", Some(&self.guest), &body).await.expect(202), "order_id");
        self.shop.until_status(&self.guest, &order, "paid").await;
        order
    }

    async fn refund(&self, order: &str, key: Option<&str>, body: &Value) -> Answer {
        refund(&self.shop, &self.admin, order, key, body).await
    }

    fn line(&self, pieces: u32) -> Value {
        json!([{ "product_id": self.kinoko, "quantity": pieces }])
    }

    async fn ship(&self, order: &str) -> Answer {
        self.shop.post(&format!("/orders/{order}/ship"), Some(&self.admin), &json!({})).await
    }

    /// Waits until every refund of the order has this status; answers the order as it is shown.
    async fn until_refunds(&self, order: &str, wanted: &[&str]) -> Value {
        until(&format!("refunds of {order} are {wanted:?}"), Duration::from_secs(90), || async {
            let answer = self.shop.get(&format!("/orders/{order}"), Some(&self.guest)).await;
            let refunds = answer.body["refunds"].as_array().cloned().unwrap_or_default();
            let seen: Vec<_> = refunds.iter().filter_map(|refund| refund["status"].as_str()).collect();
            if seen == wanted { Ok(answer.body) } else { Err(answer) }
        })
        .await
    }

    /// What was captured and not given back, by the provider's own book.
    async fn taken(&self, order: &str) -> i64 {
        net(&self.shop.ledger(order).await).taken
    }

    async fn until_returned(&self, sold: u32, returned: u32) {
        until(&format!("{sold} sold, {returned} returned"), Duration::from_secs(60), || async {
            let tally = self.shop.get("/tally", None).await;
            let first = &tally.body["products"][0];
            if first["sold"] == sold && first["returned"] == returned { Ok(()) } else { Err(tally) }
        })
        .await;
    }

    async fn end(self) {
        self.cluster.assert_tidy().await;
        drop(self.process);
    }
}

async fn refund(shop: &Shop, admin: &Person, order: &str, key: Option<&str>, body: &Value) -> Answer {
    let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let path = format!("/orders/{order}/refund");
    shop.send(reqwest::Method::POST, &path, Some(admin), &headers, Some(body)).await.unwrap()
}

fn is_problem(answer: Answer, status: u16, slug: &str) {
    let problem = answer.expect(status);
    assert!(text(&problem, "type").ends_with(slug), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shipped_order_is_refunded_in_parts_until_nothing_is_left() {
    let scene = Scene::open().await;
    let order = scene.paid(3, None).await;
    let back = json!({ "lines": scene.line(1), "restock": true, "reason": "箱がつぶれていました" });
    is_problem(scene.refund(&order, None, &back).await, 409, "not-restockable");
    assert_eq!(scene.ship(&order).await.status, 202);

    // One piece comes back, and is sold again; the same request is the same refund.
    let first = scene.refund(&order, Some("k"), &back).await.expect(202);
    assert_eq!((first["amount"].as_i64(), first["currency"].as_str()), (Some(200), Some("JPY")), "{first}");
    let again = scene.refund(&order, Some("k"), &back).await.expect(202);
    assert_eq!(again["refund_id"], first["refund_id"]);
    is_problem(scene.refund(&order, Some("k"), &json!({ "reason": "x" })).await, 422, "idempotency-key-reused");
    let shown = scene.until_refunds(&order, &["refunded"]).await;
    assert_eq!((&shown["refunded"], &shown["status"]), (&json!(200), &json!("shipped")), "{shown}");
    assert_eq!(shown["refunds"][0]["reason"], "箱がつぶれていました");
    scene.cluster.until_pieces(&scene.shop, &scene.kinoko, Pieces { available: 8, reserved: 0, deducted: 3 }).await;
    let told = scene.cluster.mail(&order, &format!("refunded.{}", text(&first, "refund_id"))).await;
    assert!(told.text.contains("¥200") && told.text.contains("箱がつぶれていました"), "{}", told.text);

    // Money for nothing, more than is left, and the rest.
    assert_eq!(scene.refund(&order, None, &json!({ "amount": 50, "reason": "お詫び" })).await.status, 202);
    is_problem(scene.refund(&order, None, &json!({ "amount": 351, "reason": "x" })).await, 409, "refund-too-large");
    is_problem(scene.refund(&order, None, &json!({ "lines": scene.line(3), "reason": "x" })).await, 409, "too-large");
    let rest = scene.refund(&order, None, &json!({ "reason": "全部" })).await.expect(202);
    assert_eq!(rest["amount"], 350);
    is_problem(scene.refund(&order, None, &json!({ "amount": 1, "reason": "x" })).await, 409, "refund-too-large");
    let shown = scene.until_refunds(&order, &["refunded"; 3]).await;
    assert_eq!(shown["refunded"], 600, "{shown}");
    assert_eq!(scene.taken(&order).await, 0);
    let told = scene.cluster.mail(&order, &format!("refunded.{}", text(&rest, "refund_id"))).await;
    assert!(told.text.contains("¥350"), "{}", told.text);
    scene.until_returned(3, 3).await;
    scene.cluster.agreed(&scene.shop, &scene.guest, &order).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wishes_at_once_are_one_refund_a_key_and_never_more_than_was_captured() {
    let scene = Scene::open().await;
    let order = scene.paid(1, None).await;
    let body = json!({ "amount": 60, "reason": "sorry" });
    let wishes = ["a", "b", "c", "d", "e", "a", "b"].map(|key| scene.refund(&order, Some(key), &body));
    let answers = futures::future::join_all(wishes).await;
    let accepted: std::collections::BTreeSet<_> =
        answers.iter().filter(|answer| answer.status == 202).map(|answer| text(&answer.body, "refund_id")).collect();
    assert_eq!(accepted.len(), 3, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.status == 202 || answer.status == 409), "{answers:?}");
    let shown = scene.until_refunds(&order, &["refunded"; 3]).await;
    assert_eq!(shown["refunded"], 180);
    assert_eq!(scene.taken(&order).await, 20);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_refunded_after_it_was_paid_and_before_it_is_cancelled() {
    let scene = Scene::open().await;
    // Nobody captures, as long as there is no such means of payment.
    let declined = scene.paid(1, Some("tok_refund_declined")).await;
    let asked = scene.refund(&declined, None, &json!({ "reason": "all of it" })).await.expect(202);
    assert_eq!(asked["amount"], 200);
    let shown = scene.until_refunds(&declined, &["declined"]).await;
    assert_eq!(shown["refunded"], 0, "{shown}");
    assert_eq!(scene.taken(&declined).await, 200);
    assert_eq!(
        scene.ship(&declined).await.status,
        202,
        "what the provider refuses is as if it had never been asked for"
    );

    // A part, and then the customer cancels: the rest goes back.
    let order = scene.paid(2, None).await;
    assert_eq!(scene.refund(&order, None, &json!({ "lines": scene.line(1), "reason": "one broke" })).await.status, 202);
    scene.until_refunds(&order, &["refunded"]).await;
    assert_eq!(scene.shop.post(&format!("/orders/{order}/cancel"), Some(&scene.guest), &json!({})).await.status, 202);
    let (_, payment) = scene.cluster.until_let_go(&scene.shop, &order).await;
    assert_eq!(payment[3..], ["ShopRefundStarted", "ShopRefundPaid", "RefundStarted", "PaymentRefunded"]);
    let told = scene.cluster.mail(&order, "cancelled").await.text;
    assert!(told.contains("¥400") && told.contains("うち ¥200 は、先の返金"), "{told}");
    is_problem(scene.refund(&order, None, &json!({ "reason": "x" })).await, 409, "order-not-refundable");
    scene.until_returned(3, 2).await;

    // All of it before the parcel leaves: then it doesn't leave.
    let whole = scene.paid(1, None).await;
    assert_eq!(scene.refund(&whole, None, &json!({ "reason": "lost" })).await.status, 202);
    is_problem(scene.ship(&whole).await, 409, "order-not-shippable");
    scene.until_refunds(&whole, &["refunded"]).await;
    assert_eq!(scene.shop.post(&format!("/orders/{whole}/cancel"), Some(&scene.admin), &json!({})).await.status, 202);
    scene.cluster.until_pieces(&scene.shop, &scene.kinoko, Pieces { available: 9, reserved: 0, deducted: 1 }).await;
    assert_eq!(scene.taken(&whole).await, 0);
    for order in [&declined, &order, &whole] {
        scene.cluster.agreed(&scene.shop, &scene.guest, order).await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_that_race_a_cancel_or_a_shipment_have_one_net_outcome() {
    let scene = Scene::open().await;
    let (mut cancelled, mut shipped) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        cancelled.push(scene.paid(1, None).await);
        shipped.push(scene.paid(1, None).await);
    }
    for order in &cancelled {
        let path = format!("/orders/{order}/cancel");
        let half = json!({ "amount": 100, "reason": "half" });
        let nothing = json!({});
        let cancel = scene.shop.post(&path, Some(&scene.guest), &nothing);
        let (refunded, cancel) = futures::join!(scene.refund(order, None, &half), cancel);
        assert_eq!(cancel.status, 202, "{cancel:?}");
        assert!(refunded.status == 202 || refunded.status == 409, "{refunded:?}");
    }
    for order in &shipped {
        let all = json!({ "reason": "all" });
        let (refunded, ship) = futures::join!(scene.refund(order, None, &all), scene.ship(order));
        assert_eq!(refunded.status, 202, "{refunded:?}");
        assert!(ship.status == 202 || ship.status == 409, "{ship:?}");
    }
    for order in &cancelled {
        until(&format!("nothing of {order} is kept"), Duration::from_secs(90), || async {
            let ledger = scene.shop.ledger(order).await;
            if net(&ledger) == Net::default() { Ok(()) } else { Err(ledger) }
        })
        .await;
        let asked =
            types(&scene.cluster.order(order).await).iter().filter(|kind| *kind == "OrderRefundRequested").count();
        scene.until_refunds(order, &["refunded"; 1][..asked]).await;
    }
    for order in &shipped {
        scene.until_refunds(order, &["refunded"]).await;
        assert_eq!(scene.taken(order).await, 0);
    }
    for order in cancelled.iter().chain(&shipped) {
        scene.cluster.agreed(&scene.shop, &scene.guest, order).await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_whose_payment_is_held_up_is_paid_once_by_whoever_goes_on() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,order,catalog,inventory,notification,tally,query,bridge", &[]).await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let billing = cluster.serve("billing", &[("JWKS_URL", &jwks), ("AWS_ENDPOINT_URL", &proxy.url())]).await;
    let (shop, books) = (cluster.shop(&others), cluster.shop(&billing));
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;

    // The intention is committed, and the provider's book not written: the customer cancels meanwhile.
    let asking = proxy.rule(
        Rule::when(|exchange| {
            exchange.is_put() && exchange.mentions(tables::BILLING_LEDGER.name) && exchange.mentions(r#"\"refund\""#)
        })
        .times(1)
        .act(Action::Hold),
    );
    assert_eq!(refund(&shop, &admin, &order, None, &json!({ "amount": 150, "reason": "sorry" })).await.status, 202);
    asking.until_hit(1, Duration::from_secs(60)).await;
    assert_eq!(shop.post(&format!("/orders/{order}/cancel"), Some(&guest), &json!({})).await.status, 202);
    let (_, payment) = cluster.until_let_go(&books, &order).await;
    asking.release();
    assert_eq!(payment[3..], ["ShopRefundStarted", "ShopRefundPaid", "RefundStarted", "PaymentRefunded"]);
    cluster.until_event(&order, EventType::OrderRefunded).await;
    let ledger = books.ledger(&order).await;
    let refunds: Vec<_> = ledger.iter().filter(|entry| entry["operation"] == "refund").collect();
    let amounts: Vec<_> = refunds.iter().map(|entry| entry["amount"].as_i64()).collect();
    assert_eq!(amounts, [Some(150), Some(250)], "{ledger:?}");
    cluster.agreed(&shop, &guest, &order).await;
    cluster.assert_tidy().await;
}
