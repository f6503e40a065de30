//! Many events, there and back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::ports::store::APPEND_EACH_MAX;
use shotengai_messaging::ports::stream::{PUT_MAX_RECORDS, StreamRecord};
use shotengai_messaging::{Commit, CommitFactory, EventStore, Infrastructure, OUTBOX_SHARDS};
use shotengai_tests::spoil::dynamodb;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio_postgres::NoTls;

use super::{SETTINGS, archive, provisioned, verified};
use crate::rebuild::sql;

const PRODUCTS: usize = 2000;
/// Events of each: it is created, and its price changes.
const EVENTS: usize = 10;

/// Products that were created and priced anew, as catalog writes them.
fn histories(ports: &Ports) -> Vec<Commit> {
    let factory = CommitFactory::new(ports.clone());
    let mut commits = Vec::new();
    for product in 0..PRODUCTS {
        let id = AggregateId::parse(&format!("prod_{product}")).unwrap();
        let mut version = Version::ZERO;
        for at in 0..EVENTS {
            let event_type = if at == 0 { EventType::ProductCreated } else { EventType::ProductPriceChanged };
            let event = samples::event(event_type).unwrap();
            let meta = Metadata::request(ports.ids.uuid_v7(), None);
            let mut commit = factory.commit(id.clone(), version, &[event], &meta).unwrap();
            commit.events[0].data["product_id"] = id.as_str().into();
            version = commit.last_version();
            commits.push(commit);
        }
    }
    commits
}

/// Writes commits as published, and puts them into the stream.
async fn publish(cluster: &TestCluster, store: &Arc<dyn EventStore>, commits: &[Commit]) {
    let appending = stream::iter(commits.chunks(APPEND_EACH_MAX)).for_each_concurrent(4, async |commits| {
        let answers = store.restore_each(commits).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    });
    let writer = cluster.aws.stream_writer();
    let streaming = stream::iter(commits.chunks(PUT_MAX_RECORDS)).for_each_concurrent(1, async |commits| {
        let record = |commit: &Commit| StreamRecord {
            key: commit.aggregate_id.to_string(),
            data: commit.events.texts()[0].as_bytes().to_vec(),
        };
        let mut records: Vec<_> = commits.iter().map(record).collect();
        while !records.is_empty() {
            let answers = writer.put(&records).await.unwrap();
            let mut answers = answers.into_iter();
            records.retain(|_| answers.next().is_some_and(|answer| answer.is_err()));
        }
    });
    tokio::join!(appending, streaming);
}

async fn texts(store: &Arc<dyn EventStore>) -> BTreeMap<(AggregateId, Version), String> {
    let mut all = BTreeMap::new();
    for shard in 0..OUTBOX_SHARDS {
        let mut from = None;
        loop {
            let (commits, next) = store.scan(shard, from, 1000).await.unwrap();
            for commit in &commits {
                let events = commit.events.iter().zip(commit.events.texts());
                all.extend(
                    events
                        .map(|(event, text)| ((commit.aggregate_id.clone(), event.aggregateversion), text.to_string())),
                );
            }
            let Some(next) = next else { break };
            from = Some(next);
        }
    }
    all
}

/// Every row of the products' read model, as text.
async fn rows(cluster: &TestCluster) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(cluster.database_url(), NoTls).await.unwrap();
    let connected = tokio::spawn(connection);
    let rows = client.query("SELECT p::text FROM read_products p ORDER BY product_id", &[]).await.unwrap();
    let rows = rows.iter().map(|row| row.get(0)).collect();
    drop(client);
    connected.await.unwrap().unwrap();
    rows
}

async fn rebuild(cluster: &TestCluster) {
    let output = cluster.command(&["rebuild", "read-models"]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_events_come_back_event_for_event_and_so_do_their_read_models() {
    let cluster = provisioned().await;
    let ports = Ports::system();
    let store = cluster.aws.event_store(Owner::Catalog);
    let mut archiver = cluster.serve_one("archiver", &SETTINGS).await;
    publish(&cluster, &store, &histories(&ports)).await;
    until("every event is in the archive", Duration::from_secs(300), || async {
        let (code, report) = verified(&cluster).await;
        if code == Some(0) { Ok(()) } else { Err(report["events"].to_string()) }
    })
    .await;
    assert!(archiver.terminate().await);
    let (_, report) = verified(&cluster).await;
    println!("verify: {} s, {} events/s", report["seconds"], report["events_per_second"]);
    assert_eq!(report["events"]["same"], PRODUCTS * EVENTS);
    rebuild(&cluster).await;
    let (before, shown) = (texts(&store).await, rows(&cluster).await);
    assert_eq!((before.len(), shown.len()), (PRODUCTS * EVENTS, PRODUCTS));

    for owner in Owner::ALL {
        let table = format!("{}{}", cluster.prefix(), owner.events_table());
        dynamodb(&cluster, "DeleteTable", &serde_json::json!({ "TableName": table })).await;
    }
    sql(&cluster, "TRUNCATE read_products, read_stock, read_orders, read_payments, read_carts").await;
    let provision = cluster.command(&["provision"]).envs([("ARCHIVE", "on"), ("PUBLISH", "outbox")]).output().await;
    assert!(provision.unwrap().status.success());
    let (code, said, complained) = archive(&cluster, &["restore"]).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    println!("{said}");
    assert!(texts(&store).await == before, "event for event");
    assert_eq!(verified(&cluster).await.0, Some(0));
    rebuild(&cluster).await;
    assert!(rows(&cluster).await == shown, "row for row");
}
