//! Many orders at once: every sum agrees.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const ORDERS: usize = 500;
const CLIENTS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_orders_by_sixteen_clients_are_all_paid_and_every_sum_agrees() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 2000).await;
    let takenoko = shop.product(&admin, "prod_takenoko", "たけのこの里", 220, 2000).await;

    let started = tokio::time::Instant::now();
    let mut buyers = Vec::new();
    for client in 0..CLIENTS {
        buyers.push(shop.guest(Some(&format!("buyer{client}@example.com")), "en").await);
    }
    // Order n has n % 3 + 1 kinoko and one takenoko.
    let orders: Vec<(usize, String)> = futures::stream::iter(0..ORDERS)
        .map(|n| {
            let (shop, buyer) = (shop.clone(), buyers[n % CLIENTS].clone());
            let lines = [(kinoko.clone(), u32::try_from(n % 3).unwrap() + 1), (takenoko.clone(), 1)];
            async move {
                let lines: Vec<_> = lines.iter().map(|(product, quantity)| (product.as_str(), *quantity)).collect();
                (n, text(&shop.order(&buyer, &lines).await.expect(202), "order_id"))
            }
        })
        .buffer_unordered(CLIENTS)
        .collect()
        .await;
    let placed = started.elapsed();

    for (n, order) in &orders {
        shop.until_status(&buyers[n % CLIENTS], order, "paid").await;
    }
    let paid = started.elapsed();
    println!("{ORDERS} orders placed in {placed:?}, all paid after {paid:?}");

    // Provider: one capture an order, of its total.
    let mut captured = 0;
    for (n, order) in &orders {
        let captures: Vec<_> =
            shop.ledger(order).await.into_iter().filter(|entry| entry["operation"] == "capture").collect();
        assert_eq!(captures.len(), 1, "{order}: {captures:?}");
        let expected = 200 * (n % 3 + 1) + 220;
        assert_eq!(captures[0]["amount"], expected, "{order}");
        captured += expected;
    }
    let kinoko_sold: usize = (0..ORDERS).map(|n| n % 3 + 1).sum();
    assert_eq!(captured, 200 * kinoko_sold + 220 * ORDERS);

    // Stock, as the read model shows it.
    for (product, sold) in [(&kinoko, kinoko_sold), (&takenoko, ORDERS)] {
        until("the read model's stock agrees", Duration::from_secs(30), || async {
            let body = shop.get(&format!("/products/{product}"), None).await.body;
            if body["stock"] == 2000 - sold { Ok(()) } else { Err(body) }
        })
        .await;
    }

    // Tally.
    until("the tally agrees", Duration::from_secs(30), || async {
        let tally = shop.get("/tally", None).await.expect(200);
        let sold: BTreeMap<String, u64> = tally["products"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| (text(entry, "product_id"), entry["sold"].as_u64().unwrap_or_default()))
            .collect();
        let expected = BTreeMap::from([(kinoko.clone(), kinoko_sold as u64), (takenoko.clone(), ORDERS as u64)]);
        if sold == expected { Ok(()) } else { Err(sold) }
    })
    .await;

    // Mails: exactly one of each kind an order.
    until("every mail is there", Duration::from_secs(60), || async {
        let count = cluster.inbox.count();
        if count >= 2 * ORDERS { Ok(()) } else { Err(count) }
    })
    .await;
    let mut ids: Vec<_> = cluster.inbox.list(0, 0).messages.into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(ids.len(), 2 * ORDERS);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2 * ORDERS, "no mail came twice");

    // The list of orders says the same, page by page.
    let (mut listed, mut cursor) = (0, None::<String>);
    loop {
        let mut path = "/orders?status=paid&limit=100".to_owned();
        if let Some(cursor) = &cursor {
            path = format!("{path}&cursor={cursor}");
        }
        let page = shop.get(&path, Some(&admin)).await.expect(200);
        listed += page["items"].as_array().map_or(0, Vec::len);
        match &page["next_cursor"] {
            Value::String(next) => cursor = Some(next.clone()),
            _ => break,
        }
    }
    assert_eq!(listed, ORDERS);
    cluster.assert_tidy().await;
}
