//! Orders that do not hear of stock and payment in time, and one that does.

use std::time::Duration;

use shotengai_contracts::aggregates;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{Envelope, Owner};
use shotengai_kernel::{AggregateId, OrderId, ProductId, Version};
use shotengai_messaging::Infrastructure;
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

/// Long enough for a busy machine to authorize a payment and to start a process in.
const PATIENCE_SECONDS: u16 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_inventory_an_order_is_cancelled_at_its_deadline_across_a_kill_and_nothing_stays_reserved() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,billing,notification,tally,query,bridge", &[]).await;
    let timeout = PATIENCE_SECONDS.to_string();
    let extra =
        [("CATALOG_URL", others.url.as_str()), ("STOREFRONT_URL", &others.url), ("ORDER_DEADLINE_SECONDS", &timeout)];
    let mut orders = cluster.serve("order", &extra).await;
    let mut inventory = cluster.serve("inventory", &[]).await;
    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 10).await;
    assert!(inventory.terminate().await, "{}", inventory.log());

    let guest = shop.guest(Some("late@example.com"), "en").await;
    let placed = cluster.shop(&orders).order(&guest, &[(&kinoko, 3)]).await.expect(202);
    let order = text(&placed, "order_id");
    until("the payment is secured and the reminder waits", Duration::from_secs(30), || async {
        let (known, reminders) = (types(&history(&cluster, &order).await), reminders(&cluster).await);
        if known == ["OrderPlaced", "OrderPaymentSecured"] && reminders == 1 { Ok(()) } else { Err((known, reminders)) }
    })
    .await;
    orders.kill().await;
    assert_eq!(types(&history(&cluster, &order).await).len(), 2, "killed before the deadline");
    let successor = cluster.serve_at("order", orders.http(), orders.health(), &extra).await;

    // The dead process's last poll may still be given the reminder, which then comes 30 s later: late, never early.
    let cancelled = shop.until_status(&guest, &order, "cancelled").await;
    assert_eq!(cancelled["reason"], "deadline_exceeded", "{cancelled}");
    let events = history(&cluster, &order).await;
    assert_eq!(types(&events), ["OrderPlaced", "OrderPaymentSecured", "OrderCancelled"]);
    let waited = events[2].time.duration_since(events[0].time);
    assert!(waited.as_secs() >= i64::from(PATIENCE_SECONDS), "cancelled after {waited:#}");

    until("the payment is let go", Duration::from_secs(30), || async {
        let entries = shop.ledger(&order).await;
        let done: Vec<_> = entries.iter().map(|entry| (text(entry, "operation"), text(entry, "outcome"))).collect();
        let net_zero = ["authorize", "void"].map(|operation| (operation.to_owned(), "approved".to_owned()));
        if done == net_zero { Ok(()) } else { Err(entries) }
    })
    .await;
    let mails = cluster.inbox.wait_for("to:late@example.com", 2, Duration::from_secs(30)).await.unwrap();
    let told = mails.iter().find(|mail| mail.message_id == format!("{order}.cancelled@shotengai")).expect("a mail");
    assert!(told.text.contains("could not be secured in time"), "{}", told.text);
    assert!(told.text.contains("You have not been charged"), "{}", told.text);

    let inventory = cluster.serve("inventory", &[]).await;
    let order_id = OrderId::parse(&order).unwrap();
    until("inventory has worked through what it missed", Duration::from_secs(60), || async {
        let reservation = types(&events_of(&cluster, Owner::Inventory, &aggregates::reservation(&order_id)).await);
        let left = cluster.aws.queue(queues::INVENTORY.name).depth().await.unwrap().total();
        let let_go = reservation.last().is_some_and(|last| last == "StockReleased");
        if let_go && left == 0 { Ok(()) } else { Err((reservation, left)) }
    })
    .await;
    let stock = aggregates::stock(&ProductId::parse(&kinoko).unwrap());
    let moved = events_of(&cluster, Owner::Inventory, &stock).await;
    let sum = |what: &str| moved.iter().filter_map(|event| event.data[what].as_u64()).sum::<u64>();
    assert_eq!(sum("reserved"), sum("released"), "{moved:?}");
    until("all of the stock is for sale", Duration::from_secs(30), || async {
        let answer = shop.get(&format!("/products/{kinoko}"), None).await;
        if answer.body["stock"] == 10 { Ok(()) } else { Err(answer) }
    })
    .await;
    // The dead process may have held the placement, too: then that comes again, and another reminder after it.
    until("every reminder is settled", Duration::from_secs(60), || async {
        match reminders(&cluster).await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    assert_eq!(types(&history(&cluster, &order).await).len(), 3, "what came after the deadline changed nothing");
    cluster.assert_tidy().await;
    drop((successor, inventory));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_paid_in_time_stays_paid_at_its_deadline() {
    let cluster = TestCluster::provisioned().await;
    let timeout = PATIENCE_SECONDS.to_string();
    let process = cluster.serve("all", &[("ORDER_DEADLINE_SECONDS", &timeout)]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let before = types(&history(&cluster, &order).await);
    until("the reminder came and was settled", Duration::from_secs(60), || async {
        match (reminders_settled(&process).await, reminders(&cluster).await) {
            (1.., 0) => Ok(()),
            seen => Err(seen),
        }
    })
    .await;
    assert_eq!(types(&history(&cluster, &order).await), before);
    assert_eq!(before.last().map(String::as_str), Some("OrderPaid"));
    assert_eq!(shop.until_status(&guest, &order, "paid").await["status"], "paid");
    cluster.assert_tidy().await;
}

async fn events_of(cluster: &TestCluster, owner: Owner, id: &AggregateId) -> Vec<Envelope> {
    let commits = cluster.aws.event_store(owner).load(id, Version::ZERO).await.unwrap();
    commits.into_iter().flat_map(|commit| commit.events).collect()
}

async fn history(cluster: &TestCluster, order: &str) -> Vec<Envelope> {
    events_of(cluster, Owner::Order, &AggregateId::from(&OrderId::parse(order).unwrap())).await
}

fn types(events: &[Envelope]) -> Vec<String> {
    events.iter().map(|event| event.event_type.clone()).collect()
}

/// How many reminders are under way, delayed ones included.
async fn reminders(cluster: &TestCluster) -> u64 {
    cluster.aws.queue(queues::ORDER_DEADLINE.name).depth().await.unwrap().total()
}

/// How many reminders a process has settled as done.
async fn reminders_settled(process: &Process) -> u64 {
    let metrics = process.metrics().await;
    let line = metrics.lines().find(|line| {
        line.starts_with("shotengai_consumer_deliveries_total")
            && ["consumer=\"order-deadline\"", "outcome=\"done\""].iter().all(|label| line.contains(label))
    });
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}
