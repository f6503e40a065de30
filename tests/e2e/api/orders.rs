//! Orders: placing, following, cancelling, shipping, refunding.

use serde_json::Value;
use shotengai_tests::shop::{Person, text};
use shotengai_tests::test_cluster::{Process, TestCluster};

use super::recorder::{Ask, Recorder, get, post};

const ONE: &str = r#"{"items":[{"product_id":"prod_kinoko","quantity":1}]}"#;
const TWO: &str = r#"{"items":[{"product_id":"prod_kinoko","quantity":2},{"product_id":"prod_kinoko","quantity":1}],"payment_token":"tok_visa"}"#;

/// Answers the paid and shipped order, and the process that took its payment.
pub(super) async fn record(recorder: &mut Recorder, cluster: &TestCluster, guest: &Person) -> (String, Process) {
    recorder.section("orders-placing");
    let order = place(recorder).await;
    let idle = refused(recorder).await;
    recorder.section("orders-following");
    waits(recorder, &order).await;
    cancels(recorder, &idle).await;
    // Its payment, so late, comes after its stock.
    let billing = cluster.serve_one("billing", &[]).await;
    recorder.shop.until_status(guest, &order, "paid").await;
    follow(recorder, &order, &idle).await;
    ships(recorder, &order, &idle).await;
    recorder.section("orders-refunds");
    refunds(recorder, &order, &idle).await;
    (order, billing)
}

fn placing() -> Ask {
    post("/orders").by("guest")
}

async fn place(recorder: &mut Recorder) -> String {
    let told = recorder.asks("an order with a key", placing().key("wish-1").json(TWO)).await;
    recorder.asks("the same with the same key", placing().key("wish-1").json(TWO)).await;
    recorder.asks("another with the same key", placing().key("wish-1").json(ONE)).await;
    text(&told.body, "order_id")
}

/// Answers an order that waits for its payment.
async fn refused(recorder: &mut Recorder) -> String {
    let told = recorder.asks("without a key", placing().json(ONE)).await;
    recorder.asks("a key that is empty", placing().key("").json(ONE)).await;
    recorder.asks("nothing is ordered", placing().json(r#"{"items":[]}"#)).await;
    recorder.asks("what is not for sale", placing().json(ONE.replace("kinoko", "none"))).await;
    recorder.asks("what was deleted", placing().json(ONE.replace("kinoko", "passing"))).await;
    let lines = |count: usize| {
        let line = |at: usize| format!(r#"{{"product_id":"prod_{at}","quantity":1}}"#);
        format!(r#"{{"items":[{}]}}"#, (0..count).map(line).collect::<Vec<_>>().join(","))
    };
    recorder.asks("too many lines", placing().json(lines(51))).await;
    let million =
        r#"{"items":[{"product_id":"prod_kinoko","quantity":1000000},{"product_id":"prod_kinoko","quantity":1}]}"#;
    recorder.asks("too many pieces on two lines", placing().json(million)).await;
    let faults = r#"{"items":[{"productId":"prod_kinoko","qty":2},{"product_id":"kinoko","quantity":0}],"note":"x"}"#;
    recorder.asks("many faults", placing().json(faults)).await;
    let card = r#"{"items":[{"product_id":"prod_kinoko","quantity":1}],"payment_token":"4242424242424242"}"#;
    recorder.asks("a card number", placing().json(card)).await;
    recorder.asks("an empty cart", placing().json("{}")).await;
    recorder.asks("nobody orders", post("/orders").json(ONE)).await;
    text(&told.body, "order_id")
}

async fn waits(recorder: &mut Recorder, order: &str) {
    let path = format!("/orders/{order}");
    recorder.shows(&format!("{path}/events"), Some("guest"), "OrderStockSecured").await;
    recorder.shows(&format!("{path}?min_version={order}:2"), Some("guest"), r#""version":2"#).await;
    recorder.asks("an order that waits for its payment", get(&path).by("guest")).await;
    recorder.asks("shipping what is not paid", post(format!("{path}/ship")).by("admin")).await;
    let refund = post(format!("{path}/refund")).by("admin").json(r#"{"reason":"sorry"}"#);
    recorder.asks("refunding what is not paid", refund).await;
}

async fn cancels(recorder: &mut Recorder, idle: &str) {
    recorder.shows(&format!("/orders/{idle}/events"), Some("guest"), "OrderStockSecured").await;
    let cancel = || post(format!("/orders/{idle}/cancel"));
    recorder.asks("a stranger cancels", cancel().by("stranger")).await;
    recorder.asks("nobody cancels", cancel()).await;
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(101));
    recorder.asks("a reason that is too long", cancel().by("guest").json(long)).await;
    recorder.asks("a note that can't be read", cancel().by("guest").json(r#"{"note":"a\u0007b"}"#)).await;
    recorder.asks("an unknown field", cancel().by("guest").json(r#"{"why":"x"}"#)).await;
    let words = r#"{"reason":"changed my mind","note":"sorry"}"#;
    recorder.asks("cancelling with words", cancel().by("guest").json(words)).await;
    recorder.asks("cancelling again without", cancel().by("guest")).await;
    recorder.asks("cancelling as administrator with an empty body", cancel().by("admin").json("{}")).await;
    recorder.asks("cancelling what never was", post("/orders/ord_none/cancel").by("guest")).await;
    recorder.asks("an id that is none", post("/orders/none/cancel").by("guest")).await;
    recorder.shows(&format!("/orders/{idle}"), Some("guest"), "cancelled").await;
}

async fn follow(recorder: &mut Recorder, order: &str, idle: &str) {
    let path = format!("/orders/{order}");
    recorder.asks("a paid order", get(&path).by("guest")).await;
    recorder.asks("for an administrator", get(&path).by("admin")).await;
    recorder.asks("for a stranger", get(&path).by("stranger")).await;
    recorder.asks("for nobody", get(&path)).await;
    recorder.asks("with what was written", get(format!("{path}?min_version={order}:1")).by("guest")).await;
    recorder.asks("with what is yet to be written", get(format!("{path}?min_version={order}:99")).by("guest")).await;
    recorder.asks("as it was placed", get(format!("{path}?as_of=1")).by("guest")).await;
    recorder.asks("as it was before", get(format!("{path}?as_of=2020-01-01T00:00:00Z")).by("guest")).await;
    recorder.asks("as it has not become yet", get(format!("{path}?as_of=99")).by("guest")).await;
    recorder.asks("as it was, for a stranger", get(format!("{path}?as_of=1")).by("stranger")).await;
    recorder
        .asks("a moment that is none", get(format!("{path}?as_of=yesterday&min_version={order}:1")).by("guest"))
        .await;
    recorder.asks("a cancelled order", get(format!("/orders/{idle}")).by("guest")).await;
    recorder.asks("one that never was", get("/orders/ord_none").by("guest")).await;
    recorder.asks("an id that is none", get("/orders/none").by("guest")).await;
    let events = format!("{path}/events");
    recorder.asks("its events", get(&events).by("guest")).await;
    recorder.asks("its events for an administrator", get(&events).by("admin")).await;
    recorder.asks("its events for a stranger", get(&events).by("stranger")).await;
    recorder.asks("its events for nobody", get(&events)).await;
    recorder.asks("a cancelled order's events", get(format!("/orders/{idle}/events")).by("guest")).await;

    for (what, name) in [("what happened to it everywhere", "history"), ("its journey", "journey")] {
        let path = format!("{path}/{name}");
        recorder.asks(what, get(&path).by("guest")).await;
        recorder.asks(&format!("{what}, for a stranger"), get(&path).by("stranger")).await;
        recorder.asks(&format!("{what}, for nobody"), get(&path)).await;
    }

    let receipt = format!("{path}/receipt?region=us-east-1");
    recorder.asks("its receipt for an administrator", get(&receipt).by("admin")).await;
    recorder.asks("its receipt for a guest", get(&receipt).by("guest")).await;
    recorder.asks("its receipt for nobody", get(&receipt)).await;
    recorder.asks("prices of nowhere", get(format!("{path}/receipt?region=mars-north-1")).by("admin")).await;
    let explanation = format!("/ops/orders/{order}/explanation");
    recorder.asks("why it is where it is, for an administrator", get(&explanation).by("admin")).await;
    recorder.asks("why it is where it is, for a guest", get(&explanation).by("guest")).await;
    recorder.asks("the receipt of what never was", get("/orders/ord_none/receipt").by("admin")).await;

    let payment = format!("{path}/payment");
    recorder.shows(&payment, Some("guest"), r#""status":"captured""#).await;
    recorder.asks("its payment", get(&payment).by("guest")).await;
    recorder.asks("its payment for an administrator", get(&payment).by("admin")).await;
    recorder.asks("its payment for a stranger", get(&payment).by("stranger")).await;
    recorder.asks("its payment for nobody", get(&payment)).await;
    recorder
        .asks(
            "its payment with what is yet to be written",
            get(format!("{payment}?min_version={order}:99")).by("guest"),
        )
        .await;
    recorder.asks("the payment of what never was", get("/orders/ord_none/payment").by("guest")).await;
    recorder
        .asks("payments that were captured", get("/payments?status=captured&sort=-amount&limit=1").by("admin"))
        .await;
    recorder.asks("payments for a guest", get("/payments").by("guest")).await;
    let bad = "/payments?status=lost&sort=price&started_after=yesterday&limit=0&min_version=1";
    recorder.asks("bad filters of payments, all named", get(bad).by("admin")).await;

    // How many versions a stock has depends on which orders came together.
    let stock = "/inventory?product_id=prod_none&in_stock=true&available_below=1000000";
    recorder.asks("stock of what never was", get(stock).by("admin")).await;
    recorder.asks("stock for a guest", get("/inventory").by("guest")).await;
    let bad = "/inventory?product_id=kinoko&in_stock=maybe&available_below=-1&sort=name&cursor=x&limit=0&min_version=1";
    recorder.asks("bad filters of stock, all named", get(bad).by("admin")).await;
    let placed = recorder.asks("an order of the guest's", get(&path).by("guest")).await;
    let customer = format!("/customers/{}/summary", text(&placed.body, "user_id"));
    recorder.asks("what the guest has paid", get(&customer).by("admin")).await;
    recorder.asks("what the guest has paid, for the guest", get(&customer).by("guest")).await;
    recorder.asks("what nobody has paid", get("/customers/usr_nobody/summary").by("admin")).await;
    recorder.asks("who has spent most", get("/customers/summaries?sort=-spent&limit=1").by("admin")).await;
    let bad = "/customers/summaries?placed_after=yesterday&placed_before=1&sort=name&cursor=x&limit=0&min_version=1";
    recorder.asks("bad filters of customers, all named", get(bad).by("admin")).await;

    recorder.asks("one's orders", get("/orders").by("guest")).await;
    recorder.asks("a stranger's orders", get("/orders").by("stranger")).await;
    recorder.asks("everybody's orders that are paid", get("/orders?status=paid").by("admin")).await;
    recorder.asks("one's cancelled orders", get("/orders?status=cancelled").by("guest")).await;
    let page = recorder.asks("a page of one", get("/orders?limit=1").by("guest")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    recorder.asks("the page after it", get(format!("/orders?limit=1&cursor={cursor}")).by("guest")).await;
    recorder
        .asks("bad parameters, all named", get("/orders?limit=101&cursor=x&status=lost&min_version=1").by("guest"))
        .await;
    let filtered = "/orders?product_id=prod_kinoko&placed_after=2026-01-01T00:00:00Z&placed_before=9999-12-31T23:59:59Z&sort=oldest";
    recorder.asks("one's orders with a product in them, oldest first", get(filtered).by("guest")).await;
    recorder.asks("a person's orders for an administrator", get("/orders?user_id=usr_none").by("admin")).await;
    recorder.asks("a person's orders for another", get("/orders?user_id=usr_1").by("guest")).await;
    let bad = "/orders?placed_after=yesterday&placed_before=1&product_id=kinoko&user_id=mei&sort=price";
    recorder.asks("bad filters, all named", get(bad).by("guest")).await;
    recorder.asks("a parameter that is unknown", get("/orders?owner=usr_1&limit=1").by("guest")).await;
    recorder.asks("nobody's orders", get("/orders")).await;
}

async fn ships(recorder: &mut Recorder, order: &str, idle: &str) {
    let ship = post(format!("/orders/{order}/ship"));
    recorder.asks("a guest ships", ship.clone().by("guest")).await;
    recorder.asks("nobody ships", ship.clone()).await;
    recorder.asks("shipping", ship.clone().by("admin")).await;
    recorder.asks("shipping again", ship.by("admin")).await;
    recorder.asks("shipping what was cancelled", post(format!("/orders/{idle}/ship")).by("admin")).await;
    recorder.asks("shipping what never was", post("/orders/ord_none/ship").by("admin")).await;
    recorder.asks("cancelling what was shipped", post(format!("/orders/{order}/cancel")).by("guest")).await;
    recorder.shows(&format!("/orders/{order}"), Some("guest"), "shipped").await;
    let shown = recorder.asks("a shipped order", get(format!("/orders/{order}")).by("guest")).await;
    assert_ne!(shown.body, Value::Null);
    assert_eq!(shown.status, 200);
}

async fn refunds(recorder: &mut Recorder, order: &str, idle: &str) {
    let refund = || post(format!("/orders/{order}/refund")).by("admin");
    let piece = r#"{"lines":[{"product_id":"prod_kinoko","quantity":1}],"restock":true,"reason":"sent back"}"#;
    recorder.asks("a guest refunds", post(format!("/orders/{order}/refund")).by("guest").json(piece)).await;
    recorder.asks("nobody refunds", post(format!("/orders/{order}/refund")).json(piece)).await;
    recorder.asks("a piece that came back", refund().key("refund-1").json(piece)).await;
    recorder.asks("the same with the same key", refund().key("refund-1").json(piece)).await;
    recorder.asks("another with the same key", refund().key("refund-1").json(r#"{"reason":"all"}"#)).await;
    recorder.asks("more pieces than are left", refund().json(piece.replace(":1}", ":3}"))).await;
    recorder.asks("more money than is left", refund().json(r#"{"amount":100000,"reason":"sorry"}"#)).await;
    recorder.asks("what was not ordered", refund().json(piece.replace("kinoko", "none"))).await;
    recorder.asks("no money", refund().json(r#"{"amount":0,"reason":"sorry"}"#)).await;
    recorder.asks("a fraction of a yen", refund().json(r#"{"amount":0.5,"reason":"sorry"}"#)).await;
    recorder.asks("pieces for an amount alone", refund().json(r#"{"amount":1,"restock":true,"reason":"x"}"#)).await;
    recorder.asks("no line", refund().json(r#"{"lines":[],"reason":"x"}"#)).await;
    recorder.asks("no words", refund().json(r#"{"reason":" "}"#)).await;
    recorder.asks("many faults", refund().json(r#"{"lines":[{"product":"x","quantity":0}],"amount":"1"}"#)).await;
    let idle = || post(format!("/orders/{idle}/refund")).by("admin");
    recorder.asks("refunding what was cancelled", idle().json(r#"{"reason":"x"}"#)).await;
    recorder.asks("refunding what never was", post("/orders/ord_none/refund").by("admin").json(piece)).await;
    recorder.shows(&format!("/orders/{order}"), Some("guest"), r#""status":"refunded""#).await;
    recorder.shows("/tally", None, r#""returned":1"#).await;
    recorder.asks("a refunded order", get(format!("/orders/{order}")).by("guest")).await;
}
