//! The figures of the business: what happened is counted once, however often its events come.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_messaging::{Infrastructure, StreamRecord};
use shotengai_tests::shop::text;
use shotengai_tests::stream;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::truth::Pieces;
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(60);
const DONE: &str = "outcome=\"done\"";

/// Every series of the business that is not zero, over all processes.
async fn figures(process: &Process) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    for line in process.metrics().await.lines().filter(|line| line.starts_with("shop_")) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        *figures.entry(series.to_owned()).or_default() += value.parse::<f64>().unwrap();
    }
    figures.retain(|_, value| *value != 0.0);
    figures
}

/// Deliveries of the topic that were handled.
async fn handled(process: &Process) -> f64 {
    let metrics = process.metrics().await;
    let lines = metrics.lines().filter(|line| {
        let of_topic = line.starts_with("shotengai_consumer_deliveries_total") && !line.contains("order-deadline");
        of_topic && line.contains(DONE)
    });
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Waits until everything in the stream was handled by everybody who takes it.
async fn until_all_handled(cluster: &TestCluster, process: &Process) {
    until("all of the stream is handled", WITHIN, || async {
        let texts = stream::texts(cluster).await.map_err(|fault| fault.to_string())?;
        let events = texts.iter().flat_map(|text| stream::envelopes(text.as_bytes()));
        let takers = events.map(|event| {
            SHOTENGAI
                .subscribed_queues()
                .filter(|queue| queue.events().iter().any(|one| one.as_str() == event.event_type))
                .count()
        });
        let expected: usize = takers.sum();
        let handled = handled(process).await;
        if handled >= f64::from(u32::try_from(expected).unwrap()) {
            Ok(())
        } else {
            Err(format!("{handled} of {expected}"))
        }
    })
    .await;
}

/// Puts every record into the stream once more.
async fn again(cluster: &TestCluster) {
    let texts = stream::texts(cluster).await.unwrap();
    let records = texts.iter().zip(0_usize..);
    let records: Vec<_> = records
        .map(|(text, number)| StreamRecord { key: number.to_string(), data: text.clone().into_bytes() })
        .collect();
    for answer in cluster.aws.stream_writer().put(&records).await.unwrap() {
        answer.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_money_stock_and_mails_are_counted_once_though_all_events_come_twice() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    assert_eq!(figures(&process).await, BTreeMap::new());
    assert!(process.metrics().await.contains("shop_revenue_total{currency=\"JPY\"} 0\n"), "it is there from the start");

    let hanako = shop.guest(Some("hanako@example.com"), "ja").await;
    let nobody = shop.guest(None, "en").await;
    let order = |person, pieces| {
        let (shop, kinoko) = (&shop, kinoko.as_str());
        async move { text(&shop.order(person, &[(kinoko, pieces)]).await.expect(202), "order_id") }
    };
    let (kept, returned) = (order(&hanako, 2).await, order(&hanako, 3).await);
    for order in [&kept, &returned] {
        shop.until_status(&hanako, order, "paid").await;
    }
    let too_many = order(&nobody, 100).await;
    shop.until_status(&nobody, &too_many, "cancelled").await;
    let cancelled = shop.post(&format!("/orders/{returned}/cancel"), Some(&hanako), &json!({})).await;
    assert_eq!(cancelled.status, 202, "{cancelled:?}");
    cluster.until_let_go(&shop, &returned).await;
    cluster.until_let_go(&shop, &too_many).await;
    cluster.until_pieces(&shop, &kinoko, Pieces { available: 8, reserved: 2, deducted: 0 }).await;
    until_all_handled(&cluster, &process).await;

    // How fast each order was decided is the machine's: two were confirmed, one was cancelled while it was pending.
    let (decided, mut once): (BTreeMap<_, _>, BTreeMap<_, _>) =
        figures(&process).await.into_iter().partition(|(series, _)| series.starts_with("shop_order_decision"));
    let of = |name: &str| decided.iter().filter(|(series, _)| series.starts_with(name)).map(|(_, value)| value).sum();
    let (counted, seen): (f64, f64) = (of("shop_order_decisions_total"), of("shop_order_decision_seconds_count"));
    assert_eq!((counted, seen), (3.0, 3.0), "{decided:?}");
    // Whether the order that is out of stock was authorized and voided, or never was, is a race; and so is its void.
    once.remove("shop_payments_total{outcome=\"voided\"}");
    once.remove("shop_payments_total{outcome=\"authorized\"}");
    let expected = [
        ("shop_orders_total{state=\"pending\"}", 3.0),
        ("shop_orders_total{state=\"confirmed\"}", 2.0),
        ("shop_orders_total{state=\"paid\"}", 2.0),
        ("shop_orders_total{reason=\"out_of_stock\",state=\"cancelled\"}", 1.0),
        ("shop_orders_total{reason=\"customer_request\",state=\"cancelled\"}", 1.0),
        ("shop_payments_total{outcome=\"captured\"}", 2.0),
        ("shop_payments_total{outcome=\"refunded\"}", 1.0),
        ("shop_revenue_total{currency=\"JPY\"}", 1000.0),
        ("shop_refunds_total{currency=\"JPY\"}", 600.0),
        ("shop_stock_reservations_total{outcome=\"reserved\"}", 2.0),
        ("shop_stock_reservations_total{outcome=\"rejected\"}", 1.0),
        ("shop_stock_reservations_total{outcome=\"released\"}", 1.0),
        ("shop_mails_total{kind=\"received\",outcome=\"sent\"}", 2.0),
        ("shop_mails_total{kind=\"receipt\",outcome=\"sent\"}", 2.0),
        ("shop_mails_total{kind=\"cancelled\",outcome=\"sent\"}", 1.0),
        ("shop_mails_total{kind=\"received\",outcome=\"skipped\"}", 1.0),
        ("shop_mails_total{kind=\"cancelled\",outcome=\"skipped\"}", 1.0),
    ];
    assert_eq!(once, expected.map(|(series, value)| (series.to_owned(), value)).into());

    let before = figures(&process).await;
    again(&cluster).await;
    until_all_handled(&cluster, &process).await;
    assert_eq!(figures(&process).await, before, "what comes again is not counted again");
    cluster.assert_tidy().await;
}
