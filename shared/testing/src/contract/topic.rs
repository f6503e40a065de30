//! The topic: filters, raw delivery.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::EventType;
use shotengai_contracts::topology::QueueSpec;
use shotengai_kernel::Ports;
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::queue::{Queue, RawDelivery};
use shotengai_messaging::ports::topic::Topic;

use super::{eventually, fresh};

/// Checks a topic by what arrives in one of its queues, which must be the suite's own and subscribed as `spec` says.
///
/// # Panics
/// When the topic breaks a promise.
pub async fn topic_contract(topic: Arc<dyn Topic>, queue: Arc<dyn Queue>, spec: &QueueSpec, ports: &Ports) {
    let tag = fresh(ports, "topic-");
    let wanted = spec.events().iter().copied().next().expect("a subscription");
    let other = EventType::ALL.iter().copied().find(|event| !spec.events().contains(event)).expect("another event");
    // The unwanted come first: where the last one has arrived, they would have, too.
    for (event_type, count) in [(other, 4), (wanted, 10)] {
        publish(topic.as_ref(), &tag, event_type, count).await;
    }
    let mut bodies = BTreeSet::new();
    while bodies.len() < 10 {
        for delivery in receive(queue.as_ref()).await {
            if !delivery.body.contains(&tag) {
                continue;
            }
            assert_eq!(delivery.attributes, attributes(wanted), "attributes arrive, unwanted messages don't");
            bodies.insert(delivery.body);
        }
    }
    let published: BTreeSet<_> = (0..10).map(|n| body(&tag, wanted, n)).collect();
    assert_eq!(bodies, published, "bodies arrive raw");
}

fn body(tag: &str, event_type: EventType, n: usize) -> String {
    format!("{{\"tag\": \"{tag}\", \"type\": \"{event_type}\", \"n\": {n}, \"name\": \"きのこの山 <&>\"}}")
}

fn attributes(event_type: EventType) -> BTreeMap<String, String> {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    [("event_type", event_type.as_str()), ("traceparent", traceparent)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

async fn publish(topic: &dyn Topic, tag: &str, event_type: EventType, count: usize) {
    let message =
        |n| Message { body: body(tag, event_type, n), attributes: attributes(event_type), ..Message::default() };
    let messages: Vec<_> = (0..count).map(message).collect();
    let answers = topic.publish(&messages).await.expect("a publish is answered");
    assert_eq!(answers.len(), messages.len(), "one answer a message");
    assert!(answers.iter().all(Result::is_ok), "every message is taken: {answers:?}");
}

/// Receives and deletes something.
async fn receive(queue: &dyn Queue) -> Vec<RawDelivery> {
    let (wait, visibility) = (Duration::from_secs(1), Duration::from_secs(60));
    let received = eventually("published messages arrive", || async {
        let received = queue.receive(10, wait, visibility).await.expect("a receive succeeds");
        (!received.is_empty()).then_some(received)
    })
    .await;
    let receipts: Vec<_> = received.iter().map(|delivery| delivery.receipt.clone()).collect();
    queue.delete(&receipts).await.expect("a delete is answered");
    received
}
