//! Shards that are subscribed to, and polled whenever that can't be.

use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::{FaultKind, Infrastructure, StartAt};
use shotengai_streaming::shard::ShardConfig;
use shotengai_testing::harness::Running;
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use super::shard::Notes;
use super::{SECOND, Street, until};

/// Subscribes, and polls so seldom that it shows.
fn config() -> ShardConfig {
    ShardConfig { push: true, busy_poll: 30 * SECOND, idle_poll: 30 * SECOND, ..ShardConfig::default() }
}

struct Scene {
    street: Street,
    notes: Arc<Notes>,
    running: Running,
    put: usize,
}

impl Scene {
    async fn open() -> Self {
        let street = Street::with_shards(1);
        let notes = Arc::new(Notes::default());
        let running = street.reading(config(), &notes);
        let mut scene = Self { street, notes, running, put: 0 };
        scene.taken().await;
        scene
    }

    /// How long it takes until a record is applied.
    async fn taken(&mut self) -> Duration {
        let since = Instant::now();
        self.street.put("key", &self.put.to_string()).await;
        self.put += 1;
        until("the record is applied", || self.notes.data().len() == self.put).await;
        assert_eq!(self.notes.data(), (0..self.put).map(|n| n.to_string()).collect::<Vec<_>>());
        since.elapsed()
    }

    fn calls(&self, operation: &'static str) -> usize {
        self.street.faults.calls(operation)
    }

    async fn close(self) {
        let shard = self.street.shard_of("key");
        self.running.stop().await;
        let checkpoint = self.street.checkpoint(&shard).await.unwrap();
        assert_eq!(checkpoint.epoch, 1, "all under one claim");
        let records = self.street.infra.memory_stream().records();
        assert_eq!(checkpoint.position, records.last().map(|record| record.position.clone()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_is_applied_at_once_and_subscriptions_are_renewed_before_they_end() {
    let mut scene = Scene::open().await;
    for _ in 0..40 {
        let taken = scene.taken().await;
        assert!(taken < SECOND, "{taken:?}");
        tokio::time::sleep(37 * SECOND).await;
    }
    assert_eq!(scene.calls("stream.read"), 0, "it is never asked for");
    let begun = scene.calls("stream.subscribe");
    assert!((5..=7).contains(&begun), "{begun} subscriptions in 25 minutes");
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_saved_though_nothing_more_comes() {
    let mut scene = Scene::open().await;
    scene.taken().await;
    let shard = scene.street.shard_of("key");
    tokio::time::sleep(3 * SECOND).await;
    let records = scene.street.infra.memory_stream().records();
    let position = scene.street.checkpoint(&shard).await.unwrap().position;
    assert_eq!(position.as_ref(), records.last().map(|record| &record.position));
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn where_it_is_denied_the_shard_is_polled_and_subscribed_to_once_it_may_be() {
    let mut scene = Scene::open().await;
    scene.street.faults.always("stream.subscribe", InjectedFault::Refuse(FaultKind::Denied));
    scene.street.faults.always("stream.push", InjectedFault::Refuse(FaultKind::Denied));
    for _ in 0..3 {
        let taken = scene.taken().await;
        assert!(taken <= 31 * SECOND, "{taken:?}");
    }
    tokio::time::sleep(600 * SECOND).await;
    let tries = scene.calls("stream.subscribe");
    assert!(tries < 20, "{tries} tries");
    scene.street.faults.end("stream.subscribe");
    scene.street.faults.end("stream.push");
    tokio::time::sleep(100 * SECOND).await;
    let taken = scene.taken().await;
    assert!(taken < SECOND, "{taken:?}");
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_breaks_loses_nothing() {
    let mut scene = Scene::open().await;
    for fault in [InjectedFault::LoseAnswer, InjectedFault::Refuse(FaultKind::Throttled), InjectedFault::LoseAnswer] {
        tokio::time::sleep(10 * SECOND).await;
        scene.street.faults.next("stream.push", fault);
        scene.taken().await;
        scene.taken().await;
    }
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_another_takes_over_is_taken_back_once_it_can_be() {
    let mut scene = Scene::open().await;
    let reader = scene.street.infra.stream_reader();
    let shard = scene.street.shard_of("key");
    tokio::time::sleep(10 * SECOND).await;
    let other = reader.subscribe(&shard, &StartAt::Oldest).await.unwrap();
    scene.taken().await;
    tokio::time::sleep(40 * SECOND).await;
    let taken = scene.taken().await;
    assert!(taken < SECOND, "{taken:?}");
    drop(other);
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_is_split_is_read_to_its_end_and_then_its_children() {
    let mut scene = Scene::open().await;
    let parent = scene.street.shard_of("key");
    scene.street.infra.memory_stream().split(&parent).unwrap();
    for _ in 0..3 {
        scene.taken().await;
    }
    until("the children are read", || scene.calls("stream.subscribe") >= 3).await;
    let Scene { street, running, .. } = scene;
    running.stop().await;
    assert!(street.checkpoint(&parent).await.unwrap().ended);
    assert_eq!(street.faults.calls("stream.read"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_never_begins_is_given_up_for_polls_and_tried_ever_more_seldom() {
    let street = Street::with_shards(1);
    street.faults.always("stream.subscribe", InjectedFault::Delay(24 * 3600 * SECOND));
    let notes = Arc::new(Notes::default());
    let config = ShardConfig { busy_poll: SECOND, idle_poll: SECOND, ..config() };
    let running = street.reading(config, &notes);
    street.put("key", "0").await;
    until("the record is applied", || notes.data().len() == 1).await;
    tokio::time::sleep(600 * SECOND).await;
    let tries = street.faults.calls("stream.subscribe");
    assert!((8..=20).contains(&tries), "{tries} in ten minutes");
    // One that hangs doesn't keep the reader from its end.
    let since = Instant::now();
    running.stop().await;
    assert!(since.elapsed() < 2 * SECOND, "{:?}", since.elapsed());
}
