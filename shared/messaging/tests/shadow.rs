//! A shadow reads what there is and what it was given, and its installation keeps nothing of that.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use serde_json::json;
use shotengai_contracts::topology::{queues, tables};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::shadow::{Caught, Shadow};
use shotengai_messaging::{
    AppendError, Commit, CommitFactory, Condition, EventStore, Guard, Infrastructure, Key, Message, Row, TransactError,
    WriteError, WriteOp,
};
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::MemoryInfrastructure;

fn id(text: &str) -> AggregateId {
    AggregateId::parse(text).unwrap()
}

/// A commit of one event that follows on this version.
fn commit(ports: &Ports, aggregate: &str, after: u64) -> Commit {
    let event = samples::event(EventType::StockMoved).unwrap();
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    CommitFactory::new(ports.clone()).commit(id(aggregate), Version::new(after), &[event], &meta).unwrap()
}

async fn versions(store: &dyn EventStore, aggregate: &str) -> Vec<u64> {
    let commits = store.load(&id(aggregate), Version::ZERO).await.unwrap();
    commits.iter().map(|commit| commit.first_version.get()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_appended_follows_on_what_there_is_and_stays_in_the_shadow() {
    let ports = paused_ports(1);
    let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
    let real = infra.event_store(Owner::Inventory);
    real.append(&[commit(&ports, "stock/prod_1", 0)]).await.unwrap();

    let shadow = Shadow::of(Arc::clone(&infra) as _);
    let store = shadow.event_store(Owner::Inventory);
    let second = commit(&ports, "stock/prod_1", 1);
    store.append(std::slice::from_ref(&second)).await.unwrap();
    assert_eq!(versions(store.as_ref(), "stock/prod_1").await, [1, 2]);
    assert_eq!(shadow.take(), [Caught::Commit(Owner::Inventory, second)]);
    assert_eq!(versions(real.as_ref(), "stock/prod_1").await, [1]);
    let newest = store.load_newest(&id("stock/prod_1"), Version::new(9), 1).await.unwrap();
    assert_eq!(newest.commits[0].first_version.get(), 2);
    let page = store.load_some(&id("stock/prod_1"), Version::ZERO, 1).await.unwrap();
    assert!(page.more && page.commits.len() == 1);

    // Slots that are taken, here or there, and guards that moved are lost as ever.
    for (lost, index) in [(commit(&ports, "stock/prod_1", 1), 0), (commit(&ports, "stock/prod_2", 3), 0)] {
        let error = store.append(&[lost]).await.unwrap_err();
        assert!(matches!(error, AppendError::Conflict { indexes } if indexes == [index]));
    }
    let guard = Guard { aggregate_id: id("stock/prod_1"), version: Version::new(1) };
    let error = store.append_guarded(&[commit(&ports, "stock/prod_2", 0)], &[guard]).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { indexes } if indexes == [1]));
    assert_eq!(shadow.take(), []);
    let again = shadow.event_store(Owner::Inventory);
    assert_eq!(versions(again.as_ref(), "stock/prod_1").await, [1, 2], "one shadow has one store of each service");
}

#[tokio::test(start_paused = true)]
async fn rows_are_judged_by_what_was_written_here_else_there() {
    let infra = Arc::new(MemoryInfrastructure::new(paused_ports(2)));
    let name = tables::ORDER_PRICES.name;
    let real = infra.table(name);
    let row = |sk: &str, version| Row::new(Key::new("prices", sk), version, json!({ "version": version }));
    real.put(&row("a", 1), Condition::Absent).await.unwrap();

    let shadow = Shadow::of(Arc::clone(&infra) as _);
    let table = shadow.table(name);
    let error = table.put(&row("a", 2), Condition::Absent).await.unwrap_err();
    assert!(matches!(error, WriteError::Condition(Some(standing)) if standing.version == 1));
    table.put(&row("a", 2), Condition::VersionIs(1)).await.unwrap();
    let ops = [WriteOp::Put(row("b", 1), Condition::Absent), WriteOp::add(Key::new("prices", "c"), "sold", 3)];
    table.transact(&ops).await.unwrap();
    let twice = table.transact(&ops).await.unwrap_err();
    assert!(matches!(twice, TransactError::Conditions(indexes) if indexes == [0]));
    table.delete(&Key::new("prices", "b"), Condition::VersionIs(1)).await.unwrap();
    let listed = table.list("prices", "", None, 10).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|row| (row.key.sk.as_str(), row.version, row.counter("sold"))).collect();
    assert_eq!(listed, [("a", 2, 0), ("c", 0, 3)]);
    let found = table.get_many(&[Key::new("prices", "a"), Key::new("prices", "b")]).await.unwrap();
    assert_eq!(found.len(), 1);
    let caught = shadow.take();
    let how = caught.iter().map(|caught| match caught {
        Caught::Row { key, how, .. } => (key.sk.as_str(), *how),
        _ => ("", ""),
    });
    assert_eq!(how.collect::<Vec<_>>(), [("a", "put"), ("b", "put"), ("c", "add"), ("b", "delete")]);
    let kept = real.list("prices", "", None, 10).await.unwrap();
    assert_eq!(kept.iter().map(|row| row.version).collect::<Vec<_>>(), [1]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent() {
    let infra = Arc::new(MemoryInfrastructure::new(paused_ports(3)));
    let shadow = Shadow::of(Arc::clone(&infra) as _);
    let message = Message { body: "x".to_owned(), attributes: [].into(), delay: std::time::Duration::ZERO };
    assert!(shadow.queue(queues::ORDER.name).send(std::slice::from_ref(&message)).await.unwrap()[0].is_ok());
    assert!(shadow.topic().publish(&[message]).await.unwrap()[0].is_ok());
    let sent = ["order-queue", "the topic"].map(|name| Caught::Sent(name.to_owned()));
    assert_eq!(shadow.take(), sent);
    assert!(shadow.leases("bridge/ec-events").create("one", "me", std::time::Duration::from_secs(1)).await.is_err());
    assert_eq!(infra.queue(queues::ORDER.name).depth().await.unwrap().total(), 0);
    assert!(!shadow.marks_outbox());
}
