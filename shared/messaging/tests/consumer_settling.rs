//! What a consumer owes its messages when the queues themselves are slow or strict.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::{
    Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, Fault, IntoHandler, Message, Queue, QueueDepth,
    RawDelivery, Receipt,
};
use shotengai_testing::memory::MemoryQueue;
use tokio::time::Instant;

/// A queue that takes its time.
struct Slow {
    inner: MemoryQueue,
    /// To hide messages for longer.
    extending: Duration,
    /// To take messages.
    taking: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

#[async_trait]
impl Queue for Slow {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        self.inner.receive(max, wait, visibility).await
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.inner.delete(receipts).await
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if !changes.is_empty() {
            tokio::time::sleep(self.extending).await;
        }
        self.inner.change_visibility(changes).await
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        tokio::time::sleep(self.taking).await;
        self.inner.send(messages).await
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        self.inner.depth().await
    }
}

/// Works in two steps of 8 s, so that an extension falls between them.
struct TwoSteps;

#[async_trait]
impl EventHandler for TwoSteps {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, _: &Delivery) -> Disposition {
        tokio::time::sleep(Duration::from_secs(8)).await;
        tokio::time::sleep(Duration::from_secs(8)).await;
        Disposition::Done
    }
}

fn ports() -> Ports {
    Ports::seeded(5, Arc::new(ManualClock::default()))
}

fn message(body: String) -> Message {
    Message { body, ..Message::default() }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_slow_to_extend_does_not_hold_up_the_work() {
    let queue = Arc::new(Slow {
        inner: MemoryQueue::new(queues::ORDER.name, ports()),
        extending: MINUTE,
        taking: Duration::ZERO,
    });
    queue.send(&[message(samples::envelope(EventType::OrderPaid).unwrap().to_json())]).await.unwrap();
    let letters = Arc::new(MemoryQueue::new(&queues::ORDER.dead_letters(), ports()));
    let config = ConsumerConfig::new("order");
    let consumer =
        Consumer::new(config, Arc::clone(&queue) as Arc<dyn Queue>, letters, TwoSteps.into_handler(), ports());
    let started = Instant::now();
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 1);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(queue.depth().await.unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_that_are_too_large_for_one_request_all_arrive_with_their_reasons() {
    let queue = Arc::new(MemoryQueue::new(queues::ORDER.name, ports()));
    for garbage in ["x", "y", "z"] {
        queue.send(&[message(garbage.repeat(250_000))]).await.unwrap();
    }
    let letters = Arc::new(MemoryQueue::new(&queues::ORDER.dead_letters(), ports()));
    let (queue, dead) = (Arc::clone(&queue) as Arc<dyn Queue>, Arc::clone(&letters) as Arc<dyn Queue>);
    let consumer =
        Consumer::new(ConsumerConfig::new("order"), Arc::clone(&queue), dead, TwoSteps.into_handler(), ports());
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 3);
    assert_eq!(letters.depth().await.unwrap().visible, 3);
    assert_eq!(queue.depth().await.unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_does_not_wait_for_dead_letters_and_these_stay_hidden_until_they_are_sent() {
    let queue = Arc::new(MemoryQueue::new(queues::ORDER.name, ports()));
    let good = samples::envelope(EventType::OrderPaid).unwrap().to_json();
    queue.send(&[message("garbage".to_owned()), message(good)]).await.unwrap();
    let letters = Arc::new(Slow {
        inner: MemoryQueue::new(&queues::ORDER.dead_letters(), ports()),
        extending: Duration::ZERO,
        taking: MINUTE,
    });
    let dead = Arc::clone(&letters) as Arc<dyn Queue>;
    let consumer = Consumer::new(
        ConsumerConfig::new("order"),
        Arc::clone(&queue) as Arc<dyn Queue>,
        dead,
        TwoSteps.into_handler(),
        ports(),
    );
    let watched = Arc::clone(&queue);
    let watching = tokio::spawn(async move {
        let started = Instant::now();
        let mut done_after = None;
        while watched.depth().await.unwrap().total() > 0 {
            let depth = watched.depth().await.unwrap();
            assert!(depth.visible == 0 || started.elapsed().is_zero(), "after {:?}", started.elapsed());
            if depth.total() == 1 {
                done_after.get_or_insert(started.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        done_after.unwrap()
    });
    tokio::task::yield_now().await;
    let step = consumer.step(Duration::ZERO);
    let (received, done_after) = tokio::join!(step, watching);
    assert_eq!(received.unwrap(), 2);
    assert!(done_after.unwrap() < Duration::from_secs(20));
    assert_eq!(letters.depth().await.unwrap().visible, 1);
}
