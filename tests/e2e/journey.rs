//! Journeys: what happened to an order in all services, each step with its cause, its wait and its work.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// An order's history once these things have happened, mails among them that were sent.
async fn history(shop: &Shop, person: &Person, order: &str, wanted: &[&str]) -> Vec<Value> {
    let path = format!("/orders/{order}/history");
    until(&format!("{wanted:?} happened to {order}"), Duration::from_secs(60), || async {
        let history = shop.get(&path, Some(person)).await.expect(200);
        let items = history["items"].as_array().unwrap().clone();
        let names: BTreeSet<String> = items.iter().filter(|item| item["time"].is_string()).map(name).collect();
        if wanted.iter().all(|wanted| names.contains(*wanted)) { Ok(items) } else { Err(names) }
    })
    .await
}

/// The type of an event; the kind of a mail.
fn name(item: &Value) -> String {
    match item["data"]["mail"].as_str() {
        Some(kind) => format!("mail {kind}"),
        None => text(item, "type"),
    }
}

fn names(items: &[Value]) -> Vec<String> {
    let mut names: Vec<_> = items.iter().map(name).collect();
    names.sort_unstable();
    names
}

/// Each step but those that requests began has a cause before it, and a wait and work that are its whole length.
fn is_complete(items: &[Value], journey: &Value, requests: &[&str]) {
    let hops = journey["hops"].as_array().unwrap();
    assert_eq!(
        hops.iter().map(|hop| &hop["id"]).collect::<Vec<_>>(),
        items.iter().map(|item| &item["id"]).collect::<Vec<_>>()
    );
    let mut seen: Vec<&Value> = Vec::new();
    for (hop, item) in hops.iter().zip(items) {
        if requests.contains(&name(item).as_str()) {
            assert!(hop.get("caused_by").is_none() && hop.get("took").is_none(), "{hop}");
        } else {
            assert!(seen.contains(&&hop["caused_by"]), "{hop} has its cause before it in {journey:#}");
            let part = |part: &str| hop[part].as_u64().unwrap_or_else(|| panic!("{part} of {hop}: {item}"));
            assert_eq!(part("waiting") + part("working"), part("took"), "{hop}");
        }
        seen.push(&hop["id"]);
    }
}

/// The critical path's types, and that its sums are those of its steps.
fn path(journey: &Value) -> Vec<String> {
    let path = &journey["critical_path"];
    let hop = |id: &Value| journey["hops"].as_array().unwrap().iter().find(|hop| hop["id"] == *id).unwrap().clone();
    let steps: Vec<Value> = path["ids"].as_array().unwrap().iter().map(hop).collect();
    for part in ["waiting", "working", "took"] {
        let sum: u64 = steps.iter().filter_map(|step| step[part].as_u64()).sum();
        assert_eq!(path[part], sum, "{part} of {journey:#}");
    }
    assert_eq!(path["ends_with"], steps.last().unwrap()["type"]);
    steps.iter().map(|step| text(step, "type")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journey_of_an_order_has_every_step_of_it() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let hanako = shop.guest(Some("hanako@example.com"), "ja").await;
    let silent = shop.guest(None, "ja").await;
    let journey = async |order: &str, person: &Person| {
        shop.get(&format!("/orders/{order}/journey"), Some(person)).await.expect(200)
    };

    // Paid, shipped and refunded in part, one piece of it sold again.
    let paid = text(&shop.order(&hanako, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&hanako, &paid, "paid").await;
    let _ = history(&shop, &hanako, &paid, &["mail receipt"]).await;
    let _ = shop.post(&format!("/orders/{paid}/ship"), Some(&admin), &json!({})).await.expect(202);
    let _ = history(&shop, &hanako, &paid, &["StockDeducted", "mail shipped"]).await;
    let lines = json!([{ "product_id": kinoko, "quantity": 1, "restock": true }]);
    let refund = json!({ "lines": lines, "reason": "squashed" });
    let _ = shop.post(&format!("/orders/{paid}/refund"), Some(&admin), &refund).await.expect(202);
    let items = history(&shop, &hanako, &paid, &["StockAdded", "mail refunded", "mail received"]).await;
    let mut wanted = [
        "OrderPlaced",
        "StockReserved",
        "PaymentAuthorized",
        "OrderStockSecured",
        "OrderPaymentSecured",
        "OrderConfirmed",
        "CaptureStarted",
        "PaymentCaptured",
        "OrderPaid",
        "OrderShipped",
        "StockDeducted",
        "OrderRefundRequested",
        "ShopRefundStarted",
        "ShopRefundPaid",
        "OrderRefunded",
        "StockAdded",
        "mail received",
        "mail receipt",
        "mail shipped",
        "mail refunded",
    ];
    wanted.sort_unstable();
    assert_eq!(names(&items), wanted);
    let requests = ["OrderPlaced", "OrderShipped", "OrderRefundRequested"];
    let theirs = journey(&paid, &hanako).await;
    is_complete(&items, &theirs, &requests);
    assert_eq!(journey(&paid, &admin).await, theirs);
    let way = path(&theirs);
    assert_eq!(
        [way.first(), way.last()].map(|step| step.map(String::as_str)),
        [Some("OrderPlaced"), Some("OrderPaid")]
    );
    assert!(way.iter().any(|step| step == "PaymentCaptured"), "{way:?}");
    let written = json!(items).to_string();
    for hidden in ["hanako", "fingerprint", "payment_token", "provider_reference"] {
        assert!(!written.contains(hidden), "{hidden} is between services");
    }

    // Cancelled for want of stock, by the street; and by the customer, after it was paid.
    let wanting = text(&shop.order(&silent, &[(&kinoko, 50)]).await.expect(202), "order_id");
    shop.until_status(&silent, &wanting, "cancelled").await;
    let items = history(&shop, &silent, &wanting, &["StockRejected", "OrderCancelled", "PaymentVoided"]).await;
    let theirs = journey(&wanting, &silent).await;
    is_complete(
        &items.iter().filter(|item| item["type"] != "Mail").cloned().collect::<Vec<_>>(),
        &without_mails(&theirs),
        &["OrderPlaced"],
    );
    assert_eq!(path(&theirs), ["OrderPlaced", "StockRejected", "OrderCancelled"]);
    let regretted = text(&shop.order(&hanako, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&hanako, &regretted, "paid").await;
    let _ = history(&shop, &hanako, &regretted, &["mail receipt", "mail received"]).await;
    let _ = shop.post(&format!("/orders/{regretted}/cancel"), Some(&hanako), &json!({})).await.expect(202);
    let items = history(&shop, &hanako, &regretted, &["StockReleased", "PaymentRefunded", "mail cancelled"]).await;
    is_complete(&items, &journey(&regretted, &hanako).await, &["OrderPlaced", "OrderCancelled"]);

    // Nobody sees another's, and nobody who isn't signed in sees any.
    for what in ["history", "journey"] {
        let (theirs, none) = (format!("/orders/{paid}/{what}"), format!("/orders/ord_none/{what}"));
        assert_eq!(shop.get(&theirs, None).await.status, 401);
        let (theirs, none) = (shop.get(&theirs, Some(&silent)).await, shop.get(&none, Some(&silent)).await);
        assert_eq!((theirs.status.as_u16(), none.status.as_u16()), (404, 404));
        assert_eq!(theirs.body["type"], none.body["type"]);
    }

    // The same by the command.
    let as_json = cluster.command(&["order", "journey", &paid, "--output", "json"]).output().await.unwrap();
    assert!(as_json.status.success(), "{}", String::from_utf8_lossy(&as_json.stderr));
    let told: Value = serde_json::from_slice(&as_json.stdout).unwrap();
    assert_eq!(told, journey(&paid, &hanako).await);
    let as_text = cluster.command(&["order", "journey", &paid]).output().await.unwrap();
    let as_text = String::from_utf8(as_text.stdout).unwrap();
    assert!(
        as_text.starts_with(&format!("{paid}: OrderPaid after ")) && as_text.contains("mail \"receipt\""),
        "{as_text}"
    );
    let nothing = cluster.command(&["order", "journey", "ord_none"]).output().await.unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("there is no order ord_none"));
    cluster.assert_tidy().await;
}

/// A journey without its mails: nobody can be written to, so they were never sent.
fn without_mails(journey: &Value) -> Value {
    let mut journey = journey.clone();
    journey["hops"].as_array_mut().unwrap().retain(|hop| hop["type"] != "Mail");
    journey
}
