//! Who watches an installation in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_contracts::topology::{Installation, tables};
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::{FaultKind, Infrastructure, StreamRecord};
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure, MemoryStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{BEHIND, Steps, Told};

const WITHIN: Duration = Duration::from_secs(60);

/// Counts what is asked of the stream, and refuses reads while it is told to.
#[derive(Default)]
struct Asked {
    reads: AtomicUsize,
    refuses: AtomicBool,
}

impl FaultInjector for Asked {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        if operation != "stream.read" {
            return None;
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.refuses.load(Ordering::Relaxed).then_some(InjectedFault::Refuse(FaultKind::Throttled))
    }
}

struct Street {
    infra: MemoryInfrastructure,
    stream: Arc<MemoryStream>,
    asked: Arc<Asked>,
    steps: Arc<Steps>,
    _ends: DropGuard,
}

impl Street {
    fn new(seed: u64) -> Self {
        let (ports, asked) = (paused_ports(seed), Arc::<Asked>::default());
        let config = MemoryConfig { faults: Arc::clone(&asked) as _, ..MemoryConfig::default() };
        let infra = MemoryInfrastructure::with(ports.clone(), config);
        let texts = |record: &[u8]| vec![String::from_utf8_lossy(record).into_owned()];
        let steps = Steps::new(infra.stream_reader(), texts, &Installation::default(), ports.clock.clone());
        let shutdown = CancellationToken::new();
        let (worker, ending) = (steps.worker(), shutdown.clone());
        tokio::spawn(async move { worker.run(ending).await });
        Self { stream: infra.memory_stream(), infra, asked, steps, _ends: shutdown.drop_guard() }
    }

    /// An order makes a step; the key decides on the shard.
    async fn walks(&self, order: &str, event_type: EventType, key: &str) {
        let mut envelope = samples::envelope(event_type).unwrap();
        envelope.data["order_id"] = json!(order);
        let record = StreamRecord { key: key.to_owned(), data: envelope.to_json().into_bytes() };
        assert!(self.infra.stream_writer().put(&[record]).await.unwrap()[0].is_ok());
    }

    /// Somebody who has been told to begin.
    async fn watched(&self) -> Told {
        let mut told = self.steps.watch();
        timeout(WITHIN, told.reading.wait_for(|reading| *reading)).await.unwrap().unwrap();
        told
    }
}

async fn next(told: &mut Told) -> Value {
    let text = timeout(WITHIN, told.messages.recv()).await.unwrap().unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_watcher_is_told_of_steps_from_then_on_and_of_nothing_but_ids_types_and_times() {
    let street = Street::new(1);
    street.walks("ord_before", EventType::OrderPlaced, "k").await;
    let mut told = street.watched().await;
    let begin: Value = serde_json::from_str(&street.steps.begin()).unwrap();
    assert_eq!((&begin["type"], &begin["one_in"], begin.get("steps")), (&json!("begin"), &json!(1), None));
    let inventory = begin["ways"]["OrderPlaced"].as_array().unwrap();
    assert!(inventory.contains(&json!("inventory-queue")), "{begin}");

    street.walks("ord_1", EventType::OrderPlaced, "k").await;
    street.walks("ord_1", EventType::StockReserved, "other").await;
    street.walks("no order", EventType::ProductCreated, "k").await;
    let message = next(&mut told).await;
    let steps = message["steps"].as_array().unwrap();
    let mut seen: Vec<_> = steps.iter().map(|step| (&step["event_type"], &step["service"], &step["shard"])).collect();
    seen.sort_by_key(|(event_type, ..)| event_type.to_string());
    let shard = |key| json!(street.stream.shard_of(key).unwrap());
    assert_eq!(
        seen,
        [
            (&json!("OrderPlaced"), &json!("order"), &shard("k")),
            (&json!("StockReserved"), &json!("inventory"), &shard("other"))
        ]
    );
    let mut fields: Vec<_> = steps[0].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["at", "event_type", "order_id", "service", "shard"]);
    assert_eq!((message.get("missed"), message.get("ways")), (None, None));

    // It only looked.
    assert!(street.infra.leases("bridge/ec-events").list().await.unwrap().is_empty());
    let rows = street.infra.table(tables::CHECKPOINTS.name).list("bridge/ec-events", "", None, 10).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test(start_paused = true)]
async fn many_who_watch_cost_one_read_of_each_shard_a_second_and_nobody_costs_none() {
    let street = Street::new(2);
    let shards = street.infra.stream_reader().shards().await.unwrap().len();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(street.asked.reads.load(Ordering::Relaxed), 0);
    let watchers = [street.watched().await, street.watched().await, street.watched().await];
    street.asked.reads.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let reads = street.asked.reads.load(Ordering::Relaxed);
    assert!((9 * shards..=11 * shards).contains(&reads), "{reads} of {shards} shards");
    drop(watchers);
    tokio::time::sleep(Duration::from_secs(2)).await;
    street.asked.reads.store(0, Ordering::Relaxed);
    street.walks("ord_1", EventType::OrderPlaced, "k").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(street.asked.reads.load(Ordering::Relaxed), 0);
    // Who comes then begins then.
    let mut late = street.watched().await;
    street.walks("ord_2", EventType::OrderPlaced, "k").await;
    assert_eq!(next(&mut late).await["steps"][0]["order_id"], "ord_2");
}

#[tokio::test(start_paused = true)]
async fn a_split_loses_nothing_and_neither_does_a_cursor_that_expires() {
    let street = Street::new(3);
    let mut told = street.watched().await;
    street.walks("ord_1", EventType::OrderPlaced, "k").await;
    assert_eq!(next(&mut told).await["steps"][0]["event_type"], "OrderPlaced");
    street.stream.expire_cursors();
    street.walks("ord_1", EventType::StockReserved, "k").await;
    // Shards of which nothing was read say that something may have been missed.
    let mut messages = [next(&mut told).await, next(&mut told).await];
    messages.sort_by_key(|message| message.get("missed").is_some());
    assert_eq!(messages[0]["steps"][0]["event_type"], "StockReserved");
    assert_eq!((&messages[1]["missed"], messages[1].get("steps")), (&json!(true), None));
    let shard = street.stream.shard_of("k").unwrap();
    street.walks("ord_1", EventType::OrderConfirmed, "k").await;
    street.stream.split(&shard).unwrap();
    street.walks("ord_1", EventType::OrderPaid, "k").await;
    let (first, second) = (next(&mut told).await, next(&mut told).await);
    assert_eq!(first["steps"][0]["event_type"], "OrderConfirmed");
    assert_eq!(second["steps"][0]["event_type"], "OrderPaid");
    assert_eq!(second["steps"][0]["shard"], street.stream.shard_of("k").unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_no_reads_to_spare_is_left_alone_for_longer_each_time() {
    let street = Street::new(4);
    let mut told = street.watched().await;
    let shards = street.infra.stream_reader().shards().await.unwrap().len();
    street.asked.refuses.store(true, Ordering::Relaxed);
    street.asked.reads.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let reads = street.asked.reads.load(Ordering::Relaxed);
    assert!(reads <= 8 * shards, "{reads} of {shards} shards in a minute");
    street.walks("ord_1", EventType::OrderPlaced, "k").await;
    street.asked.refuses.store(false, Ordering::Relaxed);
    // It goes on where it was.
    assert_eq!(next(&mut told).await["steps"][0]["order_id"], "ord_1");
}

#[tokio::test(start_paused = true)]
async fn many_orders_are_told_of_by_a_part_of_them_and_who_reads_too_slowly_hears_no_more() {
    let street = Street::new(5);
    let (mut told, mut slow) = (street.watched().await, street.watched().await);
    for order in 0..100 {
        street.walks(&format!("ord_{order}"), EventType::OrderPlaced, &format!("k{order}")).await;
    }
    let message = next(&mut told).await;
    let (one_in, shown) = (message["one_in"].as_u64().unwrap(), message["steps"].as_array().unwrap().len());
    assert!(one_in >= 2 && shown < 100, "{shown} of 100, one in {one_in}");
    for order in 0..=BEHIND {
        street.walks(&format!("ord_slow{order}"), EventType::OrderPlaced, "k").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        street.walks(&format!("ord_slower{order}"), EventType::OrderPaid, "k").await;
        tokio::time::sleep(Duration::from_secs(12)).await;
    }
    assert!(matches!(slow.messages.recv().await, Err(RecvError::Lagged(_))));
}
