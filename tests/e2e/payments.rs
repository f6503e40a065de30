//! Payments as query shows them: to administrators all, to customers those of their orders.

use std::time::Duration;

use serde_json::{Value, json};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

use crate::rebuild::sql;

const WITHIN: Duration = Duration::from_secs(60);

/// Waits until an order's payment has this status; answers it.
pub(crate) async fn until_payment(shop: &Shop, person: &Person, order: &str, status: &str) -> Value {
    let path = format!("/orders/{order}/payment");
    until(&format!("the payment of {order} is {status}"), WITHIN, || async {
        let answer = shop.get(&path, Some(person)).await;
        if answer.body["status"] == status { Ok(answer.body) } else { Err(answer) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_are_shown_from_the_hold_to_the_refund_and_folded_anew_where_they_were_lost() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 100).await;
    let (mei, ken) = (shop.guest(None, "en").await, shop.guest(None, "ja").await);
    let mut orders = Vec::new();
    for (person, pieces) in [(&mei, 1), (&ken, 2), (&mei, 3)] {
        let order = text(&shop.order(person, &[(&kinoko, pieces)]).await.expect(202), "order_id");
        shop.until_status(person, &order, "paid").await;
        until_payment(&shop, person, &order, "captured").await;
        orders.push(order);
    }
    let declined = json!({ "items": [{ "product_id": kinoko, "quantity": 4 }], "payment_token": "tok_declined" });
    let declined = text(&shop.post("/orders", Some(&ken), &declined).await.expect(202), "order_id");
    let shown = until_payment(&shop, &ken, &declined, "declined").await;
    assert_eq!((&shown["amount"], &shown["captured"]), (&json!(800), &json!(0)));
    assert!(shown["reason"].is_string() && !shown.to_string().contains("tok_"), "{shown}");

    // Own writes: the version that the history says.
    let history = shop.get(&format!("/orders/{}/history", orders[0]), Some(&mei)).await.expect(200);
    let last = history["items"].as_array().unwrap().iter().find(|it| it["type"] == "PaymentCaptured").unwrap();
    let wanted = format!("{}:{}", text(last, "subject"), last["version"]);
    let path = format!("/orders/{}/payment", orders[0]);
    let shown = shop.get(&format!("{path}?min_version={wanted}"), Some(&mei)).await.expect(200);
    assert_eq!((&shown["order_id"], &shown["captured"]), (&json!(orders[0]), &json!(200)));
    let _ = shop.get(&path, Some(&ken)).await.expect(404);
    let _ = shop.get("/payments", Some(&mei)).await.expect(403);
    let _ = shop.get(&format!("/payments?min_version={wanted}0"), Some(&admin)).await.expect(504);

    // Every page, each order, no entry twice.
    for (sort, wanted) in [("amount", [200, 400, 600, 800]), ("-amount", [800, 600, 400, 200])] {
        let seen = shop.entries(&format!("/payments?limit=1&sort={sort}"), &admin).await;
        assert_eq!(
            seen.iter().map(|payment| payment["amount"].as_i64().unwrap()).collect::<Vec<_>>(),
            wanted,
            "{sort}"
        );
    }
    let captured = shop.entries("/payments?limit=2&status=captured&sort=oldest", &admin).await;
    let ids: Vec<_> = captured.iter().map(|payment| text(payment, "order_id")).collect();
    assert_eq!(ids, orders);
    assert_eq!(shop.entries("/payments?started_before=2020-01-01T00:00:00Z", &admin).await, [Value::Null; 0]);

    // A row that has missed events: its next event finds the gap.
    let id = text(&captured[2], "payment_id");
    let lost = "version = 1, status = 'authorized', captured_minor = 0";
    sql(&cluster, &format!("UPDATE read_payments SET {lost} WHERE payment_id = '{id}'")).await;
    let refund = json!({ "amount": 150, "reason": "sorry" });
    let _ = shop.post(&format!("/orders/{}/refund", orders[2]), Some(&admin), &refund).await.expect(202);
    let path = format!("/orders/{}/payment", orders[2]);
    let refunded = until("the refund shows", WITHIN, || async {
        let answer = shop.get(&path, Some(&mei)).await;
        if answer.body["refunded"] == 150 { Ok(answer.body) } else { Err(answer) }
    })
    .await;
    let parts = ["status", "captured"].map(|key| refunded[key].clone());
    assert_eq!((parts, refunded["refunds"][0]["status"].clone()), ([json!("captured"), json!(600)], json!("refunded")));

    // What is left goes back with the cancellation.
    let _ = shop.post(&format!("/orders/{}/cancel", orders[2]), Some(&mei), &json!({})).await.expect(202);
    let back = until_payment(&shop, &mei, &orders[2], "refunded").await;
    assert_eq!((&back["captured"], &back["refunded"]), (&json!(600), &json!(600)));

    // A damaged row shows as one, and a rebuild of this kind alone mends it.
    sql(&cluster, &format!("UPDATE read_payments SET refunds = '{{}}' WHERE payment_id = '{id}'")).await;
    let all_of_them = shop.entries("/payments?limit=1", &admin).await;
    assert_eq!(all_of_them.len(), 4);
    assert!(all_of_them.contains(&json!({ "id": id, "damaged": true })), "{all_of_them:?}");
    let problem = shop.get(&path, Some(&mei)).await.expect(500);
    assert_eq!(problem["type"], "/problems/row-damaged");
    let output = cluster.command(&["rebuild", "read-models", "--only", "payments"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(shop.get(&path, Some(&mei)).await.expect(200), back);

    // An installation from before: rows of none of the payments, brought back by the same command.
    sql(&cluster, "TRUNCATE read_payments").await;
    let _ = shop.get(&path, Some(&mei)).await.expect(404);
    let output = cluster.command(&["rebuild", "read-models", "--only", "payments"]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("4 rows written"), "{output:?}");
    assert_eq!(shop.get(&path, Some(&mei)).await.expect(200), back);
    cluster.assert_tidy().await;
}
