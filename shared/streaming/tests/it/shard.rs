//! Checkpoints that fence, and readers that take over, resume and wait.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{
    Condition, Fault, Infrastructure, Key, Row, StreamRecord, StreamWriter, Table, TransactError, WriteError, WriteOp,
};
use shotengai_streaming::shard::{ShardConfig, StreamConsumer};
use shotengai_streaming::{Checkpoint, CheckpointError, Checkpoints};
use shotengai_testing::memory::MemoryTable;
use tokio_util::sync::CancellationToken;

use super::{Running, SECOND, Street, until, until_found};

/// Notes what it applies, and from which shard.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<(String, String)>>);

impl Notes {
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn data(&self) -> Vec<String> {
        self.all().into_iter().map(|(_, data)| data).collect()
    }

    pub(crate) fn apply(&self, shard: &str, records: &[ReadRecord]) {
        let data = |record: &ReadRecord| String::from_utf8(record.data.clone()).unwrap();
        self.0.lock().unwrap().extend(records.iter().map(|record| (shard.to_owned(), data(record))));
    }
}

#[async_trait]
impl RecordHandler for Notes {
    async fn handle(&self, shard: &str, records: &[ReadRecord], _: &CancellationToken) -> usize {
        self.apply(shard, records);
        records.len()
    }
}

impl Street {
    pub(crate) fn checkpoint_table(&self) -> Arc<MemoryTable> {
        self.infra.memory_table(tables::CHECKPOINTS.name)
    }

    pub(crate) fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.checkpoint_table(), "bridge", STREAM)
    }

    pub(crate) async fn checkpoint(&self, shard: &str) -> Option<Checkpoint> {
        self.checkpoints().read(shard).await.unwrap()
    }

    pub(crate) fn reading(&self, config: ShardConfig, handler: &Arc<impl RecordHandler + 'static>) -> Running {
        let (reader, handler) = (self.infra.stream_reader(), Arc::clone(handler) as Arc<dyn RecordHandler>);
        let consumer = StreamConsumer::new("bridge", config, reader, self.checkpoints(), handler, self.ports.clone());
        Running::start(consumer.worker())
    }

    pub(crate) async fn put(&self, key: &str, data: &str) {
        let record = StreamRecord { key: key.to_owned(), data: data.as_bytes().to_vec() };
        assert!(self.infra.memory_stream().put(&[record]).await.unwrap()[0].is_ok());
    }

    pub(crate) fn shard_of(&self, key: &str) -> String {
        self.infra.memory_stream().shard_of(key).unwrap()
    }
}

fn is_fenced<T>(outcome: Result<T, CheckpointError>) -> bool {
    matches!(outcome, Err(CheckpointError::Fenced { shard }) if shard == "s")
}

#[tokio::test(start_paused = true)]
async fn a_claim_raises_the_epoch_and_fences_the_old_owner() {
    let checkpoints = Street::new().checkpoints();
    let mut old = checkpoints.claim("s", "old").await.unwrap();
    assert_eq!((old.epoch, old.position.clone(), old.ended), (1, None, false));
    old.position = Some("41".to_owned());
    checkpoints.save("s", &old).await.unwrap();
    let new = checkpoints.claim("s", "new").await.unwrap();
    assert_eq!((new.epoch, new.position.as_deref(), new.owner.as_str()), (2, Some("41"), "new"));
    old.position = Some("99".to_owned());
    assert!(is_fenced(checkpoints.save("s", &old).await));
    assert_eq!(checkpoints.read("s").await.unwrap(), Some(new.clone()));
    assert!(checkpoints.save("s", &new).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn of_two_that_claim_at_once_one_is_fenced() {
    let checkpoints = Street::new().checkpoints();
    for epoch in 1..4 {
        let (one, other) = tokio::join!(checkpoints.claim("s", "one"), checkpoints.claim("s", "other"));
        let (winner, loser) = if one.is_ok() { (one, other) } else { (other, one) };
        assert_eq!(winner.unwrap().epoch, epoch);
        assert!(is_fenced(loser));
    }
}

/// Repeats every write, as an adapter does when an answer was lost.
struct Echoing(Arc<MemoryTable>);

#[async_trait]
impl Table for Echoing {
    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        self.0.put(row, condition).await?;
        self.0.put(row, condition).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        self.0.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        self.0.get_many(keys).await
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.0.list(pk, prefix, after, limit).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        self.0.delete(key, condition).await
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        self.0.transact(ops).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.0.ping().await
    }
}

#[tokio::test(start_paused = true)]
async fn an_echo_of_the_own_write_is_a_success() {
    let street = Street::new();
    let echoing = Checkpoints::new(Arc::new(Echoing(street.checkpoint_table())), "bridge", STREAM);
    let first = echoing.claim("s", "one").await.unwrap();
    let mut second = echoing.claim("s", "one").await.unwrap();
    assert_eq!((first.epoch, second.epoch), (1, 2));
    second.beat += 1;
    echoing.save("s", &second).await.unwrap();
    assert!(is_fenced(echoing.save("s", &first).await), "an old epoch of the own is no echo");
}

#[tokio::test(start_paused = true)]
async fn a_reader_resumes_behind_what_was_applied() {
    let street = Street::new();
    let notes = Arc::new(Notes::default());
    for n in 0..12 {
        street.put("key", &n.to_string()).await;
    }
    let running = street.reading(ShardConfig::default(), &notes);
    until("all are applied", || notes.data().len() == 12).await;
    running.stop().await;
    street.put("key", "12").await;
    let again = street.reading(ShardConfig::default(), &notes);
    until("the new one is applied", || notes.data().len() > 12).await;
    again.stop().await;
    assert_eq!(notes.data(), (0..13).map(|n| n.to_string()).collect::<Vec<_>>());
    let checkpoint = street.checkpoint(&street.shard_of("key")).await.unwrap();
    assert_eq!((checkpoint.epoch, checkpoint.position.as_deref()), (2, Some("13")));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_fenced_by_one_without_a_lease_leaves_the_shard_alone_for_a_while() {
    let street = Street::with_shards(1);
    let notes = Arc::new(Notes::default());
    let shard = street.shard_of("key");
    let running = street.reading(ShardConfig::default(), &notes);
    street.put("key", "before").await;
    until_found("it has read and saved", || async {
        street.checkpoint(&shard).await.is_some_and(|checkpoint| checkpoint.position.is_some())
    })
    .await;
    let other = street.checkpoints().claim(&shard, "an operator").await.unwrap();
    street.put("key", "applied, but not saved").await;
    let puts = street.faults.calls("table.put");
    tokio::time::sleep(14 * SECOND).await;
    assert_eq!(street.checkpoint(&shard).await.as_ref(), Some(&other), "it can't save and does not claim at once");
    assert!(street.faults.calls("table.put") - puts < 10, "no fight");
    let once = |notes: &Notes| notes.data().iter().filter(|data| data.starts_with("applied")).count();
    until("it has claimed again", || once(&notes) == 2).await;
    assert_eq!(street.checkpoint(&shard).await.unwrap().epoch, other.epoch + 1);
    assert!(street.checkpoints().save(&shard, &other).await.is_err(), "now the other one is fenced");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_can_not_be_read_is_named_and_keeps_no_other_shard_from_being_read() {
    let street = Street::new();
    let notes = Arc::new(Notes::default());
    // Positions are spread by key: find one key for each shard.
    let bad = street.shard_of("key");
    let good = (0..).map(|n: u32| format!("key-{n}")).find(|key| street.shard_of(key) != bad).unwrap();
    let key = Key::new(format!("bridge/{STREAM}"), bad.clone());
    street.checkpoint_table().put(&Row::new(key.clone(), 3, json!({"what": 1})), Condition::Any).await.unwrap();
    let error = street.checkpoints().claim(&bad, "me").await.unwrap_err();
    assert!(matches!(&error, CheckpointError::Unreadable { shard, .. } if *shard == bad), "{error}");
    assert!(error.to_string().contains(&bad), "{error}");

    street.put("key", "out of reach").await;
    street.put(&good, "in reach").await;
    let running = street.reading(ShardConfig::default(), &notes);
    until("the other shard is read", || notes.data() == ["in reach"]).await;
    let before = street.faults.calls("table.get");
    tokio::time::sleep(600 * SECOND).await;
    let looks = street.faults.calls("table.get") - before;
    assert!(looks < 100, "{looks} looks in ten minutes are a spin");
    // An operator repairs it.
    street.checkpoint_table().delete(&key, Condition::Any).await.unwrap();
    until("its shard is read, too", || notes.data().len() == 2).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_without_records_costs_no_saves() {
    let street = Street::with_shards(1);
    let running = street.reading(ShardConfig::default(), &Arc::new(Notes::default()));
    tokio::time::sleep(600 * SECOND).await;
    let checkpoint = street.checkpoint(&street.shard_of("key")).await.unwrap();
    assert_eq!((checkpoint.epoch, checkpoint.beat), (1, 0));
    running.stop().await;
}
