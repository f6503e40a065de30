//! What customers have ordered, paid and been given back, as administrators see it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_tests::shop::{Person, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

use crate::payments::until_payment;
use crate::rebuild::sql;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_summed_up_by_what_they_paid_and_erasure_leaves_no_more_than_the_id() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 100).await;
    let account =
        json!({ "email": "mei@example.com", "password": "kinoko and takenoko", "name": "Mei", "language": "en" });
    let _ = shop.post("/auth/register", None, &account).await.expect(202);
    let mei = shop.sign_in("mei@example.com", "kinoko and takenoko").await;
    let (ken, nobody) = (shop.guest(None, "ja").await, shop.guest(None, "ja").await);
    let mut orders = Vec::new();
    for (person, pieces) in [(&mei, 3), (&mei, 2), (&ken, 4)] {
        let order = text(&shop.order(person, &[(&kinoko, pieces)]).await.expect(202), "order_id");
        shop.until_status(person, &order, "paid").await;
        until_payment(&shop, person, &order, "captured").await;
        orders.push(order);
    }
    // A part of one goes back, and all of another.
    let refund = json!({ "amount": 150, "reason": "sorry" });
    let _ = shop.post(&format!("/orders/{}/refund", orders[0]), Some(&admin), &refund).await.expect(202);
    let _ = shop.post(&format!("/orders/{}/cancel", orders[1]), Some(&mei), &json!({})).await.expect(202);
    until_payment(&shop, &mei, &orders[1], "refunded").await;
    let path = |person: &Person| format!("/customers/{}/summary", person.user_id);
    let wanted = json!([{ "currency": "JPY", "paid": 1000, "refunded": 550 }]);
    let shown = until("the refund shows", Duration::from_secs(60), || async {
        let answer = shop.get(&path(&mei), Some(&admin)).await;
        if answer.body["totals"] == wanted { Ok(answer.body) } else { Err(answer) }
    })
    .await;
    assert_eq!((&shown["orders"], &shown["user_id"]), (&json!(2), &json!(mei.user_id)));
    let first = shop.get(&format!("/orders/{}", orders[0]), Some(&mei)).await.expect(200);
    let last = shop.get(&format!("/orders/{}", orders[1]), Some(&mei)).await.expect(200);
    let times = ["first_order_at", "last_order_at"].map(|key| shown[key].clone());
    assert_eq!(times, [first["placed_at"].clone(), last["placed_at"].clone()]);
    let _ = shop.get(&path(&nobody), Some(&admin)).await.expect(404);
    for (person, status) in [(Some(&mei), 403), (None, 401)] {
        let _ = shop.get(&path(&mei), person).await.expect(status);
        let _ = shop.get("/customers/summaries", person).await.expect(status);
    }
    let _ = shop.get(&format!("{}?min_version={}:99", path(&mei), orders[0]), Some(&admin)).await.expect(504);

    let who = async |query: &str| {
        let entries = shop.entries(&format!("/customers/summaries?limit=1&{query}"), &admin).await;
        entries.iter().map(|it| text(it, "user_id")).collect::<Vec<_>>()
    };
    let [meis, kens] = [&mei, &ken].map(|person| person.user_id.clone());
    for (query, wanted) in [
        ("sort=-spent", vec![&kens, &meis]),
        ("sort=spent", vec![&meis, &kens]),
        ("sort=-orders", vec![&meis, &kens]),
        ("sort=newest", vec![&kens, &meis]),
        ("sort=oldest", vec![&meis, &kens]),
        ("placed_before=2020-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(who(query).await.iter().collect::<Vec<_>>(), wanted, "{query}");
    }
    let after = format!("placed_after={}", text(&last, "placed_at"));
    assert_eq!(who(&after).await, std::slice::from_ref(&kens));

    // One damaged payment is one customer's.
    sql(&cluster, "UPDATE read_payments SET currency = 'yen' WHERE captured_minor = 600").await;
    let seen = shop.entries("/customers/summaries?limit=1&sort=newest", &admin).await;
    assert_eq!(seen[1], json!({ "id": meis, "damaged": true }));
    assert_eq!(seen[0]["totals"], json!([{ "currency": "JPY", "paid": 800, "refunded": 0 }]));
    let _ = shop.get(&path(&mei), Some(&admin)).await.expect(500);
    let output = cluster.command(&["rebuild", "read-models", "--only", "payments"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));

    let erase = format!("/customers/{meis}");
    let _ = shop.send(Method::DELETE, &erase, Some(&mei), &[], None).await.unwrap().expect(204);
    let left: Value = shop.get(&path(&mei), Some(&admin)).await.expect(200);
    assert_eq!(left, shown, "sums, and an id that nothing leads from");
    cluster.assert_tidy().await;
}
