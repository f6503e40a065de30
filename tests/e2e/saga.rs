//! Orders that come to nothing by themselves: whatever was reserved or held is let go, and the customer is told why.

use serde_json::{Value, json};
use shotengai_contracts::EventType;
use shotengai_tests::shop::{Person, Shop, order_body, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::truth::{Pieces, operations, types};

/// A street with one product, and somebody who buys there.
struct Scene {
    cluster: TestCluster,
    process: Process,
    shop: Shop,
    guest: Person,
    kinoko: String,
}

impl Scene {
    /// きのこの山 for this price, ten of it.
    async fn with(price: u32, language: &str) -> Self {
        let cluster = TestCluster::provisioned().await;
        let process = cluster.serve("all", &[]).await;
        let shop = cluster.shop(&process);
        let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", price, 10).await;
        let guest = shop.guest(Some("hanako@example.com"), language).await;
        Self { cluster, process, shop, guest, kinoko }
    }

    /// Orders two with this means of payment.
    async fn order(&self, token: Option<&str>) -> String {
        place(&self.shop, &self.guest, &[(&self.kinoko, 2)], token).await
    }

    async fn end(self) {
        self.cluster.assert_tidy().await;
        drop(self.process);
    }
}

async fn place(shop: &Shop, guest: &Person, lines: &[(&str, u32)], token: Option<&str>) -> String {
    let mut body = order_body(lines);
    if let Some(token) = token {
        body["payment_token"] = json!(token);
    }
    text(&shop.post("/orders", Some(guest), &body).await.expect(202), "order_id")
}

async fn cancelled_for(scene: &Scene, order: &str, reason: &str) -> Value {
    let shown = scene.shop.until_status(&scene.guest, order, "cancelled").await;
    assert_eq!(shown["reason"], reason, "{shown}");
    scene.cluster.agreed(&scene.shop, &scene.guest, order).await
}

const ALL_TEN: Pieces = Pieces { available: 10, reserved: 0, deducted: 0 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_out_of_stock_is_cancelled_while_the_other_services_go_on() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,order,catalog,billing,notification,tally,query,bridge", &[]).await;
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let mut inventory = cluster.serve("inventory", &[("JWKS_URL", &jwks)]).await;
    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10).await;
    let guest = shop.guest(Some("hanako@example.com"), "ja").await;
    assert!(inventory.terminate().await);

    // Without inventory the payment is authorized and the first mail goes out.
    let order = place(&shop, &guest, &[(&takenoko, 4), (&kinoko, 11)], None).await;
    cluster.until_event(&order, EventType::OrderPaymentSecured).await;
    cluster.mail(&order, "received").await;

    let _inventory = cluster.serve("inventory", &[("JWKS_URL", &jwks)]).await;
    let other = place(&shop, &guest, &[(&takenoko, 7), (&kinoko, 10)], None).await;
    let shown = shop.until_status(&guest, &order, "cancelled").await;
    assert_eq!(shown["reason"], "out_of_stock", "{shown}");
    shop.until_status(&guest, &other, "paid").await;

    // All of the lines or none: the takenoko of the cancelled order went to the other one.
    let (reservation, payment) = cluster.until_let_go(&shop, &order).await;
    assert_eq!(reservation, ["StockRejected"]);
    assert_eq!(payment, ["PaymentAuthorized", "VoidStarted", "PaymentVoided"]);
    assert_eq!(operations(&shop.ledger(&order).await), ["authorize approved", "void approved"]);
    cluster.until_pieces(&shop, &kinoko, Pieces { available: 0, reserved: 10, deducted: 0 }).await;
    cluster.until_pieces(&shop, &takenoko, Pieces { available: 3, reserved: 7, deducted: 0 }).await;

    let told = cluster.mail(&order, "cancelled").await.text;
    assert!(told.contains("きのこの山") && told.contains("¥3,080"), "{told}");
    assert!(told.contains("在庫が足りない") && told.contains("代金は頂戴しておりません"), "{told}");
    cluster.mail(&other, "receipt").await;
    for order in [&order, &other] {
        cluster.agreed(&shop, &guest, order).await;
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_payment_releases_stock() {
    let scene = Scene::with(500_000, "en").await;
    let refused_token = place(&scene.shop, &scene.guest, &[(&scene.kinoko, 1)], Some("tok_declined")).await;
    // Two of them are a million yen.
    let too_much = scene.order(None).await;
    for order in [&refused_token, &too_much] {
        cancelled_for(&scene, order, "payment_declined").await;
        let (_, payment) = scene.cluster.until_let_go(&scene.shop, order).await;
        assert_eq!(payment, ["PaymentDeclined"]);
        assert_eq!(operations(&scene.shop.ledger(order).await), ["authorize declined"]);
        let told = scene.cluster.mail(order, "cancelled").await.text;
        assert!(told.contains("was not authorized") && told.contains("You have not been charged"), "{told}");
    }
    scene.cluster.until_pieces(&scene.shop, &scene.kinoko, ALL_TEN).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_capture_is_refused_after_it_was_confirmed_is_cancelled_and_charged_nothing() {
    let scene = Scene::with(200, "en").await;
    let order = scene.order(Some("tok_capture_declined")).await;
    cancelled_for(&scene, &order, "capture_refused").await;
    let events = types(&scene.cluster.order(&order).await);
    assert_eq!(events[3..], ["OrderConfirmed", "OrderCancelled"]);
    let (reservation, payment) = scene.cluster.until_let_go(&scene.shop, &order).await;
    assert_eq!(reservation, ["StockReserved", "StockReleased"]);
    assert_eq!(payment, ["PaymentAuthorized", "CaptureStarted", "PaymentDeclined", "VoidStarted", "PaymentVoided"]);
    let ledger = operations(&scene.shop.ledger(&order).await);
    assert_eq!(ledger, ["authorize approved", "capture declined", "void approved"]);
    scene.cluster.until_pieces(&scene.shop, &scene.kinoko, ALL_TEN).await;

    let told = scene.cluster.mail(&order, "cancelled").await.text;
    assert!(told.contains("could not be completed") && told.contains("You have not been charged"), "{told}");
    let tally = scene.shop.get("/tally", None).await.expect(200);
    assert_eq!(tally["products"], json!([]), "what was never paid was never sold");
    scene.end().await;
}
