//! One order, from the request to the parcel.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use shotengai_contracts::aggregates;
use shotengai_contracts::topology::tables;
use shotengai_inbox::Message;
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// The mails to this address, once there are `count`; more would be seen too.
async fn mails(cluster: &TestCluster, address: &str, count: usize) -> Vec<Message> {
    cluster.inbox.wait_for(&format!("to:{address}"), count, Duration::from_secs(20)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_travels_the_whole_street() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 10).await;
    let guest = shop.guest(Some("hanako@example.com"), "ja").await;

    let live = format!("{}/tally/live", shop.base().replace("http://", "ws://"));
    let (mut socket, _) = tokio_tungstenite::connect_async(live).await.unwrap();

    // 202, Location, version, pending.
    let answer = shop.order(&guest, &[(&kinoko, 2), (&takenoko, 1)]).await;
    let location = answer.location.clone();
    let body = answer.expect(202);
    let order = text(&body, "order_id");
    assert_eq!(location.as_deref(), Some(format!("/orders/{order}?min_version={order}:1").as_str()));
    assert_eq!(body["status"], "pending");
    assert_eq!(body["total"], 620);
    assert!(body["version"].as_u64().unwrap() >= 1, "{body}");

    // Read your own writes.
    let read = shop.get(&format!("/orders/{order}?min_version={order}:{}", body["version"]), Some(&guest)).await;
    assert_eq!(read.expect(200)["total"], 620);

    // Paid; reserved; captured once.
    let paid = shop.until_status(&guest, &order, "paid").await;
    assert_eq!(paid["items"].as_array().unwrap().len(), 2);
    let captures: Vec<_> =
        shop.ledger(&order).await.into_iter().filter(|entry| entry["operation"] == "capture").collect();
    assert_eq!(captures.len(), 1, "{captures:?}");
    assert_eq!(captures[0]["amount"], 620, "{captures:?}");
    until_stock(&shop, &kinoko, 8).await;
    until_stock(&shop, &takenoko, 9).await;

    // The tally counted, and pushed it.
    let pushed = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let message = socket.next().await.expect("the socket stays open").unwrap();
            if let Ok(text) = message.to_text()
                && let Ok(message) = serde_json::from_str::<Value>(text)
                && sold(&message, &kinoko) == Some(2)
            {
                return message;
            }
        }
    })
    .await
    .expect("the change was pushed");
    assert!(pushed["type"] == "change" || pushed["type"] == "snapshot", "{pushed}");
    let tally = shop.get("/tally", None).await.expect(200);
    assert_eq!(sold(&tally, &takenoko), Some(1), "{tally}");

    // One "received" and one "receipt", in Japanese, with the lines and the total.
    let two = mails(&cluster, "hanako@example.com", 2).await;
    assert_eq!(two.len(), 2);
    for mail in &two {
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("きのこの山") && part.contains("たけのこの里") && part.contains("¥620"), "{part}");
        }
    }
    let mut ids: Vec<_> = two.iter().map(|mail| mail.message_id.clone()).collect();
    ids.sort();
    assert_eq!(ids[0], format!("{order}.receipt@shotengai"), "one fixed Message-ID a kind");
    assert_eq!(ids[1], format!("{order}.received@shotengai"));

    // Shipped: deducted, mailed; a second time is the same.
    assert_eq!(shop.post(&format!("/orders/{order}/ship"), Some(&guest), &json!({})).await.status, 403);
    assert_eq!(shop.post(&format!("/orders/{order}/ship"), Some(&admin), &json!({})).await.status, 202);
    shop.until_status(&guest, &order, "shipped").await;
    let three = mails(&cluster, "hanako@example.com", 3).await;
    assert_eq!(three.len(), 3);
    assert_eq!(shop.post(&format!("/orders/{order}/ship"), Some(&admin), &json!({})).await.status, 200);
    until("stock is deducted", Duration::from_secs(20), || async {
        let events = stock_events(&cluster, &kinoko).await;
        let deducted: u64 = events.iter().filter_map(|data| data["deducted"].as_u64()).sum();
        if deducted == 2 { Ok(()) } else { Err(events) }
    })
    .await;

    // Somebody else's eyes see nothing.
    let stranger = shop.guest(None, "en").await;
    assert_eq!(shop.get(&format!("/orders/{order}"), Some(&stranger)).await.status, 404);

    cluster.assert_tidy().await;
    assert!(process.terminate().await, "a drained process ends well:\n{}", process.log());
    assert!(!process.log().contains("hanako"), "no address in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_without_an_address_gets_no_mail_and_an_english_one_english() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 10).await;
    let silent = shop.guest(None, "ja").await;
    let english = shop.guest(Some("grace@example.com"), "en").await;
    let first = text(&shop.order(&silent, &[(&kinoko, 1)]).await.expect(202), "order_id");
    let second = text(&shop.order(&english, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&silent, &first, "paid").await;
    shop.until_status(&english, &second, "paid").await;
    let mails = mails(&cluster, "grace@example.com", 2).await;
    assert!(mails.iter().all(|mail| mail.text.contains("order")), "{mails:?}");
    // The decision not to mail is recorded for both kinds.
    use shotengai_messaging::Infrastructure;
    let claims = cluster.aws.table(tables::NOTIFICATION_CLAIMS.name);
    for kind in ["received", "receipt"] {
        let key = shotengai_messaging::Key::new(first.clone(), kind);
        until("the decision is recorded", Duration::from_secs(20), || async {
            match claims.get(&key).await.unwrap() {
                Some(row) if row.doc["state"] == "skipped" => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }
    assert_eq!(cluster.inbox.count(), 2);
    cluster.assert_tidy().await;
}

async fn until_stock(shop: &shotengai_tests::shop::Shop, product: &str, stock: u64) {
    until(&format!("{stock} of {product} are left"), Duration::from_secs(20), || async {
        let answer = shop.get(&format!("/products/{product}"), None).await;
        if answer.body["stock"] == stock { Ok(()) } else { Err(answer.body) }
    })
    .await;
}

fn sold(tally: &Value, product: &str) -> Option<u64> {
    tally["products"].as_array()?.iter().find(|entry| entry["product_id"] == product)?["sold"].as_u64()
}

async fn stock_events(cluster: &TestCluster, product: &str) -> Vec<Value> {
    use shotengai_kernel::{ProductId, Version};
    use shotengai_messaging::Infrastructure;
    let id = aggregates::stock(&ProductId::parse(product).unwrap());
    let store = cluster.aws.event_store(shotengai_contracts::Owner::Inventory);
    let commits = store.load(&id, Version::ZERO).await.unwrap();
    commits.into_iter().flat_map(|commit| commit.events).map(|envelope| envelope.data).collect()
}
