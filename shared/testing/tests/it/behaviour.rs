//! Behaviour of the memory adapters that a local AWS does not have: faults, resharding, meetings, one seed one history.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use shotengai_contracts::topology::{SHOTENGAI, queues, tables};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, ManualClock, Ports, Timestamp, Version};
use shotengai_messaging::{
    AppendError, Commit, CommitFactory, Condition, EventStore, FaultKind, Infrastructure, Key, Message, Queue, Row,
    StartAt, StreamReader, StreamRecord, StreamWriter, TransactError, WriteError, WriteOp,
};
use shotengai_testing::memory::{
    FaultInjector, InjectedFault, MemoryConfig, MemoryEventStore, MemoryInfrastructure, MemoryQueue, MemoryStream,
    QueueConfig, StreamConfig,
};

const SECOND: Duration = Duration::from_secs(1);

fn ports() -> Ports {
    Ports::seeded(3, Arc::new(ManualClock::default()))
}

/// One fault for the next call of one operation.
#[derive(Default)]
struct Once(Mutex<Option<(&'static str, InjectedFault)>>);

impl Once {
    fn next(&self, operation: &'static str, fault: InjectedFault) {
        *self.0.lock().unwrap() = Some((operation, fault));
    }
}

impl FaultInjector for Once {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let mut next = self.0.lock().unwrap();
        next.take_if(|(of, _)| *of == operation).map(|(_, fault)| fault)
    }
}

fn faulty() -> (Arc<Once>, MemoryInfrastructure) {
    let once = Arc::new(Once::default());
    let config = MemoryConfig { faults: Arc::clone(&once) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
    (once, MemoryInfrastructure::with(ports(), config))
}

fn commit(ports: &Ports, id: &str, current: u64) -> Commit {
    let event = samples::event(EventType::ProductCreated).unwrap();
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let id = AggregateId::parse(id).unwrap();
    CommitFactory::new(ports.clone()).commit(id, Version::new(current), &[event], &meta).unwrap()
}

fn message(body: &str) -> Message {
    Message { body: body.to_owned(), ..Message::default() }
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_there_and_can_be_repeated() {
    let (once, street) = faulty();
    let store = street.memory_event_store(Owner::Order);
    let commits = [commit(&ports(), "a", 0)];
    once.next("store.append", InjectedFault::LoseAnswer);
    let outcome = store.append(&commits).await;
    assert!(matches!(outcome, Err(AppendError::Fault(fault)) if fault.kind() == FaultKind::Transient));
    assert_eq!(store.all_commits(), commits);
    assert!(store.append(&commits).await.is_ok());
    assert_eq!((store.all_commits().len(), store.pending_count()), (1, 1));
}

#[tokio::test]
async fn a_refused_call_did_nothing() {
    let (once, street) = faulty();
    let store = street.memory_event_store(Owner::Order);
    once.next("store.append", InjectedFault::Refuse(FaultKind::Throttled));
    assert!(store.append(&[commit(&ports(), "a", 0)]).await.is_err());
    assert_eq!(store.all_commits(), []);
}

#[tokio::test]
async fn entries_that_fail_are_not_written_and_the_others_are() {
    let (once, street) = faulty();
    let records: Vec<_> = (0..20).map(|n| StreamRecord { key: format!("k{n}"), data: vec![n] }).collect();
    once.next("stream.put", InjectedFault::FailEntries);
    let answers = street.stream_writer().put(&records).await.unwrap();
    let taken: BTreeSet<_> = street.memory_stream().records().into_iter().map(|record| record.key).collect();
    assert!(answers.iter().any(Result::is_err) && answers.iter().any(Result::is_ok));
    for (record, answer) in records.iter().zip(&answers) {
        assert_eq!(taken.contains(&record.key), answer.is_ok(), "{}", record.key);
    }
}

#[tokio::test]
async fn a_damaged_history_is_told() {
    let store = MemoryEventStore::new("order", ports());
    let (first, gap, second_gap) = (commit(&ports(), "a", 0), commit(&ports(), "a", 2), commit(&ports(), "b", 7));
    store.append(&[first]).await.unwrap();
    assert_eq!(store.inconsistencies(), Vec::<String>::new());
    store.append(&[gap]).await.unwrap();
    store.append(&[second_gap]).await.unwrap();
    assert_eq!(store.inconsistencies().len(), 2, "{:?}", store.inconsistencies());
}

#[tokio::test]
async fn taking_markers_off_makes_and_changes_no_commit() {
    let store = MemoryEventStore::new("order", ports());
    let (standing, rival, never) =
        (commit(&ports(), "a", 0), commit(&Ports::system(), "a", 0), commit(&ports(), "b", 0));
    store.append(std::slice::from_ref(&standing)).await.unwrap();
    assert!(store.clear_pending(&[rival, never]).await.unwrap().iter().all(Result::is_ok));
    assert_eq!((store.all_commits(), store.pending_count()), (vec![standing.clone()], 1));
    store.clear_pending(std::slice::from_ref(&standing)).await.unwrap();
    assert_eq!((store.all_commits(), store.pending_count()), (vec![standing], 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_receive_loses_nothing() {
    let queue = MemoryQueue::new("queue", ports());
    let waiting = queue.receive(10, 20 * SECOND, SECOND);
    assert!(tokio::time::timeout(SECOND, waiting).await.is_err(), "nothing to receive");
    queue.send(&[message("x")]).await.unwrap();
    assert_eq!(queue.receive(10, Duration::ZERO, SECOND).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_queue_may_deliver_twice_and_in_any_order() {
    let config = QueueConfig { shuffle: true, duplicates_per_mille: 500, ..QueueConfig::default() };
    let street = MemoryInfrastructure::with(ports(), MemoryConfig { queues: config, ..MemoryConfig::default() });
    let queue = street.memory_queue(queues::ORDER.name);
    let sent: Vec<_> = (0..50).map(|n| format!("{n:02}")).collect();
    for body in &sent {
        queue.send(&[message(body)]).await.unwrap();
    }
    let mut received = Vec::new();
    while queue.depth_now().total() > 0 {
        for delivery in queue.receive(10, 20 * SECOND, 60 * SECOND).await.unwrap() {
            queue.delete(&[delivery.receipt]).await.unwrap();
            received.push(delivery.body);
        }
    }
    assert!(received.len() > sent.len() && !received.is_sorted());
    assert_eq!(received.into_iter().collect::<BTreeSet<_>>(), sent.into_iter().collect());
}

#[tokio::test]
async fn every_event_reaches_the_queues_that_the_contracts_name() {
    let street = MemoryInfrastructure::new(ports());
    for event_type in EventType::ALL {
        let attributes = [("event_type".to_owned(), event_type.as_str().to_owned())].into();
        let message = Message { attributes, ..message(event_type.as_str()) };
        assert!(street.topic().publish(&[message]).await.unwrap()[0].is_ok());
    }
    for spec in SHOTENGAI.subscribed_queues() {
        let bodies: BTreeSet<_> =
            street.memory_queue(spec.name).messages().into_iter().map(|message| message.body).collect();
        assert_eq!(bodies, spec.events().iter().map(|event| event.as_str().to_owned()).collect(), "{}", spec.name);
    }
    let names: Vec<_> = street.all_queues().iter().map(|queue| queue.name().to_owned()).collect();
    for name in ["order-deadline-queue", "order-deadline-dlq", "bridge-dlq", "tally-dlq"] {
        assert!(names.iter().any(|there| there == name), "{name} in {names:?}");
    }
    assert!(!street.leftovers().is_empty());
}

/// Reads every shard once its parents are read, as far as it goes.
async fn read_in_order(stream: &MemoryStream) -> BTreeMap<String, Vec<u8>> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut data: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let shards = stream.shards().await.unwrap();
    while let Some(shard) = shards.iter().find(|s| !done.contains(&s.id) && s.parents.iter().all(|p| done.contains(p)))
    {
        let mut cursor = Some(stream.cursor(&shard.id, &StartAt::Oldest).await.unwrap());
        while let Some(at) = cursor.take() {
            let batch = stream.read(&at, 3).await.unwrap();
            cursor = batch.next.filter(|_| !batch.records.is_empty());
            for record in batch.records {
                data.entry(record.key).or_default().extend(record.data);
            }
        }
        done.insert(shard.id.clone());
    }
    assert_eq!(done.len(), shards.len(), "parents come before children, so all can be read");
    data
}

#[tokio::test]
async fn keys_keep_their_order_over_splits_and_merges() {
    let stream = MemoryStream::with(
        "s",
        ports(),
        StreamConfig { shards: 2, ..StreamConfig::default() },
        Arc::new(Once::default()),
    );
    let keys: Vec<_> = (0..30).map(|n| format!("key-{n}")).collect();
    let put = async |n: u8| {
        let records: Vec<_> = keys.iter().map(|key| StreamRecord { key: key.clone(), data: vec![n] }).collect();
        assert!(stream.put(&records).await.unwrap().iter().all(Result::is_ok));
    };
    put(1).await;
    let first = stream.shards().await.unwrap()[0].id.clone();
    let (lower, upper) = stream.split(&first).unwrap();
    assert_eq!(stream.split(&first), None, "a closed shard can't be split again");
    put(2).await;
    let merged = stream.merge(&lower, &upper).unwrap();
    put(3).await;
    let shards = stream.shards().await.unwrap();
    assert_eq!(shards.iter().find(|shard| shard.id == merged).unwrap().parents, [lower, upper]);
    let data = read_in_order(&stream).await;
    assert!(keys.iter().all(|key| data.get(key) == Some(&vec![1, 2, 3])), "{data:?}");
    let cursor = stream.cursor(&first, &StartAt::Oldest).await.unwrap();
    assert_eq!(stream.read(&cursor, 1000).await.unwrap().next, None, "a closed shard ends");
}

#[tokio::test(start_paused = true)]
async fn cursors_expire_and_positions_do_not() {
    let stream = MemoryStream::new("s", ports());
    stream.put(&[StreamRecord { key: "k".to_owned(), data: vec![1] }]).await.unwrap();
    let shard = stream.shard_of("k").unwrap();
    let position = stream.records()[0].position.clone();
    let expired = async |cursor| stream.read(&cursor, 1).await.is_err_and(|fault| fault.kind() == FaultKind::Transient);
    let cursor = stream.cursor(&shard, &StartAt::Oldest).await.unwrap();
    stream.expire_cursors();
    assert!(expired(cursor).await);
    let cursor = stream.cursor(&shard, &StartAt::After(position)).await.unwrap();
    tokio::time::advance(301 * SECOND).await;
    assert!(expired(cursor).await);
    let unknown = stream.cursor(&shard, &StartAt::After("77".to_owned())).await;
    assert_eq!(unknown.map_err(|fault| fault.kind()), Err(FaultKind::Permanent));
}

#[tokio::test]
async fn a_reader_knows_how_far_it_is_behind() {
    let clock = Arc::new(ManualClock::default());
    let stream = MemoryStream::new("s", Ports::seeded(1, Arc::clone(&clock)));
    for n in 0..3 {
        stream.put(&[StreamRecord { key: "k".to_owned(), data: vec![n] }]).await.unwrap();
        clock.advance(SignedDuration::from_millis(400));
    }
    let cursor = stream.cursor(&stream.shard_of("k").unwrap(), &StartAt::Oldest).await.unwrap();
    let batch = stream.read(&cursor, 1).await.unwrap();
    assert_eq!(batch.behind_ms, 800);
    assert_eq!(stream.read(&batch.next.unwrap(), 10).await.unwrap().behind_ms, 0);
}

#[tokio::test]
async fn transactions_that_meet_do_not_both_happen() {
    let table = MemoryInfrastructure::new(ports()).table(tables::TALLY_COUNTERS.name);
    let key = Key::new("total", "0");
    let ops = [WriteOp::Add { key: key.clone(), counters: [("n".to_owned(), 1)].into(), expires_at: None }];
    let (one, other) = tokio::join!(table.transact(&ops), table.transact(&ops));
    let met =
        matches!((&one, &other), (Ok(()), Err(TransactError::Contended)) | (Err(TransactError::Contended), Ok(())));
    assert!(met, "{one:?} {other:?}");
    assert_eq!(table.get(&key).await.unwrap().unwrap().counters, [("n".to_owned(), 1)].into());
}

#[tokio::test]
async fn a_row_that_expires_and_is_not_listed_in_the_topology_is_refused() {
    let table = MemoryInfrastructure::new(ports()).table(tables::TALLY_COUNTERS.name);
    let expires_at = Some(Timestamp::from_second(4_102_444_800).unwrap());
    let put = |pk: &str| Row { expires_at, ..Row::new(Key::new(pk, "x"), 1, Value::Null) };
    let add = |pk: &str| WriteOp::Add { key: Key::new(pk, "x"), counters: [("n".to_owned(), 1)].into(), expires_at };
    table.put(&put("minute/2026-01-01T00:00/0"), Condition::Absent).await.unwrap();
    table.transact(&[add("minute/2026-01-01T00:00/0")]).await.unwrap();
    let refused = table.put(&put("seen/ord_1"), Condition::Absent).await.unwrap_err();
    assert!(matches!(&refused, WriteError::Fault(fault) if fault.to_string().contains("seen/ord_1")), "{refused:?}");
    for op in [add("seen/ord_1"), WriteOp::Put(put("seen/ord_1"), Condition::Absent)] {
        let refused = table.transact(&[op]).await.unwrap_err();
        assert!(matches!(&refused, TransactError::Fault(_)), "{refused:?}");
    }
    table.put(&Row { expires_at: None, ..put("seen/ord_1") }, Condition::Absent).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_history() {
    async fn history(seed: u64) -> String {
        let ports = Ports::seeded(seed, Arc::new(ManualClock::default()));
        let queues = QueueConfig { shuffle: true, duplicates_per_mille: 300, ..QueueConfig::default() };
        let street = MemoryInfrastructure::with(ports, MemoryConfig { queues, ..MemoryConfig::default() });
        let queue = street.queue(queues::ORDER.name);
        for n in 0..20 {
            queue.send(&[message(&n.to_string())]).await.unwrap();
        }
        let mut bodies = Vec::new();
        for _ in 0..4 {
            let received = queue.receive(10, SECOND, 60 * SECOND).await.unwrap();
            bodies.extend(received.into_iter().map(|delivery| delivery.message_id + &delivery.body));
        }
        json!(bodies).to_string()
    }
    assert_eq!(history(4).await, history(4).await);
    assert_ne!(history(4).await, history(5).await);
}
