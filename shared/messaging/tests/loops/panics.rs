//! Handlers that panic: who is to blame is exhausted, who stood beside goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, IntoHandler, Message, Queue};
use tokio::time::Instant;

use super::{Running, SECOND, Street, until};

/// Panics at one aggregate, after some work; counts how often it was asked about each.
struct Allergic {
    to: &'static str,
    cured: Mutex<bool>,
    asked: Mutex<BTreeMap<String, usize>>,
}

#[async_trait]
impl EventHandler for Allergic {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let subject = delivery.envelope.subject.to_string();
        let culprit = subject == self.to && !*self.cured.lock().unwrap();
        *self.asked.lock().unwrap().entry(subject).or_default() += 1;
        tokio::time::sleep(SECOND).await;
        assert!(!culprit, "an injected panic");
        Disposition::Done
    }
}

impl Allergic {
    fn to(to: &'static str) -> Arc<Self> {
        Arc::new(Self { to, cured: Mutex::default(), asked: Mutex::default() })
    }

    fn asked_about(&self, subject: &str) -> usize {
        self.asked.lock().unwrap().get(subject).copied().unwrap_or_default()
    }
}

impl Street {
    async fn placed(&self, subjects: &[&str]) {
        let messages: Vec<_> = subjects
            .iter()
            .map(|subject| {
                let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
                envelope.subject = super::aggregate(subject);
                Message { body: envelope.to_json(), ..Message::default() }
            })
            .collect();
        let answers = self.infra.memory_queue(queues::ORDER.name).send(&messages).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }

    fn allergic(&self, handler: &Arc<Allergic>) -> Arc<Consumer> {
        let config = ConsumerConfig { max_attempts: 3, ..ConsumerConfig::new("order") };
        let (queue, letters) =
            (self.infra.memory_queue(queues::ORDER.name), self.infra.memory_queue(&queues::ORDER.dead_letters()));
        Consumer::new(config, queue, letters, Arc::clone(handler).into_handler(), self.ports.clone())
    }

    fn queued(&self) -> u64 {
        self.infra.memory_queue(queues::ORDER.name).depth_now().total()
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_message_that_causes_a_panic_is_exhausted() {
    let street = Street::new();
    let handler = Allergic::to("ord_nuts");
    street.placed(&["ord_1", "ord_2", "ord_nuts", "ord_3"]).await;
    let running = Running::start(street.allergic(&handler).worker());
    until("the queue is empty", || street.queued() == 0).await;
    running.stop().await;

    let letters = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.contains("ord_nuts"));
    let facts: DeadLetterFacts = serde_json::from_str(&letters[0].attributes[DEAD_LETTER_ATTRIBUTE]).unwrap();
    let told = (facts.reason.as_str(), facts.error.as_str(), facts.attempts);
    assert_eq!(told, ("exhausted", "the handler panicked: an injected panic", 3));
    // Once with the others, then alone; the culprit alone twice more.
    let asked = ["ord_1", "ord_2", "ord_3", "ord_nuts"].map(|subject| handler.asked_about(subject));
    assert_eq!(asked, [2, 2, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn who_stands_beside_a_panic_is_settled_at_its_first_receive() {
    let street = Street::new();
    let handler = Allergic::to("ord_nuts");
    street.placed(&["ord_nuts", "ord_1", "ord_2"]).await;
    let started = Instant::now();
    assert_eq!(street.allergic(&handler).step(Duration::ZERO).await.unwrap(), 3);
    assert_eq!(street.queued(), 1, "the culprit alone comes again");
    assert!(started.elapsed() < 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_panic_that_passes_costs_nothing() {
    let street = Street::new();
    let handler = Allergic::to("ord_nuts");
    street.placed(&["ord_nuts"]).await;
    let consumer = street.allergic(&handler);
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 1);
    *handler.cured.lock().unwrap() = true;
    let running = Running::start(consumer.worker());
    until("the queue is empty", || street.queued() == 0).await;
    running.stop().await;
    assert_eq!(street.infra.memory_queue(&queues::ORDER.dead_letters()).depth_now().total(), 0);
}
