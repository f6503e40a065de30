//! Messages that are no events of ours: they get the same care.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{
    Consumer, ConsumerConfig, Disposition, Fault, FaultKind, Message, MessageHandler, Probe, Queue, RawDelivery, Reason,
};
use shotengai_testing::memory::InjectedFault;

use crate::{SECOND, Street};

const NOT_OURS: Reason = Reason::new("not_ours", "a message that this handler has no use for");

/// Does what a message says.
struct Obedient;

#[async_trait]
impl MessageHandler for Obedient {
    fn kind(&self) -> &'static str {
        "order"
    }

    fn reasons(&self) -> &'static [Reason] {
        &[NOT_OURS]
    }

    async fn handle(&self, message: &RawDelivery) -> Disposition {
        match message.body.as_str() {
            "done" => Disposition::Done,
            "fail" => Disposition::from_fault(&Fault::new(FaultKind::Transient, "test", "away")),
            "panic" => panic!("as told"),
            other => Disposition::reject(NOT_OURS, format!("{} letters", other.len())),
        }
    }
}

async fn send(street: &Street, bodies: &[&str]) {
    let queue = street.infra.memory_queue(queues::ORDER.name);
    let messages: Vec<_> =
        bodies.iter().map(|body| Message { body: (*body).to_owned(), ..Message::default() }).collect();
    assert!(queue.send(&messages).await.unwrap().iter().all(Result::is_ok));
}

async fn step(street: &Street, config: ConsumerConfig) -> usize {
    let (queue, letters) = (queues::ORDER.name, queues::ORDER.dead_letters());
    let (queue, letters) = (street.infra.memory_queue(queue), street.infra.memory_queue(&letters));
    let consumer = Consumer::of_messages(config, queue, letters, Arc::new(Obedient), street.ports.clone());
    consumer.step(Duration::ZERO).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_message_is_settled_alone_whatever_becomes_of_the_others() {
    let street = Street::new();
    send(&street, &["done", "no JSON at all", "fail", "panic", "done"]).await;
    assert_eq!(step(&street, ConsumerConfig::new("order")).await, 5);
    let letters = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body, "no JSON at all", "as it came");
    let facts: DeadLetterFacts = serde_json::from_str(&letters[0].attributes[DEAD_LETTER_ATTRIBUTE]).unwrap();
    assert_eq!((facts.reason.as_str(), facts.error.as_str(), facts.attempts), ("not_ours", "14 letters", 1));
    let mut left: Vec<_> =
        street.infra.memory_queue(queues::ORDER.name).messages().into_iter().map(|left| left.body).collect();
    left.sort();
    assert_eq!(left, ["fail", "panic"], "they come again");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_never_can_be_handled_is_exhausted() {
    let street = Street::new();
    send(&street, &["panic"]).await;
    let config = ConsumerConfig { max_attempts: 3, ..ConsumerConfig::new("order") };
    for _ in 0..3 {
        assert_eq!(step(&street, config.clone()).await, 1);
        tokio::time::sleep(120 * SECOND).await;
    }
    let letters = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
    assert!(letters[0].attributes[DEAD_LETTER_ATTRIBUTE].contains("\"exhausted\""), "{letters:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_what_is_probed_costs_a_message_no_attempt() {
    let street = Street::new();
    send(&street, &["fail"]).await;
    let store: Arc<dyn shotengai_messaging::EventStore> = street.store();
    street.faults.always("store.ping", InjectedFault::Refuse(FaultKind::Transient));
    let config = ConsumerConfig::new("order").probing(&Probe::store("inventory-events", &store));
    let held = tokio::time::timeout(300 * SECOND, step(&street, config)).await;
    assert!(held.is_err(), "it is held until what is away is back");
    let left = street.infra.memory_queue(queues::ORDER.name).messages();
    assert_eq!((left.len(), left[0].receive_count), (1, 1));
}
