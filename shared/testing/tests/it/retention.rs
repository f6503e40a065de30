//! What stream, queues and tables keep no longer, as they are told.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use shotengai_contracts::topology::{DEAD_LETTERS_KEEP, QUEUE_KEEPS, STREAM_KEEPS, queues, tables};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::ports::stream::PositionGone;
use shotengai_messaging::{
    Condition, FaultKind, Key, Message, Queue, Row, StartAt, StreamReader, StreamRecord, StreamWriter, Table,
};
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, MemoryStream, QueueConfig, StreamConfig};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

struct Street {
    clock: Arc<ManualClock>,
    infra: MemoryInfrastructure,
}

fn street(refuses_old_positions: bool) -> Street {
    let clock = Arc::new(ManualClock::default());
    let stream =
        StreamConfig { shards: 1, keeps: Some(STREAM_KEEPS), refuses_old_positions, ..StreamConfig::default() };
    let config = MemoryConfig {
        stream,
        queues: QueueConfig { max_receive_count: 1, keeps: Some(QUEUE_KEEPS), ..QueueConfig::default() },
        dead_letters_keep: Some(DEAD_LETTERS_KEEP),
        ..MemoryConfig::default()
    };
    Street { infra: MemoryInfrastructure::with(Ports::seeded(1, Arc::clone(&clock)), config), clock }
}

async fn put(stream: &MemoryStream, data: u8) {
    stream.put(&[StreamRecord { key: "k".to_owned(), data: vec![data] }]).await.unwrap();
}

async fn read(stream: &MemoryStream, shard: &str, start: &StartAt) -> Vec<u8> {
    let cursor = stream.cursor(shard, start).await.unwrap();
    stream.read(&cursor, 100).await.unwrap().records.into_iter().flat_map(|record| record.data).collect()
}

#[tokio::test(start_paused = true)]
async fn a_record_can_be_read_for_as_long_as_the_stream_keeps_it() {
    let Street { clock, infra } = street(false);
    let stream = infra.memory_stream();
    let shard = stream.shard_of("k").unwrap();
    put(&stream, 1).await;
    put(&stream, 2).await;
    clock.advance(STREAM_KEEPS);
    put(&stream, 3).await;
    assert_eq!(read(&stream, &shard, &StartAt::Oldest).await, [1, 2, 3]);
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(read(&stream, &shard, &StartAt::Oldest).await, [3]);
    assert_eq!(read(&stream, &shard, &StartAt::After("1".to_owned())).await, [3], "it begins at the oldest");
    assert_eq!(stream.dropped_unread(|_| Some("1".to_owned())), 1);
    assert_eq!(stream.records().len(), 3, "tests see what was there");
}

#[tokio::test(start_paused = true)]
async fn a_position_that_is_too_old_is_refused_where_the_stream_is_like_that() {
    let Street { clock, infra } = street(true);
    let stream = infra.memory_stream();
    let shard = stream.shard_of("k").unwrap();
    put(&stream, 1).await;
    let begin = async || stream.cursor(&shard, &StartAt::After("1".to_owned())).await;
    assert!(begin().await.is_ok());
    clock.advance(STREAM_KEEPS + HOUR);
    let fault = begin().await.unwrap_err();
    assert!(PositionGone::is_cause_of(&fault) && fault.kind() == FaultKind::Permanent, "{fault}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_shard_is_listed_until_its_last_record_is_too_old() {
    let Street { clock, infra } = street(false);
    let stream = infra.memory_stream();
    let shard = stream.shard_of("k").unwrap();
    put(&stream, 1).await;
    stream.split(&shard).unwrap();
    let is_listed = async || stream.shards().await.unwrap().iter().any(|listed| listed.id == shard);
    clock.advance(STREAM_KEEPS);
    assert!(is_listed().await);
    clock.advance(HOUR);
    assert!(!is_listed().await);
    assert!(stream.cursor(&shard, &StartAt::Oldest).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_queue_drops_what_is_too_old_and_a_redrive_of_its_own_makes_nothing_younger() {
    let Street { clock, infra } = street(false);
    let queue = infra.memory_queue(queues::ORDER.name);
    let letters = infra.memory_queue(&queues::ORDER.dead_letters());
    queue.send(&[Message { body: "never received".to_owned(), ..Message::default() }]).await.unwrap();
    clock.advance(QUEUE_KEEPS);
    queue.send(&[Message { body: "received once".to_owned(), ..Message::default() }]).await.unwrap();
    assert_eq!(queue.messages().len(), 2);
    clock.advance(HOUR);
    assert_eq!(queue.dropped().iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["never received"]);
    let second = std::time::Duration::from_secs(1);
    assert_eq!(queue.receive(10, second, second).await.unwrap().len(), 1);
    tokio::time::advance(2 * second).await;
    assert_eq!((queue.messages().len(), letters.messages().len()), (0, 1), "it was received too often");
    clock.advance(DEAD_LETTERS_KEEP - HOUR);
    assert_eq!(letters.messages().len(), 1);
    clock.advance(HOUR);
    assert_eq!(letters.messages().len(), 0, "its time had begun in the queue");
    assert_eq!(letters.dropped().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_has_expired_stands_there_until_it_is_dropped() {
    let Street { clock, infra } = street(false);
    let table = infra.memory_table(tables::PAYMENT_INTENTS.name);
    let now = Ports::seeded(1, Arc::clone(&clock)).clock.now();
    let key = Key::new("ord_1", "x");
    let row = Row { expires_at: Some(now + HOUR), ..Row::new(key.clone(), 1, Value::Null) };
    table.put(&row, Condition::Absent).await.unwrap();
    let late = |_: &Row| 2 * HOUR;
    assert!(table.drop_expired_by(now + 2 * HOUR, late).is_empty());
    assert!(table.get(&key).await.unwrap().is_some());
    assert_eq!(table.drop_expired_by(now + 3 * HOUR, late), [row]);
    assert!(table.get(&key).await.unwrap().is_none());
}
