//! Customers who change their minds, at every moment.

use std::time::Duration;

use serde_json::{Value, json};
use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::Infrastructure;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Answer, Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::truth::{Net, Pieces, net, operations, types};
use shotengai_tests::wait::until;

const ALL_TEN: Pieces = Pieces { available: 10, reserved: 0, deducted: 0 };

async fn cancel(shop: &Shop, person: &Person, order: &str, body: &Value) -> Answer {
    shop.post(&format!("/orders/{order}/cancel"), Some(person), body).await
}

/// Waits until the tally has counted so many pieces of the only product as sold and as returned.
async fn until_tally(shop: &Shop, sold: u32, returned: u32) {
    until(&format!("{sold} sold, {returned} returned"), Duration::from_secs(60), || async {
        let tally = shop.get("/tally", None).await;
        let first = &tally.body["products"][0];
        if first["sold"] == sold && first["returned"] == returned { Ok(()) } else { Err(tally) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_cancelled_while_it_is_pending_never_holds_stock_or_money() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,order,catalog,billing,notification,tally,query,bridge", &[]).await;
    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    // Not `Shop::product`: without inventory no stock shows.
    let body = json!({"product_id": "prod_kinoko", "name": "きのこの山", "price": 200, "stock": 10});
    let kinoko = text(&shop.post("/products", Some(&admin), &body).await.expect(201), "product_id");
    let guest = shop.guest(Some("hanako@example.com"), "ja").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 3)]).await.expect(202), "order_id");

    let body = json!({"reason": "changed my mind", "note": "two\nlines"});
    let answer = cancel(&shop, &guest, &order, &body).await;
    assert_eq!(
        answer.location.as_deref(),
        Some(format!("/orders/{order}?min_version={order}:{}", answer.body["version"]).as_str())
    );
    let answer = answer.expect(202);
    assert_eq!((answer["status"].as_str(), answer["order_id"].as_str()), (Some("cancelled"), Some(order.as_str())));
    let read = shop.get(&format!("/orders/{order}?min_version={order}:{}", answer["version"]), Some(&guest)).await;
    assert_eq!(read.expect(200)["status"], "cancelled", "the one who cancelled sees it cancelled");

    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let _inventory = cluster.serve("inventory", &[("JWKS_URL", &jwks)]).await;
    let (reservation, payment) = cluster.until_let_go(&shop, &order).await;
    assert_eq!(reservation.last().map(String::as_str), Some("StockReleased"), "{reservation:?}");
    assert!(!payment.contains(&"CaptureStarted".to_owned()), "{payment:?}");
    cluster.until_pieces(&shop, &kinoko, ALL_TEN).await;

    let shown = cluster.agreed(&shop, &guest, &order).await;
    assert_eq!(shown["reason"], "customer_request");
    assert_eq!(shown["note"], "changed my mind: two\nlines");
    let told = cluster.mail(&order, "cancelled").await.text;
    assert!(told.contains("お申し出により") && told.contains("代金は頂戴しておりません"), "{told}");
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_order_is_refunded_once_and_a_shipped_one_stays_as_it_is() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("grace@example.com"), "en").await;
    let mut orders = Vec::new();
    for quantity in [3, 2, 1] {
        orders.push(text(&shop.order(&guest, &[(&kinoko, quantity)]).await.expect(202), "order_id"));
    }
    let [returned, by_admin, shipped] = &orders[..] else { unreachable!() };
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }

    refused_wishes_change_nothing(&cluster, &shop, &guest, returned).await;

    // Ten at once and once more later: one answer, one cancellation, one refund.
    let wishes = (0..10).map(|n| {
        let (shop, guest) = (&shop, &guest);
        async move { cancel(shop, guest, returned, &json!({"note": format!("wish {n}")})).await.expect(202) }
    });
    let mut answers = futures::future::join_all(wishes).await;
    let (reservation, payment) = cluster.until_let_go(&shop, returned).await;
    let path = format!("/orders/{returned}/cancel");
    let without_body = shop.send(reqwest::Method::POST, &path, Some(&guest), &[], None).await.unwrap();
    answers.push(without_body.expect(202));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(reservation, ["StockReserved", "StockReleased"]);
    assert_eq!(payment[1..], ["CaptureStarted", "PaymentCaptured", "RefundStarted", "PaymentRefunded"]);
    let ledger = operations(&shop.ledger(returned).await);
    assert_eq!(ledger, ["authorize approved", "capture approved", "refund approved"]);
    let told = cluster.mail(returned, "cancelled").await.text;
    assert!(told.contains("¥600 you paid will be refunded"), "{told}");

    // The administrator may cancel anybody's.
    assert_eq!(cancel(&shop, &admin, by_admin, &json!({})).await.status, 202);
    cluster.until_let_go(&shop, by_admin).await;
    until_tally(&shop, 6, 5).await;

    // What left the house stays: 409, and nothing moves.
    assert_eq!(shop.post(&format!("/orders/{shipped}/ship"), Some(&admin), &json!({})).await.status, 202);
    shop.until_status(&guest, shipped, "shipped").await;
    for person in [&guest, &admin] {
        let problem = cancel(&shop, person, shipped, &json!({})).await.expect(409);
        assert!(text(&problem, "type").ends_with("order-already-shipped"), "{problem}");
    }
    cluster.until_pieces(&shop, &kinoko, Pieces { available: 9, reserved: 0, deducted: 1 }).await;
    assert_eq!(types(&cluster.order(shipped).await).last().map(String::as_str), Some("OrderShipped"));
    assert_eq!(net(&shop.ledger(shipped).await), Net { held: 0, taken: 200 });

    for order in &orders {
        let shown = cluster.agreed(&shop, &guest, order).await;
        let cancellations = types(&cluster.order(order).await).iter().filter(|kind| *kind == "OrderCancelled").count();
        assert_eq!(cancellations, usize::from(order != shipped), "{shown}");
    }
    until_tally(&shop, 6, 5).await;
    cluster.assert_tidy().await;
}

/// A stranger's, a nobody's and an unreadable wish.
async fn refused_wishes_change_nothing(cluster: &TestCluster, shop: &Shop, guest: &Person, order: &str) {
    let before = types(&cluster.order(order).await);
    let stranger = shop.guest(None, "en").await;
    let problem = cancel(shop, &stranger, order, &json!({})).await.expect(404);
    let unknown = cancel(shop, &stranger, "ord_unknown", &json!({})).await.expect(404);
    assert_eq!(problem["type"], unknown["type"], "a stranger does not learn that there is such an order");
    assert_eq!(shop.post(&format!("/orders/{order}/cancel"), None, &json!({})).await.status, 401);
    for (body, status, pointer) in [
        (json!({"reason": "x".repeat(101)}), 422, "/reason"),
        (json!({"note": "あ".repeat(501)}), 422, "/note"),
        (json!({"note": "bell \u{7}"}), 422, "/note"),
        (json!({"note": 7}), 400, "/note"),
        (json!({"notes": "x"}), 400, "/notes"),
    ] {
        let problem = cancel(shop, guest, order, &body).await.expect(status);
        assert_eq!(problem["pointer"], pointer, "{problem}");
    }
    assert_eq!(types(&cluster.order(order).await), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_cancelled_while_its_capture_runs_costs_nothing() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,order,catalog,inventory,notification,tally,query,bridge", &[]).await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let billing = cluster.serve("billing", &[("JWKS_URL", &jwks), ("AWS_ENDPOINT_URL", &proxy.url())]).await;
    let (shop, books) = (cluster.shop(&others), cluster.shop(&billing));
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("grace@example.com"), "en").await;

    // The intention is committed, the provider not yet asked: whoever cancels asks it, and gives the money back.
    let asking = proxy.rule(
        Rule::when(|exchange| {
            exchange.is_put() && exchange.mentions(tables::BILLING_LEDGER.name) && exchange.mentions(r#"\"capture\""#)
        })
        .times(1)
        .act(Action::Hold),
    );
    let refunded = text(&shop.order(&guest, &[(&kinoko, 3)]).await.expect(202), "order_id");
    asking.until_hit(1, Duration::from_secs(60)).await;
    assert_eq!(cancel(&shop, &guest, &refunded, &json!({})).await.status, 202);
    let (_, payment) = cluster.until_let_go(&books, &refunded).await;
    asking.release();
    let all = ["PaymentAuthorized", "CaptureStarted", "PaymentCaptured", "RefundStarted", "PaymentRefunded"];
    assert_eq!(payment, all);
    let ledger = operations(&books.ledger(&refunded).await);
    assert_eq!(ledger, ["authorize approved", "capture approved", "refund approved"]);

    // Not even the intention is committed: the hold is given up, and the capture finds that out.
    let intending =
        proxy.rule(Rule::when(|exchange| exchange.is_put() && exchange.mentions("CaptureStarted")).act(Action::Hold));
    let voided = text(&shop.order(&guest, &[(&kinoko, 3)]).await.expect(202), "order_id");
    intending.until_hit(1, Duration::from_secs(60)).await;
    assert_eq!(cancel(&shop, &guest, &voided, &json!({})).await.status, 202);
    let (_, payment) = cluster.until_let_go(&books, &voided).await;
    intending.release();
    assert_eq!(payment, ["PaymentAuthorized", "VoidStarted", "PaymentVoided"]);
    assert_eq!(operations(&books.ledger(&voided).await), ["authorize approved", "void approved"]);

    for order in [&refunded, &voided] {
        let shown = cluster.agreed(&shop, &guest, order).await;
        assert_eq!(shown["reason"], "customer_request", "{shown}");
        let events = types(&cluster.order(order).await);
        assert_eq!(events[3..], ["OrderConfirmed", "OrderCancelled"], "it never was paid");
        let told = cluster.mail(order, "cancelled").await.text;
        assert!(told.contains("Anything that was charged will be refunded"), "{told}");
    }
    cluster.until_pieces(&shop, &kinoko, ALL_TEN).await;
    // The captures that were held have ended, and changed nothing.
    until("billing has nothing more to do", Duration::from_secs(60), || async {
        let depth = cluster.aws.queue(queues::BILLING.name).depth().await.unwrap();
        if depth.total() == 0 { Ok(()) } else { Err(depth) }
    })
    .await;
    for order in [&refunded, &voided] {
        assert_eq!(net(&books.ledger(order).await), Net::default());
    }
    assert_eq!(shop.get("/tally", None).await.expect(200)["products"], json!([]));
    cluster.assert_tidy().await;
}
