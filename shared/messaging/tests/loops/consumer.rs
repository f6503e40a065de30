//! Each message settled alone, and deleted only once its effect, or its dead letter, is there.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{Consumer, ConsumerConfig, Delivery, Disposition, FaultKind, Handler, Message, Queue};
use shotengai_testing::memory::{InjectedFault, MemoryQueue};
use tokio::time::Instant;

use super::{Running, SECOND, Street, until};

type React = dyn Fn(&Delivery) -> Disposition + Send + Sync;

/// Answers as told, after as much work as told; remembers when it saw what.
pub(super) struct Scripted {
    react: Box<React>,
    work: Duration,
    seen: Mutex<Vec<(String, Instant)>>,
    at_work: AtomicUsize,
    most_at_work: AtomicUsize,
}

#[async_trait]
impl Handler for Scripted {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let now = self.at_work.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_work.fetch_max(now, Ordering::Relaxed);
        self.seen.lock().unwrap().extend(batch.iter().map(|delivery| (delivery.message_id.clone(), Instant::now())));
        tokio::time::sleep(self.work).await;
        self.at_work.fetch_sub(1, Ordering::Relaxed);
        batch.iter().map(&self.react).collect()
    }
}

impl Scripted {
    pub(super) fn new(react: impl Fn(&Delivery) -> Disposition + Send + Sync + 'static) -> Arc<Self> {
        Self::working(Duration::ZERO, react)
    }

    fn working(work: Duration, react: impl Fn(&Delivery) -> Disposition + Send + Sync + 'static) -> Arc<Self> {
        let (at_work, most_at_work) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { react: Box::new(react), work, seen: Mutex::default(), at_work, most_at_work })
    }

    pub(super) fn seen(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn seen_at(&self) -> Vec<Instant> {
        self.seen.lock().unwrap().iter().map(|(_, at)| *at).collect()
    }
}

fn done(_: &Delivery) -> Disposition {
    Disposition::Done
}

fn rejected(_: &Delivery) -> Disposition {
    Disposition::Reject { reason: "no_such_order", error: "ord_1 was never placed".to_owned() }
}

pub(super) fn event() -> String {
    samples::envelope(EventType::OrderPaid).unwrap().to_json()
}

fn event_of_version(version: u32) -> String {
    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.dataversion = version;
    envelope.to_json()
}

fn facts(letter: &std::collections::BTreeMap<String, String>) -> DeadLetterFacts {
    serde_json::from_str(&letter[DEAD_LETTER_ATTRIBUTE]).unwrap()
}

impl Street {
    fn queue(&self) -> Arc<MemoryQueue> {
        self.infra.memory_queue(queues::ORDER.name)
    }

    fn dead_letters(&self) -> Arc<MemoryQueue> {
        self.infra.memory_queue(&queues::ORDER.dead_letters())
    }

    async fn send(&self, body: &str) {
        let message = Message { body: body.to_owned(), ..Message::default() };
        assert!(self.queue().send(&[message]).await.unwrap()[0].is_ok());
    }

    async fn send_many(&self, count: usize) {
        for _ in 0..count {
            self.send(&event()).await;
        }
    }

    fn consumer(&self, config: ConsumerConfig, handler: &Arc<Scripted>) -> Arc<Consumer> {
        let handler = Arc::clone(handler) as Arc<dyn Handler>;
        Consumer::new(config, self.queue(), self.dead_letters(), handler, self.ports.clone())
    }

    fn consuming(&self, config: ConsumerConfig, handler: &Arc<Scripted>) -> Running {
        Running::start(self.consumer(config, handler).worker())
    }

    async fn step(&self, handler: &Arc<Scripted>) -> usize {
        self.consumer(config(), handler).step(Duration::ZERO).await.unwrap()
    }

    async fn queue_is_empty(&self) {
        let queue = self.queue();
        until("the queue is empty", || queue.depth_now().total() == 0).await;
    }

    fn reasons(&self) -> Vec<String> {
        self.dead_letters().messages().iter().map(|letter| facts(&letter.attributes).reason).collect()
    }
}

fn config() -> ConsumerConfig {
    ConsumerConfig::new("order")
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_deleted() {
    let street = Street::new();
    let handler = Scripted::new(done);
    street.send_many(3).await;
    assert_eq!(street.step(&handler).await, 3);
    assert_eq!((handler.seen(), street.queue().depth_now().total()), (3, 0));
}

/// Receives while one message comes each `every` milliseconds, `count` of them.
async fn receives_of(count: usize, every: u64) -> usize {
    let street = Street::new();
    let handler = Scripted::new(done);
    let running = street.consuming(config(), &handler);
    for _ in 0..count {
        street.send_many(1).await;
        tokio::time::sleep(Duration::from_millis(every)).await;
    }
    street.queue_is_empty().await;
    let receives = street.faults.calls("queue.receive");
    running.stop().await;
    assert_eq!(handler.seen(), count);
    receives
}

#[tokio::test(start_paused = true)]
async fn where_many_messages_come_a_receive_waits_for_a_batch_of_them() {
    let seldom = receives_of(50, 100).await;
    assert!(seldom >= 50, "ten a second are received as they come: {seldom}");
    let often = receives_of(400, 5).await;
    assert!(often < 100, "200 a second go in batches: {often}");
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_retried_comes_again_after_the_wait_it_asked_for() {
    let street = Street::new();
    let handler = Scripted::new(|delivery| match delivery.receive_count {
        1 => Disposition::Retry { after: Some(7 * SECOND), cause: "not yet".to_owned() },
        _ => Disposition::Done,
    });
    street.send_many(1).await;
    let running = street.consuming(config(), &handler);
    street.queue_is_empty().await;
    let seen = handler.seen_at();
    assert_eq!(seen.len(), 2);
    assert!((7 * SECOND..8 * SECOND).contains(&(seen[1] - seen[0])), "{:?}", seen[1] - seen[0]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn waits_that_nobody_asked_for_grow_up_to_the_backoffs_cap() {
    let street = Street::new();
    let handler = Scripted::new(|delivery| match delivery.receive_count {
        30.. => Disposition::Done,
        _ => Disposition::retry("still away"),
    });
    street.send_many(1).await;
    let running = street.consuming(config(), &handler);
    street.queue_is_empty().await;
    let seen = handler.seen_at();
    let waits: Vec<_> = seen.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits.len(), 29);
    assert!(waits[0] <= SECOND && waits.iter().all(|wait| *wait <= 61 * SECOND), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait > 20 * SECOND), "{waits:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_rejected_message_becomes_a_dead_letter_that_tells_why() {
    let street = Street::new();
    let handler = Scripted::new(|delivery| match delivery.receive_count {
        1 => Disposition::Retry { after: Some(Duration::ZERO), cause: "not yet".to_owned() },
        _ => rejected(delivery),
    });
    street.send_many(1).await;
    let first_seen = street.ports.clock.now();
    street.step(&handler).await;
    tokio::time::advance(SECOND).await;
    street.step(&handler).await;
    assert_eq!(street.queue().depth_now().total(), 0);
    let letters = street.dead_letters().messages();
    assert_eq!((letters.len(), &letters[0].body), (1, &event()));
    let expected = DeadLetterFacts {
        reason: "no_such_order".to_owned(),
        error: "ord_1 was never placed".to_owned(),
        consumer: "order".to_owned(),
        attempts: 2,
        first_seen: Some(first_seen),
        trace: None,
    };
    assert_eq!(facts(&letters[0].attributes), expected);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_dead_letters_refuse_is_kept() {
    let street = Street::new();
    let handler = Scripted::new(rejected);
    street.send_many(1).await;
    street.faults.next("queue.send", InjectedFault::Refuse(FaultKind::Permanent));
    street.step(&handler).await;
    assert_eq!((street.queue().depth_now().in_flight, street.dead_letters().depth_now().total()), (1, 0));
    // Taken, but not known to be: rather a second letter than none.
    street.faults.next("queue.send", InjectedFault::LoseAnswer);
    tokio::time::advance(31 * SECOND).await;
    street.step(&handler).await;
    assert_eq!((street.queue().depth_now().in_flight, street.dead_letters().depth_now().total()), (1, 1));
    tokio::time::advance(31 * SECOND).await;
    street.step(&handler).await;
    assert_eq!((street.queue().depth_now().total(), street.dead_letters().depth_now().total()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn only_the_messages_that_the_dead_letters_took_are_deleted() {
    let street = Street::new();
    let handler = Scripted::new(rejected);
    let bodies: BTreeSet<_> = (0..10).map(|n| format!("{n} is no envelope")).collect();
    for body in &bodies {
        street.send(body).await;
    }
    street.faults.next("queue.send", InjectedFault::FailEntries);
    street.step(&handler).await;
    let held =
        |queue: Arc<MemoryQueue>| queue.messages().into_iter().map(|message| message.body).collect::<BTreeSet<_>>();
    let (kept, buried) = (held(street.queue()), held(street.dead_letters()));
    assert!(!kept.is_empty() && !buried.is_empty());
    assert!(kept.is_disjoint(&buried));
    assert_eq!(kept.union(&buried).cloned().collect::<BTreeSet<_>>(), bodies);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_decoded_is_rejected_at_once_with_its_reason() {
    let street = Street::new();
    let handler = Scripted::new(done);
    let mut unknown = samples::envelope(EventType::OrderPaid).unwrap();
    unknown.event_type = "OrderAdmired".to_owned();
    let mut bad = samples::envelope(EventType::OrderPaid).unwrap();
    bad.data = serde_json::json!({"order_id": 7});
    for body in ["{".to_owned(), "{}".to_owned(), unknown.to_json(), bad.to_json()] {
        street.send(&body).await;
    }
    street.step(&handler).await;
    assert_eq!(street.reasons(), ["not_json", "not_an_envelope", "unknown_type", "bad_data"]);
    assert_eq!((handler.seen(), street.queue().depth_now().total()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_from_the_future_is_retried_for_ten_minutes_and_then_rejected() {
    let street = Street::new();
    let handler = Scripted::new(done);
    street.send(&event_of_version(99)).await;
    let (started, dead_letters) = (Instant::now(), street.dead_letters());
    let running = street.consuming(config(), &handler);
    until("it is a dead letter", || dead_letters.depth_now().total() == 1).await;
    assert!((600 * SECOND..660 * SECOND).contains(&started.elapsed()), "{:?}", started.elapsed());
    let letter = facts(&dead_letters.messages()[0].attributes);
    assert_eq!(letter.reason, "future_version");
    assert!(letter.attempts > 10, "{letter:?}");
    street.queue_is_empty().await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn patience_with_the_future_is_not_cut_short_by_the_attempts_that_are_allowed() {
    let street = Street::new();
    street.send(&event_of_version(99)).await;
    let (started, dead_letters) = (Instant::now(), street.dead_letters());
    let timeout = jiff::SignedDuration::from_secs(60);
    let running = street
        .consuming(ConsumerConfig { max_attempts: 2, future_patience: timeout, ..config() }, &Scripted::new(done));
    until("it is a dead letter", || dead_letters.depth_now().total() == 1).await;
    assert!((60 * SECOND..65 * SECOND).contains(&started.elapsed()), "{:?}", started.elapsed());
    assert_eq!(street.reasons(), ["future_version"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_slow_handler_works_on_does_not_come_twice() {
    let street = Street::new();
    let handler = Scripted::working(200 * SECOND, done);
    street.send_many(4).await;
    // Settled with the others, so it has to stay hidden as long.
    street.send("{").await;
    let running = street.consuming(config(), &handler);
    street.queue_is_empty().await;
    assert_eq!((handler.seen(), street.reasons()), (4, vec!["not_json".to_owned()]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_loses_nothing() {
    let street = Street::new();
    let handler = Scripted::new(|delivery| {
        assert!(delivery.receive_count > 2, "an injected panic");
        Disposition::Done
    });
    street.send_many(3).await;
    let running = street.consuming(ConsumerConfig { concurrency: 1, ..config() }, &handler);
    street.queue_is_empty().await;
    assert_eq!(street.dead_letters().depth_now().total(), 0);
    assert!(handler.seen() >= 9, "each is asked about until it has been received three times");
    running.stop().await;
}

/// Answers for the first delivery of a batch only.
struct Curt;

#[async_trait]
impl Handler for Curt {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, _: &[Delivery]) -> Vec<Disposition> {
        vec![Disposition::Done]
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_got_no_answer_comes_again() {
    let street = Street::new();
    street.send_many(3).await;
    let (queue, dead_letters) = (street.queue(), street.dead_letters());
    let consumer = Consumer::new(config(), queue, dead_letters, Arc::new(Curt), street.ports.clone());
    consumer.step(Duration::ZERO).await.unwrap();
    assert_eq!(street.queue().depth_now().total(), 2);
    let running = Running::start(consumer.worker());
    street.queue_is_empty().await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_retried_too_often_is_exhausted() {
    let street = Street::new();
    let handler = Scripted::new(|_| Disposition::retry("the provider is away"));
    street.send_many(1).await;
    let running = street.consuming(ConsumerConfig { max_attempts: 3, ..config() }, &handler);
    street.queue_is_empty().await;
    assert_eq!(handler.seen(), 3);
    let letter = facts(&street.dead_letters().messages()[0].attributes);
    let told = (letter.reason.as_str(), letter.error.as_str(), letter.attempts);
    assert_eq!(told, ("exhausted", "the provider is away", 3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_bad_body_in_a_batch_does_not_hurt_the_others() {
    let street = Street::new();
    let handler = Scripted::new(done);
    street.send(&event()).await;
    street.send("no envelope").await;
    street.send(&event()).await;
    assert_eq!(street.step(&handler).await, 3);
    assert_eq!((handler.seen(), street.queue().depth_now().total()), (2, 0));
    assert_eq!(street.reasons(), ["not_json"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_could_not_be_deleted_comes_again() {
    let street = Street::new();
    let handler = Scripted::new(done);
    street.faults.next("queue.delete", InjectedFault::Refuse(FaultKind::Transient));
    street.send_many(1).await;
    let running = street.consuming(config(), &handler);
    street.queue_is_empty().await;
    assert_eq!(handler.seen(), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_outlives_a_queue_that_is_away() {
    let street = Street::new();
    let handler = Scripted::new(done);
    street.send_many(1).await;
    street.faults.always("queue.receive", InjectedFault::Refuse(FaultKind::Transient));
    let started = Instant::now();
    let running = street.consuming(config(), &handler);
    until("a while has passed", || started.elapsed() > 120 * SECOND).await;
    let calls = street.faults.calls("queue.receive");
    assert!((10..200).contains(&calls), "waits between {calls} calls grow");
    street.faults.end("queue.receive");
    street.queue_is_empty().await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_told_to_end_finishes_what_is_in_hand() {
    let street = Street::new();
    let handler = Scripted::working(50 * SECOND, done);
    street.send_many(1).await;
    let running = street.consuming(config(), &handler);
    until("it is being handled", || handler.seen() == 1).await;
    running.token.cancel();
    // The receive that waits is dropped first.
    tokio::time::sleep(SECOND).await;
    street.send_many(1).await;
    running.stop().await;
    assert_eq!(handler.seen(), 1, "nothing new was begun");
    let depth = street.queue().depth_now();
    assert_eq!((depth.visible, depth.in_flight), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_are_in_flight_than_there_are_permits() {
    let street = Street::new();
    let handler = Scripted::working(5 * SECOND, done);
    street.send_many(6).await;
    let config = ConsumerConfig { concurrency: 2, batch: 1, ..config() };
    let running = street.consuming(config, &handler);
    until("two are being handled", || handler.seen() == 2).await;
    tokio::time::sleep(SECOND).await;
    let depth = street.queue().depth_now();
    assert_eq!((depth.visible, depth.in_flight), (4, 2), "the others are left to other pods");
    street.queue_is_empty().await;
    assert_eq!((handler.seen(), handler.most_at_work.load(Ordering::Relaxed)), (6, 2));
    running.stop().await;
}
