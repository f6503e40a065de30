//! A cancellation that overtakes its order, on the way to inventory and billing.

use std::time::Duration;

use serde_json::json;
use shotengai_contracts::EventType;
use shotengai_contracts::topology::queues;
use shotengai_messaging::{Infrastructure, Message, Queue};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::truth::{Pieces, operations};
use shotengai_tests::wait::until;

/// Takes the messages of these types out of a queue, once all are there; answers them in this order.
async fn take(queue: &dyn Queue, wanted: [EventType; 2]) -> [Message; 2] {
    let mut found = [const { None }; 2];
    until(&format!("{wanted:?} are in {}", queue.name()), Duration::from_secs(60), || async {
        let depth = queue.depth().await.unwrap();
        if depth.visible >= 2 { Ok(()) } else { Err(depth) }
    })
    .await;
    while found.iter().any(Option::is_none) {
        for delivery in queue.receive(10, Duration::from_secs(5), Duration::from_secs(5)).await.unwrap() {
            let event_type = delivery.attributes.get("event_type").cloned().unwrap_or_default();
            if let Some(place) = wanted.iter().position(|wanted| wanted.as_str() == event_type) {
                let (body, attributes) = (delivery.body, delivery.attributes);
                found[place] = Some(Message { body, attributes, delay: Duration::ZERO });
                queue.delete(&[delivery.receipt]).await.unwrap().into_iter().for_each(Result::unwrap);
            }
        }
    }
    found.map(Option::unwrap)
}

async fn send(queue: &dyn Queue, message: &Message) {
    queue.send(std::slice::from_ref(message)).await.unwrap().into_iter().for_each(Result::unwrap);
}

async fn until_empty(queue: &dyn Queue) {
    until(&format!("{} is empty", queue.name()), Duration::from_secs(60), || async {
        let depth = queue.depth().await.unwrap();
        if depth.total() == 0 { Ok(()) } else { Err(depth) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_comes_after_its_cancellation_reserves_and_holds_nothing() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,order,catalog,notification,tally,query,bridge", &[]).await;
    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    let body = json!({"product_id": "prod_kinoko", "name": "きのこの山", "price": 200, "stock": 10});
    let kinoko = text(&shop.post("/products", Some(&admin), &body).await.expect(201), "product_id");
    let guest = shop.guest(None, "ja").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 3)]).await.expect(202), "order_id");
    assert_eq!(shop.post(&format!("/orders/{order}/cancel"), Some(&guest), &json!({})).await.status, 202);

    let queues = [queues::INVENTORY, queues::BILLING].map(|queue| cluster.aws.queue(queue.name));
    let mut held = Vec::new();
    for queue in &queues {
        let [placed, cancelled] = take(queue.as_ref(), [EventType::OrderPlaced, EventType::OrderCancelled]).await;
        send(queue.as_ref(), &cancelled).await;
        held.push((queue, placed, cancelled));
    }
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let process = cluster.serve("inventory,billing", &[("JWKS_URL", &jwks)]).await;
    let books = cluster.shop(&process);
    let (reservation, payment) = cluster.until_let_go(&books, &order).await;
    assert_eq!((reservation, payment), (vec!["StockReleased".to_owned()], vec!["PaymentVoided".to_owned()]));

    // Now the order itself, twice, and its cancellation once more.
    for (queue, placed, cancelled) in &held {
        for message in [placed, cancelled, placed] {
            send(queue.as_ref(), message).await;
        }
    }
    for (queue, ..) in &held {
        until_empty(queue.as_ref()).await;
    }
    assert_eq!(cluster.reservation(&order).await.len(), 1, "a tombstone stays as it is");
    assert_eq!(cluster.payment(&order).await.len(), 1);
    assert_eq!(operations(&books.ledger(&order).await), ["void declined"], "nothing was ever asked to be held");
    cluster.until_pieces(&shop, &kinoko, Pieces { available: 10, reserved: 0, deducted: 0 }).await;
    let shown = cluster.agreed(&shop, &guest, &order).await;
    assert_eq!(shown["status"], "cancelled");

    // The street goes on as ever.
    let next = text(&shop.order(&guest, &[(&kinoko, 10)]).await.expect(202), "order_id");
    shop.until_status(&guest, &next, "paid").await;
    cluster.assert_tidy().await;
}
