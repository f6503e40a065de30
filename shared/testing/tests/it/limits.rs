//! The memory adapters refuse what AWS refuses.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, ManualClock, Ports, Version};
use shotengai_messaging::{
    AppendError, Commit, CommitFactory, Condition, Fault, FaultKind, Infrastructure, Key, Message, Queue, Receipt, Row,
    StreamRecord, TransactError, WriteError, WriteOp,
};
use shotengai_testing::memory::MemoryInfrastructure;

const KIB: usize = 1024;

fn ports() -> Ports {
    Ports::seeded(5, Arc::new(ManualClock::default()))
}

fn street() -> MemoryInfrastructure {
    MemoryInfrastructure::new(ports())
}

fn kinds(answers: Result<Vec<Result<(), Fault>>, Fault>) -> Result<Vec<bool>, FaultKind> {
    let answers = answers.map_err(|fault| fault.kind())?;
    for fault in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(fault.kind(), FaultKind::Permanent);
    }
    Ok(answers.iter().map(Result::is_ok).collect())
}

fn commit(id: &str, bytes: usize) -> Commit {
    let event = samples::event(EventType::ProductCreated).unwrap();
    let meta = Metadata::request(ports().ids.uuid_v7(), None);
    let id = AggregateId::parse(id).unwrap();
    let mut commit = CommitFactory::new(ports()).commit(id, Version::ZERO, &[event], &meta).unwrap();
    commit.events[0].data = json!("x".repeat(bytes));
    commit
}

#[tokio::test]
async fn commits_are_limited_in_size_alone_and_together() {
    let store = street().event_store(Owner::Order);
    let unwritable = |outcome| matches!(outcome, Err(AppendError::Unwritable(_)));
    assert!(unwritable(store.append(&[commit("large", 400 * KIB)]).await));
    let many: Vec<_> = (0..11).map(|n| commit(&format!("many/{n}"), 390 * KIB)).collect();
    assert!(unwritable(store.append(&many).await));
    assert!(store.append(&many[..10]).await.is_ok());
}

#[tokio::test]
async fn puts_are_limited_in_records_and_bytes() {
    let stream = street().stream_writer();
    let records = |count: usize, bytes: usize| vec![StreamRecord { key: "k".to_owned(), data: vec![0; bytes] }; count];
    assert_eq!(kinds(stream.put(&records(500, 1)).await), Ok(vec![true; 500]));
    for (count, bytes) in [(0, 1), (501, 1), (1, 1024 * KIB), (6, 1000 * KIB)] {
        assert_eq!(kinds(stream.put(&records(count, bytes)).await), Err(FaultKind::Permanent), "{count} of {bytes}");
    }
    let keyless = [StreamRecord { key: String::new(), data: vec![1] }];
    assert_eq!(kinds(stream.put(&keyless).await), Err(FaultKind::Permanent));
}

#[tokio::test]
async fn publishes_are_limited_in_messages_and_bytes() {
    let topic = street().topic();
    let message = |bytes: usize| Message { body: "x".repeat(bytes), ..Message::default() };
    assert_eq!(kinds(topic.publish(&vec![message(1); 10]).await), Ok(vec![true; 10]));
    for (count, bytes) in [(0, 1), (11, 1), (2, 129 * KIB)] {
        let outcome = kinds(topic.publish(&vec![message(bytes); count]).await);
        assert_eq!(outcome, Err(FaultKind::Permanent), "{count} of {bytes}");
    }
    let delayed = Message { delay: Duration::from_secs(1), ..message(1) };
    assert_eq!(kinds(topic.publish(&[message(1), message(0), delayed]).await), Ok(vec![true, false, false]));
}

#[tokio::test]
async fn messages_that_sqs_refuses_are_refused_one_by_one() {
    let queue = street().queue(queues::ORDER.name);
    let good = Message { body: "x".to_owned(), ..Message::default() };
    let attributes = |count: usize| (0..count).map(|n| (format!("a{n}"), "v".to_owned())).collect::<BTreeMap<_, _>>();
    let bad = [
        Message { delay: Duration::from_secs(901), ..good.clone() },
        Message { attributes: attributes(11), ..good.clone() },
        Message { attributes: [("empty".to_owned(), String::new())].into(), ..good.clone() },
        Message { body: "\u{1}".to_owned(), ..good.clone() },
        Message::default(),
    ];
    for bad in bad {
        assert_eq!(kinds(queue.send(&[good.clone(), bad.clone()]).await), Ok(vec![true, false]), "{bad:?}");
    }
    let large = Message { body: "x".repeat(200 * KIB), ..good.clone() };
    assert_eq!(kinds(queue.send(&[large.clone(), large]).await), Err(FaultKind::Permanent));
    assert_eq!(kinds(queue.send(&vec![good; 11]).await), Err(FaultKind::Permanent));
}

#[tokio::test(start_paused = true)]
async fn waits_and_visibility_are_limited() {
    let queue = street().memory_queue(queues::ORDER.name);
    let second = Duration::from_secs(1);
    for (max, wait, visibility) in [(0, second, second), (11, second, second), (1, 21 * second, second)] {
        assert!(queue.receive(max, wait, visibility).await.is_err(), "{max} {wait:?}");
    }
    assert!(queue.receive(1, second, 12 * 3601 * second).await.is_err());
    queue.send(&[Message { body: "x".to_owned(), ..Message::default() }]).await.unwrap();
    let held = queue.receive(1, second, second).await.unwrap().remove(0).receipt;
    let too_long = [(held.clone(), 12 * 3601 * second), (held, second)];
    assert_eq!(kinds(queue.change_visibility(&too_long).await), Ok(vec![false, true]));
    assert_eq!(kinds(queue.delete(&vec![Receipt("1:1".to_owned()); 11]).await), Err(FaultKind::Permanent));
}

#[tokio::test]
async fn rows_and_transactions_are_limited() {
    let table = street().table("claims");
    let row = |sk: usize, bytes: usize| Row::new(Key::new("p", format!("{sk}")), 1, json!("x".repeat(bytes)));
    let put = |sk, bytes| WriteOp::Put(row(sk, bytes), Condition::Any);
    let permanent = |outcome| matches!(outcome, Err(TransactError::Fault(fault)) if !fault.is_retryable());
    let outcome = table.put(&row(1, 400 * KIB), Condition::Any).await;
    assert!(matches!(outcome, Err(WriteError::Fault(fault)) if !fault.is_retryable()));
    assert!(permanent(table.transact(&(0..101).map(|n| put(n, 1)).collect::<Vec<_>>()).await), "101 operations");
    assert!(permanent(table.transact(&(0..11).map(|n| put(n, 390 * KIB)).collect::<Vec<_>>()).await), "4 MB");
    assert!(permanent(table.transact(&[put(1, 1), put(1, 2)]).await), "two operations on one row");
    assert!(permanent(
        table.transact(&[put(1, 1), WriteOp::Put(Row::new(Key::new("p", ""), 1, json!(1)), Condition::Any)]).await
    ));
    assert_eq!(table.list("p", "", None, 10).await.unwrap(), []);
}
