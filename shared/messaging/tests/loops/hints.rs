//! Hints that a queue has something: a receive beside the one that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::{
    Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, Fault, HintingInfrastructure, Hints, Infrastructure,
    IntoHandler, Message, Queue, QueueDepth, RawDelivery, Receipt,
};
use shotengai_testing::memory::MemoryQueue;
use tokio::time::Instant;

use super::{Running, SECOND, Street, until};

/// Its receives that wait look only once their time is over.
struct Drowsy {
    inner: Arc<MemoryQueue>,
    waits: AtomicUsize,
    looks: AtomicUsize,
}

#[async_trait]
impl Queue for Drowsy {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        let count = if wait.is_zero() { &self.looks } else { &self.waits };
        count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(wait).await;
        self.inner.receive(max, Duration::ZERO, visibility).await
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.delete(receipts).await
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.change_visibility(changes).await
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.send(messages).await
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        self.inner.depth().await
    }
}

struct Done;

#[async_trait]
impl EventHandler for Done {
    const EVENTS: &'static [EventType] = queues::TALLY.events();

    async fn handle(&self, _: &Delivery) -> Disposition {
        Disposition::Done
    }
}

/// Tally's queue and topic, with or without hints, and a consumer that runs.
struct Scene {
    queue: Arc<Drowsy>,
    topic: Arc<dyn shotengai_messaging::Topic>,
    running: Running,
}

impl Scene {
    fn open(hints: &Hints) -> Self {
        let Street { ports, infra, .. } = Street::new();
        let infra = Arc::new(infra);
        let inner = infra.memory_queue(queues::TALLY.name);
        let queue = Arc::new(Drowsy { inner, waits: AtomicUsize::new(0), looks: AtomicUsize::new(0) });
        let topic = HintingInfrastructure::new(Arc::clone(&infra) as Arc<dyn Infrastructure>, hints.clone()).topic();
        let config = ConsumerConfig { wake: hints.of_queue(&queues::TALLY), ..ConsumerConfig::new("tally") };
        let letters = infra.queue(&queues::TALLY.dead_letters());
        let source = Arc::clone(&queue) as Arc<dyn Queue>;
        let consumer = Consumer::new(config, source, letters, Done.into_handler(), ports);
        Self { queue, topic, running: Running::start(consumer.worker()) }
    }

    async fn publish(&self, event_type: EventType) {
        let body = samples::envelope(event_type).unwrap().to_json();
        let attributes = [("event_type".to_owned(), event_type.as_str().to_owned())].into();
        let message = Message { body, attributes, ..Message::default() };
        assert!(self.topic.publish(&[message]).await.unwrap()[0].is_ok());
    }

    async fn until_waiting(&self) {
        until("a receive waits", || self.queue.waits.load(Ordering::Relaxed) == 1).await;
    }

    async fn handled_after(&self) -> Duration {
        let since = Instant::now();
        until("it is handled", || self.queue.inner.depth_now().total() == 0).await;
        since.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_brings_a_receive_beside_the_one_that_waits_which_is_not_dropped() {
    let scene = Scene::open(&Hints::default());
    scene.until_waiting().await;
    scene.publish(EventType::OrderPaid).await;
    let after = scene.handled_after().await;
    assert!(after < SECOND, "{after:?}");
    let counts = || (scene.queue.waits.load(Ordering::Relaxed), scene.queue.looks.load(Ordering::Relaxed));
    assert_eq!(counts(), (1, 1), "the first receive still waits");
    scene.publish(EventType::ProductCreated).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(counts(), (1, 1), "tally gets no such event");
    scene.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_hints_all_is_received_by_those_that_wait() {
    let scene = Scene::open(&Hints::sparing_queues());
    scene.until_waiting().await;
    scene.publish(EventType::OrderPaid).await;
    let after = scene.handled_after().await;
    assert!(after > 15 * SECOND, "{after:?}");
    assert_eq!(scene.queue.looks.load(Ordering::Relaxed), 0);
    scene.running.stop().await;
}
