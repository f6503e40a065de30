//! From topic to queue, through resources as the provisioner makes them.

use std::time::Duration;

use shotengai_aws::admin::{DeadLetters, Outcome, QueueSpec, SubscriptionSpec};
use shotengai_contracts::topology::TOPIC;
use shotengai_messaging::{Infrastructure, Message};

use crate::local::account;

fn queue(name: &str, dead_letters: Option<&str>) -> QueueSpec {
    QueueSpec {
        name: name.to_owned(),
        visibility: Duration::from_secs(30),
        retention: Duration::from_secs(4 * 24 * 3600),
        wait: Duration::from_secs(20),
        dead_letters: dead_letters.map(|queue| DeadLetters { queue: queue.to_owned(), max_receives: 50 }),
        fed_by_topic: true,
        fed_by_bucket: None,
    }
}

#[tokio::test]
async fn a_queue_receives_the_events_it_subscribed_to_raw_and_no_others() {
    let aws = account().await;
    let admin = aws.admin();
    assert_eq!(admin.ensure_topic().await.unwrap(), Outcome::Created);
    admin.ensure_queue(&queue("order-dlq", None)).await.unwrap();
    admin.ensure_queue(&queue("order-queue", Some("order-dlq"))).await.unwrap();
    let subscription = SubscriptionSpec {
        queue: "order-queue".to_owned(),
        event_types: vec!["StockReserved", "StockRejected"],
        dead_letters: "order-dlq".to_owned(),
    };
    assert_eq!(admin.ensure_subscription(&subscription).await.unwrap(), Outcome::Created);
    assert_eq!(admin.topic_name(), TOPIC);

    let message = |event_type: &str| Message {
        body: format!("{{\"type\":\"{event_type}\"}}"),
        attributes: [("event_type".to_owned(), event_type.to_owned())].into(),
        ..Message::default()
    };
    let empty = Message { body: String::new(), ..message("StockReserved") };
    let messages = [message("StockReserved"), empty, message("OrderPaid"), message("StockRejected")];
    let answers = aws.topic().publish(&messages).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true]);

    let queue = aws.queue("order-queue");
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        let received = queue.receive(10, Duration::from_secs(5), Duration::from_secs(30)).await.unwrap();
        assert!(!received.is_empty(), "only {bodies:?} came");
        for delivery in &received {
            assert_eq!(delivery.receive_count, 1);
            assert!(delivery.sent_at.is_some() && delivery.attributes.contains_key("event_type"));
        }
        bodies.extend(received.into_iter().map(|delivery| delivery.body));
    }
    bodies.sort();
    assert_eq!(bodies, ["{\"type\":\"StockRejected\"}", "{\"type\":\"StockReserved\"}"]);
    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.visible, depth.in_flight), (0, 2));
}
