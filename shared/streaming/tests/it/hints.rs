//! Hints that a shard has something: a read before its time.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::{HintingInfrastructure, Hints, Infrastructure, RecordHandler, StreamRecord};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::shard::{ShardConfig, StreamConsumer};
use tokio::time::Instant;

use super::shard::Notes;
use super::{Running, SECOND, Street, until};

/// How long it takes until a record is applied that is put while all readers rest.
async fn taken(hints: Option<Hints>) -> Duration {
    let Street { ports, infra, .. } = Street::new();
    let mut infra: Arc<dyn Infrastructure> = Arc::new(infra);
    if let Some(hints) = hints {
        infra = Arc::new(HintingInfrastructure::new(infra, hints));
    }
    let notes = Arc::new(Notes::default());
    let config = ShardConfig { busy_poll: 10 * SECOND, idle_poll: 60 * SECOND, ..ShardConfig::default() };
    let handler = Arc::clone(&notes) as Arc<dyn RecordHandler>;
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), "bridge", STREAM);
    let consumer = StreamConsumer::new("bridge", config, infra.stream_reader(), checkpoints, handler, ports);
    let running = Running::start(consumer.worker());
    tokio::time::sleep(600 * SECOND).await;
    let since = Instant::now();
    let record = StreamRecord { key: "a".to_owned(), data: b"first".to_vec() };
    assert!(infra.stream_writer().put(&[record]).await.unwrap()[0].is_ok());
    until("the record is applied", || !notes.all().is_empty()).await;
    let taken = since.elapsed();
    running.stop().await;
    taken
}

#[tokio::test(start_paused = true)]
async fn a_record_that_this_process_put_is_read_at_once_and_without_hints_when_its_time_has_come() {
    let (with, without) = (taken(Some(Hints::default())).await, taken(None).await);
    assert!(with < SECOND, "{with:?}");
    assert!(without > SECOND && without <= 61 * SECOND, "{without:?}");
}
