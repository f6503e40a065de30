//! What handlers are given and how their answers come back: grouped, in place, and never what they did not ask for.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::{Delivery, Disposition, EventHandler, Group, GroupHandler, Handler, IntoHandler};

fn delivery(event_type: EventType, version: u64) -> Delivery {
    let mut envelope = samples::envelope(event_type).unwrap();
    envelope.aggregateversion = shotengai_kernel::Version::new(version);
    Delivery::of(envelope).unwrap()
}

fn causes(answers: &[Disposition]) -> Vec<String> {
    let cause = |answer: &Disposition| match answer {
        Disposition::Done => "done".to_owned(),
        Disposition::Retry { cause, .. } | Disposition::Waits { cause, .. } | Disposition::Failed { cause, .. } => {
            cause.clone()
        }
        Disposition::Reject { reason, .. } => (*reason).to_owned(),
    };
    answers.iter().map(cause).collect()
}

/// Groups by type, answers oldest first, and says nothing about what is shipped.
#[derive(Default)]
struct ByType {
    groups: Mutex<Vec<(EventType, Vec<u64>)>>,
}

#[async_trait]
impl GroupHandler for ByType {
    const EVENTS: &'static [EventType] = &[EventType::OrderPaid, EventType::OrderShipped, EventType::OrderCancelled];

    type Key = EventType;

    fn key(&self, delivery: &Delivery) -> EventType {
        delivery.event.event_type()
    }

    async fn handle(&self, key: EventType, group: &mut Group) {
        group.sort_by_version();
        let versions = group.iter().map(|entry| entry.envelope.aggregateversion.get()).collect();
        self.groups.lock().unwrap().push((key, versions));
        match key {
            EventType::OrderShipped => {}
            EventType::OrderCancelled => group.answer_rest(Disposition::Done),
            _ => {
                for entry in group.iter_mut() {
                    let version = entry.envelope.aggregateversion;
                    entry.answer(Disposition::retry(format!("version {version}")));
                }
            }
        }
    }
}

#[tokio::test]
async fn each_group_is_handled_once_and_each_answer_comes_back_in_its_place() {
    let by_type = Arc::new(ByType::default());
    let handler = Arc::clone(&by_type).into_handler();
    let batch = [
        delivery(EventType::OrderPaid, 3),
        delivery(EventType::OrderCancelled, 9),
        delivery(EventType::StockMoved, 1),
        delivery(EventType::OrderPaid, 1),
        delivery(EventType::OrderShipped, 7),
        delivery(EventType::OrderPaid, 2),
    ];
    let answers = handler.handle(&batch).await;
    let expected = ["version 3", "done", "unexpected_type", "version 1", "the handler gave no answer", "version 2"];
    assert_eq!(causes(&answers), expected);
    let mut groups = by_type.groups.lock().unwrap().clone();
    groups.sort();
    let expected = [
        (EventType::OrderPaid, vec![1, 2, 3]),
        (EventType::OrderShipped, vec![7]),
        (EventType::OrderCancelled, vec![9]),
    ];
    assert_eq!(groups, expected);
}

/// Takes payments, whatever else it is sent.
struct Payments;

#[async_trait]
impl EventHandler for Payments {
    const EVENTS: &'static [EventType] = &[EventType::PaymentCaptured];

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        assert_eq!(delivery.event.event_type(), EventType::PaymentCaptured);
        Disposition::Done
    }
}

#[tokio::test]
async fn what_a_handler_does_not_take_is_rejected_without_it() {
    let handler = Payments.into_handler();
    let batch = [delivery(EventType::OrderPaid, 1), delivery(EventType::PaymentCaptured, 1)];
    assert_eq!(causes(&handler.handle(&batch).await), ["unexpected_type", "done"]);
    assert_eq!(handler.handle(&[]).await, []);
    assert_eq!(handler.events(), [EventType::PaymentCaptured]);
}
