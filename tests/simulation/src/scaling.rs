//! How the stream's way to the topic grows with its shards: real bridges, leases and checkpoints, one bridge a shard, in virtual
//! time.
//!
//! Each shard takes a thousand records a second and is read five times a second, as Kinesis allows, and somewhat more is offered.
//! Reads and calls of the topic take as long as they do within a region. So what is measured is whether bridges keep up and
//! divide the shards, not how fast a machine is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_bridge::{Bridge, BridgeSettings};
use shotengai_contracts::topology::{STREAM, queues, tables};
use shotengai_contracts::{EventType, Metadata, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::{CommitFactory, Fault, Infrastructure, Message, StreamRecord, Topic};
use shotengai_streaming::{Checkpoints, StreamConsumer};
use shotengai_testing::harness::{Faults, paused_ports};
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure, StreamConfig};
use tokio_util::sync::CancellationToken;

/// Records that a shard takes a second.
const SHARD_TAKES: usize = 1000;
/// How often records are put.
const TICK: Duration = Duration::from_millis(100);
const TICKS_A_SECOND: usize = 10;
const READ_TAKES: Duration = Duration::from_millis(10);
const PUBLISH_TAKES: Duration = Duration::from_millis(15);
/// Until shards are shared and reads are in step with what comes.
const SETTLES: Duration = Duration::from_secs(20);
const MEASURED: Duration = Duration::from_secs(20);

/// Outcome of one number of shards.
#[derive(Debug, Clone, Copy)]
pub struct Throughput {
    /// Shards, and bridges.
    pub shards: u64,
    /// Events a second that the topic took.
    pub events_per_second: f64,
    /// Shares differ by one at most, so each bridge reads one shard: whether it was so at the end.
    pub shared: bool,
}

/// Measures each of these numbers of shards.
///
/// # Errors
/// When the operating system gives no runtime.
pub fn measure(shards: &[u64]) -> std::io::Result<Vec<Throughput>> {
    let each = |shards: &u64| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        Ok(runtime.block_on(throughput(*shards)))
    };
    shards.iter().map(each).collect()
}

/// Counts what it is given, and takes its time.
#[derive(Default)]
struct Counting(AtomicU64);

#[async_trait]
impl Topic for Counting {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        tokio::time::sleep(PUBLISH_TAKES).await;
        self.0.fetch_add(u64::try_from(messages.len()).unwrap_or_default(), Ordering::Relaxed);
        Ok(messages.iter().map(|_| Ok(())).collect())
    }
}

async fn throughput(shards: u64) -> Throughput {
    let ports = paused_ports(shards);
    let faults = Arc::new(Faults::default());
    faults.always("stream.read", InjectedFault::Delay(READ_TAKES));
    let config = MemoryConfig {
        faults: Arc::clone(&faults) as Arc<dyn FaultInjector>,
        stream: StreamConfig { shards, ..StreamConfig::default() },
        ..MemoryConfig::default()
    };
    let infra = MemoryInfrastructure::with(ports.clone(), config);
    let topic = Arc::new(Counting::default());
    let stop = CancellationToken::new();
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), "bridge", STREAM);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..shards {
        let letters = infra.queue(queues::BRIDGE_DEAD_LETTERS.name);
        let bridge = Bridge::new(Arc::clone(&topic) as Arc<dyn Topic>, letters, ports.clone());
        let settings = BridgeSettings::default().shards();
        let reader = infra.stream_reader();
        let consumer =
            StreamConsumer::new("bridge", settings, reader, checkpoints.clone(), Arc::new(bridge), ports.clone());
        let stop = stop.clone();
        running.spawn(async move { consumer.worker().run(stop).await });
    }
    let load = offer(&infra, &ports, shards);
    let measured = async {
        tokio::time::sleep(SETTLES).await;
        let before = topic.0.load(Ordering::Relaxed);
        tokio::time::sleep(MEASURED).await;
        topic.0.load(Ordering::Relaxed) - before
    };
    let published = tokio::select! {
        () = load => 0,
        published = measured => published,
    };
    let leases = checkpoints.leases().list().await.unwrap_or_default();
    let mut held: BTreeMap<_, usize> = BTreeMap::new();
    for holder in leases.into_iter().filter(|lease| !lease.name.starts_with("member/")).filter_map(|lease| lease.holder)
    {
        *held.entry(holder).or_default() += 1;
    }
    stop.cancel();
    while running.join_next().await.is_some() {}
    let events_per_second = f64::from(u32::try_from(published).unwrap_or(u32::MAX)) / MEASURED.as_secs_f64();
    Throughput { shards, events_per_second, shared: held.values().map(|_| 1_u64).sum::<u64>() == shards }
}

/// Offers a twentieth more than the shards take, of ever new aggregates, for ever. What a shard does not take comes again.
async fn offer(infra: &MemoryInfrastructure, ports: &Ports, shards: u64) {
    let (stream, writer) = (infra.memory_stream(), infra.stream_writer());
    let shards = usize::try_from(shards).unwrap_or(usize::MAX);
    let each_tick = SHARD_TAKES / TICKS_A_SECOND;
    let mut waiting: BTreeMap<String, Vec<StreamRecord>> = BTreeMap::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        for _ in 0..shards * each_tick * 21 / 20 {
            let Some(record) = record(ports) else { return };
            let Some(shard) = stream.shard_of(&record.key) else { return };
            let queue = waiting.entry(shard).or_default();
            // Whoever was refused for seconds comes later: that is not to fill the memory.
            if queue.len() < SHARD_TAKES {
                queue.push(record);
            }
        }
        for queue in waiting.values_mut() {
            let taken: Vec<_> = queue.drain(..queue.len().min(each_tick)).collect();
            if !taken.is_empty() && writer.put(&taken).await.is_err() {
                return;
            }
        }
    }
}

/// The record of an event of a new aggregate.
fn record(ports: &Ports) -> Option<StreamRecord> {
    let id = AggregateId::parse(&format!("ord_{}", ports.ids.uuid_v7().as_simple())).ok()?;
    let event = samples::event(EventType::OrderPaid).ok()?;
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let commit = CommitFactory::new(ports.clone()).commit(id, Version::ZERO, std::slice::from_ref(&event), &meta)?;
    let data = commit.events.texts().first()?.as_bytes().to_vec();
    Some(StreamRecord { key: commit.aggregate_id.to_string(), data })
}

/// As a Markdown table.
#[must_use]
pub fn table(all: &[Throughput]) -> String {
    let one = all.first().map_or(1.0, |first| first.events_per_second.max(1.0));
    let mut text = "| shards and bridges | events a second at the topic | × one |\n|---:|---:|---:|\n".to_owned();
    for Throughput { shards, events_per_second, shared } in all {
        let shared = if *shared { "" } else { " (not shared evenly)" };
        let times = events_per_second / one;
        // A string takes whatever is written.
        let _ = writeln!(text, "| {shards}{shared} | {events_per_second:.0} | {times:.2} |");
    }
    text
}
