//! How the reading of a shard ends: by a split, a shutdown, a fault, a handler that stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_messaging::FaultKind;
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_streaming::shard::ShardConfig;
use shotengai_testing::memory::InjectedFault;
use tokio_util::sync::CancellationToken;

use super::shard::Notes;
use super::{SECOND, Street, until};

/// Applies the first three records of a batch, and the rest only once it may.
#[derive(Default)]
struct Halting {
    notes: Notes,
    may: AtomicBool,
    /// Whether it waits for the shutdown, as it should, or gives up at once.
    patient: bool,
}

#[async_trait]
impl RecordHandler for Halting {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let some = if self.may.load(Ordering::Relaxed) { records.len() } else { records.len().min(3) };
        self.notes.apply(shard, &records[..some]);
        if some < records.len() && self.patient {
            shutdown.cancelled().await;
        }
        some
    }
}

#[tokio::test(start_paused = true)]
async fn parents_are_read_before_their_children() {
    let street = Street::with_shards(1);
    let stream = street.infra.memory_stream();
    let keys: Vec<_> = (0..20).map(|n| format!("key-{n}")).collect();
    let notes = Arc::new(Notes::default());
    let parent = street.shard_of("key");
    for key in &keys {
        street.put(key, "parent").await;
    }
    let (lower, upper) = stream.split(&parent).unwrap();
    for key in &keys {
        street.put(key, "child").await;
    }
    // Small batches: reading the parent takes longer than finding the children.
    let running = street.reading(ShardConfig { limit: 3, ..ShardConfig::default() }, &notes);
    until("parent and children are read", || notes.data().len() == 40).await;
    assert!(notes.data()[..20].iter().all(|data| data == "parent"), "{:?}", notes.all());
    assert!(street.checkpoint(&parent).await.unwrap().ended);

    // And while it reads.
    stream.merge(&lower, &upper).unwrap();
    for key in &keys {
        street.put(key, "grandchild").await;
    }
    until("the grandchild is read", || notes.data().len() == 60).await;
    assert!(notes.data()[40..].iter().all(|data| data == "grandchild"));
    assert!(street.checkpoint(&lower).await.unwrap().ended && street.checkpoint(&upper).await.unwrap().ended);
    running.stop().await;

    // Closed shards stay closed for whoever comes next.
    let again = street.reading(ShardConfig::default(), &notes);
    street.put("key", "last").await;
    until("the last is read", || notes.data().len() > 60).await;
    assert_eq!(notes.data()[60..], ["last"]);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_applied_a_prefix_checkpoints_only_that() {
    let street = Street::with_shards(1);
    let halting = Arc::new(Halting { patient: true, ..Halting::default() });
    for n in 0..12 {
        street.put("key", &n.to_string()).await;
    }
    let running = street.reading(ShardConfig::default(), &halting);
    until("three are applied", || halting.notes.data().len() == 3).await;
    running.stop().await;
    assert_eq!(street.checkpoint(&street.shard_of("key")).await.unwrap().position.as_deref(), Some("3"));
    let notes = Arc::new(Notes::default());
    let again = street.reading(ShardConfig::default(), &notes);
    until("the rest is applied", || notes.data().len() == 9).await;
    assert_eq!(notes.data(), (3..12).map(|n| n.to_string()).collect::<Vec<_>>());
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_leaves_records_behind_gets_them_again_without_a_spin() {
    let street = Street::with_shards(1);
    let halting = Arc::new(Halting::default());
    for n in 0..3 {
        street.put("key", &n.to_string()).await;
    }
    street.put("key", "3").await;
    let running = street.reading(ShardConfig { limit: 4, ..ShardConfig::default() }, &halting);
    until("all are applied", || halting.notes.data().len() == 4).await;
    assert_eq!(halting.notes.data(), ["0", "1", "2", "3"]);
    for n in 4..400 {
        street.put("key", &n.to_string()).await;
    }
    let before = street.faults.calls("stream.cursor");
    tokio::time::sleep(60 * SECOND).await;
    let tries = street.faults.calls("stream.cursor") - before;
    assert!((2..100).contains(&tries), "{tries} tries in a minute");
    halting.may.store(true, Ordering::Relaxed);
    until("the rest is applied", || halting.notes.data().len() == 400).await;
    assert_eq!(halting.notes.data(), (0..400).map(|n| n.to_string()).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_throttled_while_it_catches_up_does_not_begin_again() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    for n in 0..50 {
        street.put("key", &n.to_string()).await;
        // Apart in time, so that the reader is behind and reads on without a pause.
        tokio::time::advance(Duration::from_millis(10)).await;
    }
    street.faults.each_nth("stream.read", 4, 15, InjectedFault::Refuse(FaultKind::Throttled));
    let running = street.reading(ShardConfig { limit: 1, ..ShardConfig::default() }, &notes);
    until("all are applied", || notes.data().len() >= 50).await;
    assert_eq!(notes.data(), (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_expired_costs_a_new_one() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let running = street.reading(ShardConfig::default(), &notes);
    street.put("key", "a").await;
    until("a is read", || notes.data() == ["a"]).await;
    street.infra.memory_stream().expire_cursors();
    street.put("key", "b").await;
    until("b is read", || notes.data().len() > 1).await;
    assert_eq!(notes.data(), ["a", "b"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_outlives_a_table_that_is_away() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let running = street.reading(ShardConfig::default(), &notes);
    street.put("key", "a").await;
    until("a is read", || notes.data() == ["a"]).await;
    street.faults.always("table.put", InjectedFault::Refuse(FaultKind::Transient));
    street.put("key", "b").await;
    tokio::time::sleep(120 * SECOND).await;
    street.faults.end("table.put");
    street.put("key", "c").await;
    until("c is read", || notes.data().contains(&"c".to_owned())).await;
    // What was applied and not saved is applied again.
    let mut applied = notes.data();
    applied.dedup();
    assert!(applied == ["a", "b", "c"] || applied == ["a", "b", "a", "b", "c"], "{applied:?}");
    running.stop().await;
}
