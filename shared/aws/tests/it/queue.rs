//! Queues.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_aws::admin::QueueSpec;
use shotengai_messaging::{Infrastructure, Message, Receipt};

use crate::local::account;

#[tokio::test]
async fn each_message_is_settled_alone() {
    let aws = account().await;
    let spec = QueueSpec {
        name: "work".to_owned(),
        visibility: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        wait: Duration::ZERO,
        dead_letters: None,
        fed_by_topic: false,
        fed_by_bucket: None,
    };
    aws.admin().ensure_queue(&spec).await.unwrap();
    let queue = aws.queue("work");
    let message = |body: &str, delay| Message {
        body: body.to_owned(),
        attributes: BTreeMap::from([("kind".to_owned(), "きのこ".to_owned())]),
        delay,
    };
    let sent = [message("a", Duration::ZERO), message("b", Duration::ZERO), message("c", Duration::from_secs(600))];
    assert!(queue.send(&sent).await.unwrap().iter().all(Result::is_ok));
    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.visible, depth.in_flight, depth.delayed), (2, 0, 1));
    let answers = queue.send(&[message("", Duration::ZERO), message("d", Duration::from_secs(600))]).await.unwrap();
    assert!(answers[0].is_err() && answers[1].is_ok(), "{answers:?}");

    let received = queue.receive(10, Duration::from_secs(5), Duration::from_secs(30)).await.unwrap();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|delivery| delivery.attributes["kind"] == "きのこ" && delivery.receive_count == 1));
    assert!(queue.receive(10, Duration::ZERO, Duration::from_secs(30)).await.unwrap().is_empty());

    let done = [received[0].receipt.clone(), Receipt("nonsense".to_owned())];
    let answers = queue.delete(&done).await.unwrap();
    assert!(answers[0].is_ok());
    assert_eq!(answers.len(), 2);
    let answers = queue.change_visibility(&[(received[1].receipt.clone(), Duration::ZERO)]).await.unwrap();
    assert!(answers[0].is_ok());

    let again = queue.receive(10, Duration::from_secs(5), Duration::from_secs(30)).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].body.as_str(), again[0].receive_count), (received[1].body.as_str(), 2));
    assert_eq!(again[0].message_id, received[1].message_id);
    assert!(again[0].first_received_at.is_some());
}

#[tokio::test]
async fn a_long_poll_wakes_when_a_message_comes() {
    let aws = account().await;
    let spec = QueueSpec {
        name: "work".to_owned(),
        visibility: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        wait: Duration::ZERO,
        dead_letters: None,
        fed_by_topic: false,
        fed_by_bucket: None,
    };
    aws.admin().ensure_queue(&spec).await.unwrap();
    let queue = aws.queue("work");
    let messages = [Message { body: "late".to_owned(), ..Message::default() }];
    let (received, sent) =
        tokio::join!(queue.receive(1, Duration::from_secs(20), Duration::from_secs(30)), queue.send(&messages));
    assert!(sent.unwrap()[0].is_ok());
    assert_eq!(received.unwrap()[0].body, "late");
}
