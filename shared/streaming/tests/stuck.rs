//! What operators see of shards that nobody gets ahead with: the gauge `shotengai.shard.stuck`, as it is exported.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use serde_json::json;
use shotengai_contracts::topology::{STREAM, tables};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Condition, Infrastructure, Key, Lease, LeaseChange, Row, StreamRecord, StreamWriter, Table};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::shard::{ShardConfig, StreamConsumer};
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, MemoryTable, StreamConfig};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const SHARD: &str = "shardId-000000000000";
const SECOND: Duration = Duration::from_secs(1);

/// The process's numbers. They are one for all tests, which therefore run one after the other.
static EXPORTED: LazyLock<Mutex<prometheus::Registry>> = LazyLock::new(|| {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().with_reader(exporter).build());
    Mutex::new(registry)
});

/// Applies what comes, in halves of a second, until it comes to a record `bad`; then it panics, unless cured.
#[derive(Default)]
struct Allergic {
    cured: AtomicBool,
    applied: std::sync::Mutex<Vec<String>>,
}

impl Allergic {
    fn applied(&self) -> Vec<String> {
        self.applied.lock().unwrap().clone()
    }
}

#[async_trait]
impl RecordHandler for Allergic {
    async fn handle(&self, _: &str, records: &[ReadRecord], _: &CancellationToken) -> usize {
        sleep(SECOND / 2).await;
        for record in records {
            let data = String::from_utf8(record.data.clone()).unwrap();
            assert!(data != "bad" || self.cured.load(Ordering::Relaxed), "an injected panic");
            self.applied.lock().unwrap().push(data);
        }
        records.len()
    }
}

struct Street {
    ports: Ports,
    infra: MemoryInfrastructure,
    registry: MutexGuard<'static, prometheus::Registry>,
}

struct Member {
    token: CancellationToken,
    task: JoinHandle<()>,
}

impl Member {
    async fn stop(self) {
        self.token.cancel();
        self.task.await.unwrap();
    }
}

impl Street {
    async fn new() -> Self {
        let registry = EXPORTED.lock().await;
        let ports = Ports::seeded(5, Arc::new(ManualClock::default()));
        let config =
            MemoryConfig { stream: StreamConfig { shards: 1, ..StreamConfig::default() }, ..MemoryConfig::default() };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), ports, registry }
    }

    fn table(&self) -> Arc<MemoryTable> {
        self.infra.memory_table(tables::CHECKPOINTS.name)
    }

    fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.table(), "bridge", STREAM)
    }

    /// One record at a time, so that those before a bad one are applied.
    fn member(&self, handler: &Arc<Allergic>) -> Member {
        let config = ShardConfig { limit: 1, ..ShardConfig::default() };
        let (reader, handler) = (self.infra.stream_reader(), Arc::clone(handler) as Arc<dyn RecordHandler>);
        let ports = self.ports.clone();
        let consumer = StreamConsumer::new("bridge", config, reader, self.checkpoints(), handler, ports);
        let (worker, token) = (consumer.worker(), CancellationToken::new());
        let of_worker = token.clone();
        Member { token, task: tokio::spawn(async move { worker.run(of_worker).await }) }
    }

    async fn put(&self, data: &str) {
        let record = StreamRecord { key: "key".to_owned(), data: data.as_bytes().to_vec() };
        assert!(self.infra.memory_stream().put(&[record]).await.unwrap()[0].is_ok());
    }

    /// What the gauge says of the shard.
    fn is_stuck(&self) -> bool {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == "shotengai_shard_stuck");
        let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
        let of_shard =
            |metric: &&prometheus::proto::Metric| metric.get_label().iter().any(|label| label.value() == SHARD);
        metrics.iter().find(of_shard).is_some_and(|metric| metric.get_gauge().get_value() > 0.0)
    }

    /// How long it takes until the gauge says so, ten minutes at the most.
    async fn until_stuck(&self, stuck: bool) -> Duration {
        let start = Instant::now();
        while self.is_stuck() != stuck {
            assert!(start.elapsed() < 600 * SECOND, "stuck is not {stuck} after ten minutes");
            sleep(SECOND / 4).await;
        }
        start.elapsed()
    }

    /// The gauge says so for as long, whenever one looks.
    async fn stays(&self, stuck: bool, seconds: u32) {
        let until = Instant::now() + seconds * SECOND;
        while Instant::now() < until {
            assert_eq!(self.is_stuck(), stuck, "{:?} too early", until - Instant::now());
            sleep(SECOND / 4).await;
        }
    }

    /// The shard's lease as it stands goes to a member that tries what everybody tries, and comes no further.
    async fn rival_takes(&self) -> Lease {
        let leases = self.checkpoints().leases();
        loop {
            let lease = leases.list().await.unwrap().into_iter().find(|lease| lease.name == SHARD).unwrap();
            let take = LeaseChange::TakeOver { holder: "rival".to_owned(), duration: 60 * SECOND };
            // Its holder may have renewed it meanwhile.
            if let Ok(taken) = leases.change(&lease, take).await {
                self.checkpoints().claim(SHARD, "rival").await.unwrap();
                return taken;
            }
        }
    }

    async fn rival_leaves(&self, taken: &Lease) {
        self.checkpoints().leases().change(taken, LeaseChange::Release).await.unwrap();
    }

    /// Writes what is no checkpoint.
    async fn spoil(&self) {
        let row = Row::new(Key::new(format!("bridge/{STREAM}"), SHARD), 99, json!({"what": 1}));
        self.table().put(&row, Condition::Any).await.unwrap();
    }

    async fn repair(&self) {
        self.table().delete(&Key::new(format!("bridge/{STREAM}"), SHARD), Condition::Any).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_makes_the_reader_panic_shows_as_stuck_until_it_is_passed() {
    let street = Street::new().await;
    let handler = Arc::new(Allergic::default());
    for data in ["a", "b", "bad", "c"] {
        street.put(data).await;
    }
    let member = street.member(&handler);
    let took = street.until_stuck(true).await;
    assert!((60 * SECOND..65 * SECOND).contains(&took), "{took:?}");
    street.stays(true, 120).await;
    handler.cured.store(true, Ordering::Relaxed);
    let took = street.until_stuck(false).await;
    assert!(took < 5 * SECOND, "{took:?}");
    assert!(handler.applied().ends_with(&["bad".to_owned(), "c".to_owned()]));
    street.stays(false, 120).await;
    member.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_changes_hands_without_moving_is_stuck_and_one_that_another_moved_is_not() {
    let street = Street::new().await;
    let handler = Arc::new(Allergic::default());
    for data in ["a", "bad", "c", "bad"] {
        street.put(data).await;
    }
    let member = street.member(&handler);
    for _ in 0..2 {
        // Nobody has it for a minute.
        street.stays(false, 15).await;
        let rival = street.rival_takes().await;
        street.stays(false, 10).await;
        street.rival_leaves(&rival).await;
    }
    let took = street.until_stuck(true).await;
    assert!(took < 15 * SECOND, "a minute in all: {took:?}");
    street.stays(true, 20).await;
    let rival = street.rival_takes().await;
    let took = street.until_stuck(false).await;
    assert!(took < 5 * SECOND, "who has it now shows it: {took:?}");
    street.stays(false, 20).await;
    let mut checkpoint = street.checkpoints().claim(SHARD, "rival").await.unwrap();
    checkpoint.position = Some("2".to_owned());
    street.checkpoints().save(SHARD, &checkpoint).await.unwrap();
    street.rival_leaves(&rival).await;
    // The next bad one is behind it.
    street.stays(false, 58).await;
    assert!(handler.applied().contains(&"c".to_owned()));
    street.until_stuck(true).await;
    member.stop().await;
    assert!(!street.is_stuck(), "what has ended shows nothing");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_can_not_be_read_shows_as_stuck_until_it_is_repaired() {
    let street = Street::new().await;
    let handler = Arc::new(Allergic::default());
    street.put("a").await;
    street.spoil().await;
    let (member, other) = (street.member(&handler), street.member(&handler));
    let took = street.until_stuck(true).await;
    assert!((60 * SECOND..65 * SECOND).contains(&took), "{took:?}");
    street.stays(true, 300).await;
    street.repair().await;
    // Both write the same number here: it is over once the second has seen it, too.
    sleep(12 * SECOND).await;
    street.stays(false, 60).await;
    assert_eq!(handler.applied(), ["a"]);

    // While somebody reads it.
    other.stop().await;
    street.spoil().await;
    street.put("b").await;
    let took = street.until_stuck(true).await;
    assert!(took < 120 * SECOND, "{took:?}");
    street.stays(true, 300).await;
    street.repair().await;
    let took = street.until_stuck(false).await;
    assert!(took <= 15 * SECOND, "{took:?}");
    street.stays(false, 60).await;
    assert!(handler.applied().ends_with(&["a".to_owned(), "b".to_owned()]), "{:?}", handler.applied());
    member.stop().await;
}
