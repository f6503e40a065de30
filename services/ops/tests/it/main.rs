//! Status and dead letters of an installation in memory, and the desk over it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod desk;
mod explanations;
mod handlings;
mod runs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::topology::{Installation, STREAM, queues, tables};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_dead_letters::{route, routes};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::{CommitFactory, Condition, FaultKind, Infrastructure, Key, Message, Row, StreamRecord};
use shotengai_ops::letters::look;
use shotengai_ops::status::{Scene, overview};
use shotengai_ops::stores::{unpublished, waiting};
use shotengai_streaming::Checkpoints;
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};

struct Deaf;

impl FaultInjector for Deaf {
    fn before(&self, _: &'static str) -> Option<InjectedFault> {
        None
    }

    fn before_on(&self, operation: &'static str, resource: &str) -> Option<InjectedFault> {
        (operation == "queue.receive" && resource == "billing-dlq")
            .then_some(InjectedFault::Refuse(FaultKind::Permanent))
    }
}

fn message(body: &str) -> Message {
    Message { body: body.to_owned(), attributes: BTreeMap::new(), delay: Duration::ZERO }
}

async fn put(infra: &MemoryInfrastructure, queue: &str, message: Message) {
    assert!(infra.queue(queue).send(&[message]).await.unwrap()[0].is_ok());
}

fn scene<'a>(infra: &'a MemoryInfrastructure, installation: &'a Installation, ports: &Ports) -> Scene<'a> {
    let leases = infra.leases("bridge/ec-events");
    Scene { infra, installation, stream: STREAM, leases, now: ports.clock.now() }
}

#[tokio::test(start_paused = true)]
async fn an_overview_tells_of_commits_shards_queues_and_processes_that_do_not_answer() {
    let (ports, installation) = (paused_ports(1), Installation::default());
    let infra = MemoryInfrastructure::new(ports.clone());
    let stock = AggregateId::parse("stock/prod_kinoko").unwrap();
    let events = [samples::event(EventType::StockMoved).unwrap()];
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let commit = CommitFactory::new(ports.clone()).commit(stock, Version::ZERO, &events, &meta).unwrap();
    infra.event_store(Owner::Inventory).append(&[commit]).await.unwrap();
    tokio::time::advance(Duration::from_secs(7)).await;

    let shards = infra.stream_reader().shards().await.unwrap();
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), "bridge", STREAM);
    checkpoints.claim(&shards[0].id, "one").await.unwrap();
    let spoilt = Row::new(Key::new("bridge/ec-events", shards[1].id.as_str()), 1, json!({ "owner": 7 }));
    infra.table(tables::CHECKPOINTS.name).put(&spoilt, Condition::Absent).await.unwrap();
    infra.leases("bridge/ec-events").create(&shards[0].id, "one", Duration::from_secs(10)).await.unwrap();
    for key in 0..8 {
        let record = StreamRecord { key: format!("ord_{key}"), data: b"{}".to_vec() };
        assert!(infra.stream_writer().put(&[record]).await.unwrap()[0].is_ok());
    }
    tokio::time::advance(Duration::from_secs(3)).await;
    put(&infra, queues::TALLY.name, message("waits")).await;
    put(&infra, queues::ORDER_DEADLINE.name, Message { delay: Duration::from_secs(60), ..message("later") }).await;
    put(&infra, "bridge-dlq", message("{")).await;

    let nobody = ["http://127.0.0.1:1/".to_owned()];
    let client = shotengai_runtime::direct_http().build().unwrap();
    let seen = overview(&scene(&infra, &installation, &ports), &client, &nobody).await.unwrap();
    assert_eq!(seen.services[0].url, "http://127.0.0.1:1");
    assert!(!seen.services[0].ready && seen.services[0].fault.is_some());
    let inventory = &seen.unpublished[Owner::Inventory.as_str()];
    assert_eq!((inventory.count, inventory.oldest_seconds), (1, Some(10)));
    assert_eq!(seen.unpublished[Owner::Order.as_str()].count, 0);
    let (good, bad) = (&seen.shards[0], &seen.shards[1]);
    assert_eq!((good.held_by.as_deref(), good.epoch, good.lag_ms), (Some("one"), Some(1), Some(3000)));
    assert!(bad.held_by.is_none() && bad.fault.as_ref().unwrap().contains(&bad.shard), "{bad:?}");
    let queue = |name: &str| seen.queues.queues.iter().find(|queue| queue.queue == name).unwrap();
    assert_eq!((queue(queues::TALLY.name).waiting, queue(queues::TALLY.name).note), (1, None));
    assert_eq!(queue(queues::ORDER_DEADLINE.name).delayed, 1);
    assert!(queue(queues::ORDER_DEADLINE.name).note.is_some());
    assert_eq!(seen.queues.dead_letters(), 1);
    let json = serde_json::to_value(&seen).unwrap();
    assert_eq!(
        json["records"],
        json!([
            { "service": "bridge", "dead_letter_queue": "bridge-dlq", "dead_letters": 1 },
            { "service": "catalog", "dead_letter_queue": "prices-dlq", "dead_letters": 0 }
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_at_dead_letters_groups_them_and_names_the_queue_that_can_not_be_read() {
    let (ports, installation) = (paused_ports(2), Installation::default());
    let config = MemoryConfig { faults: Arc::new(Deaf), ..MemoryConfig::default() };
    let infra = MemoryInfrastructure::with(ports.clone(), config);
    for n in 0..3 {
        put(&infra, "order-dlq", message(&format!("{{ {n}"))).await;
    }
    put(&infra, "tally-dlq", message("{")).await;
    let chosen = ["tally-dlq", "order-dlq", "billing-dlq"].map(|name| route(&installation, name).unwrap());
    let seen = look(&infra, &chosen, 10, &ports).await;
    let counts: Vec<_> = seen.groups.iter().map(|group| (group.cause.queue.as_str(), group.count)).collect();
    assert_eq!(counts, [("order-dlq", 3), ("tally-dlq", 1)]);
    assert_eq!(seen.queues.iter().map(|queue| queue.seen).collect::<Vec<_>>(), [1, 3]);
    assert!(seen.queues.iter().all(|queue| queue.complete && queue.hidden == 0), "{seen:?}");
    assert_eq!(seen.unreadable.len(), 1);
    assert_eq!(seen.unreadable[0].queue, "billing-dlq");

    let all = look(&infra, &routes(&installation), 2, &ports).await;
    let order = all.queues.iter().find(|queue| queue.queue == "order-dlq").unwrap();
    assert_eq!((order.depth, order.seen, order.complete), (3, 2, false));
    assert!(serde_json::to_value(&all).unwrap()["unreadable"][0]["fault"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_glance_at_a_store_reads_a_page_of_each_shard_and_says_that_there_may_be_more() {
    let ports = paused_ports(3);
    let infra = MemoryInfrastructure::new(ports.clone());
    let factory = CommitFactory::new(ports.clone());
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    for product in 0..40 {
        let stock = AggregateId::parse(&format!("stock/prod_{product}")).unwrap();
        let commit =
            factory.commit(stock, Version::ZERO, &[samples::event(EventType::StockMoved).unwrap()], &meta).unwrap();
        infra.event_store(Owner::Inventory).append(&[commit]).await.unwrap();
    }
    tokio::time::advance(Duration::from_secs(7)).await;
    let all = unpublished(&infra, Owner::Inventory, ports.clock.now()).await.unwrap();
    assert_eq!((all.count, all.at_least, all.oldest_seconds), (40, false, Some(7)));
    let some = waiting(&infra, Owner::Inventory, ports.clock.now(), 2).await.unwrap();
    assert!(some.count < 40 && some.at_least, "{some:?}");
    assert_eq!(some.oldest_seconds, Some(7));
}
