//! All of it, wired by an installation's topology.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use shotengai_contracts::topology::{Installation, PRICE_STREAM, STREAM, TOPIC, dead_letters_of, tables};
use shotengai_contracts::{EventType, Owner};
use shotengai_kernel::Ports;
use shotengai_messaging::ports::bucket::Bucket;
use shotengai_messaging::ports::infrastructure::Infrastructure;
use shotengai_messaging::ports::lease::Leases;
use shotengai_messaging::ports::queue::Queue;
use shotengai_messaging::ports::store::EventStore;
use shotengai_messaging::ports::stream::{StreamReader, StreamWriter};
use shotengai_messaging::ports::table::Table;
use shotengai_messaging::ports::topic::Topic;
use shotengai_streaming::TableLeases;

use super::bucket::MemoryBucket;
use super::faults::{FaultInjector, NoFaults};
use super::lock;
use super::queue::{MemoryQueue, QueueConfig};
use super::store::MemoryEventStore;
use super::stream::{MemoryStream, StreamConfig};
use super::table::MemoryTable;
use super::topic::MemoryTopic;

const DEAD_LETTERS: &str = "-dlq";

/// How an installation behaves.
#[derive(Clone)]
pub struct MemoryConfig {
    /// Which queues there are, and what the topic sends them.
    pub installation: Installation,
    /// The stream.
    pub stream: StreamConfig,
    /// Every queue that is no dead-letter queue.
    pub queues: QueueConfig,
    /// How long dead-letter queues keep messages; `None`: for ever.
    pub dead_letters_keep: Option<SignedDuration>,
    /// Whether commits are marked for the outbox. Without, nothing feeds the stream here.
    pub marks_outbox: bool,
    /// Faults that it injects.
    pub faults: Arc<dyn FaultInjector>,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            installation: Installation::default(),
            stream: StreamConfig::default(),
            queues: QueueConfig::default(),
            dead_letters_keep: None,
            marks_outbox: true,
            faults: Arc::new(NoFaults),
        }
    }
}

/// An installation in memory. Tables and queues come into being by name; a queue comes with its dead letters.
pub struct MemoryInfrastructure {
    ports: Ports,
    config: MemoryConfig,
    stores: Mutex<BTreeMap<Owner, Arc<MemoryEventStore>>>,
    stream: Arc<MemoryStream>,
    prices: Arc<MemoryStream>,
    topic: Arc<MemoryTopic>,
    queues: Mutex<BTreeMap<String, Arc<MemoryQueue>>>,
    tables: Mutex<BTreeMap<String, Arc<MemoryTable>>>,
    buckets: Mutex<BTreeMap<String, Arc<MemoryBucket>>>,
}

impl MemoryInfrastructure {
    /// An installation that behaves by default and breaks nothing.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self::with(ports, MemoryConfig::default())
    }

    /// An installation with everything chosen.
    #[must_use]
    pub fn with(ports: Ports, config: MemoryConfig) -> Self {
        let faults = || Arc::clone(&config.faults);
        let mut queues = BTreeMap::new();
        let mut topic = MemoryTopic::with_faults(TOPIC, ports.clone(), faults());
        for spec in config.installation.queues() {
            let queue = queue_of(&mut queues, spec.name, &ports, &config);
            if spec.is_subscribed() {
                topic = topic.subscribe(queue, spec.events().iter().copied().map(EventType::as_str));
            }
        }
        Self {
            stores: Mutex::new(BTreeMap::new()),
            stream: Arc::new(MemoryStream::with(STREAM, ports.clone(), config.stream, faults())),
            prices: Arc::new(MemoryStream::with(PRICE_STREAM, ports.clone(), config.stream, faults())),
            topic: Arc::new(topic),
            queues: Mutex::new(queues),
            tables: Mutex::new(BTreeMap::new()),
            buckets: Mutex::new(BTreeMap::new()),
            ports,
            config,
        }
    }

    /// A service's event store, to look into.
    #[must_use]
    pub fn memory_event_store(&self, owner: Owner) -> Arc<MemoryEventStore> {
        let mut stores = lock(&self.stores);
        let store = stores.entry(owner).or_insert_with(|| {
            let (marks, faults) = (self.config.marks_outbox, Arc::clone(&self.config.faults));
            Arc::new(MemoryEventStore::with(owner.as_str(), self.ports.clone(), marks, faults))
        });
        Arc::clone(store)
    }

    /// A queue, to look into.
    #[must_use]
    pub fn memory_queue(&self, name: &str) -> Arc<MemoryQueue> {
        queue_of(&mut lock(&self.queues), name, &self.ports, &self.config)
    }

    /// A table, to look into.
    #[must_use]
    pub fn memory_table(&self, name: &str) -> Arc<MemoryTable> {
        let mut tables = lock(&self.tables);
        let table = tables.entry(name.to_owned()).or_insert_with(|| {
            let table = MemoryTable::with_faults(name, self.ports.clone(), Arc::clone(&self.config.faults));
            let spec = self.config.installation.tables().find(|spec| spec.name == name);
            Arc::new(match spec {
                Some(spec) => table.expiring(spec.expiring),
                None => table,
            })
        });
        Arc::clone(table)
    }

    /// A bucket, to look into.
    #[must_use]
    pub fn memory_bucket(&self, name: &str) -> Arc<MemoryBucket> {
        let mut buckets = lock(&self.buckets);
        let bucket = buckets.entry(name.to_owned()).or_insert_with(|| {
            let bucket = MemoryBucket::with_faults(name, self.ports.clone(), Arc::clone(&self.config.faults));
            let spec = self.config.installation.buckets().find(|spec| spec.name == name);
            Arc::new(match spec.and_then(|spec| spec.tells) {
                Some(tells) => bucket.telling(self.memory_queue(tells.queue.name), tells.prefix),
                None => bucket,
            })
        });
        Arc::clone(bucket)
    }

    /// The stream, to look into.
    #[must_use]
    pub fn memory_stream(&self) -> Arc<MemoryStream> {
        Arc::clone(&self.stream)
    }

    /// The price stream, to look into.
    #[must_use]
    pub fn memory_prices(&self) -> Arc<MemoryStream> {
        Arc::clone(&self.prices)
    }

    /// Every queue there is, dead letters included, by name.
    #[must_use]
    pub fn all_queues(&self) -> Vec<Arc<MemoryQueue>> {
        lock(&self.queues).values().cloned().collect()
    }

    /// Leftovers that a finished test must not have, in words: messages (dead letters included), unpublished commits,
    /// damaged histories. Records in the stream stay; who reads them is known to the reader's checkpoints only.
    #[must_use]
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        for queue in self.all_queues() {
            let depth = queue.depth_now();
            if depth.total() > 0 {
                left.push(format!("{}: {depth:?}", queue.name()));
            }
        }
        for (owner, store) in lock(&self.stores).iter() {
            if store.pending_count() > 0 {
                left.push(format!("{}: {} commits not in the stream", owner.as_str(), store.pending_count()));
            }
            left.extend(store.inconsistencies());
        }
        left
    }
}

fn queue_of(
    queues: &mut BTreeMap<String, Arc<MemoryQueue>>,
    name: &str,
    ports: &Ports,
    config: &MemoryConfig,
) -> Arc<MemoryQueue> {
    if let Some(queue) = queues.get(name) {
        return Arc::clone(queue);
    }
    let is_last = name.ends_with(DEAD_LETTERS);
    let dead_letters = (!is_last).then(|| queue_of(queues, &dead_letters_of(name), ports, config));
    let behaviour =
        if is_last { QueueConfig { keeps: config.dead_letters_keep, ..QueueConfig::default() } } else { config.queues };
    let queue = Arc::new(MemoryQueue::with(name, ports.clone(), behaviour, dead_letters, Arc::clone(&config.faults)));
    queues.insert(name.to_owned(), Arc::clone(&queue));
    queue
}

impl Infrastructure for MemoryInfrastructure {
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore> {
        self.memory_event_store(owner)
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        self.memory_table(name)
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        self.memory_queue(name)
    }

    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        self.memory_bucket(name)
    }

    fn topic(&self) -> Arc<dyn Topic> {
        Arc::clone(&self.topic) as Arc<dyn Topic>
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        self.memory_stream()
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        self.memory_stream()
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        self.memory_prices()
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        self.memory_prices()
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(TableLeases::new(self.table(tables::CHECKPOINTS.name), group))
    }

    fn marks_outbox(&self) -> bool {
        self.config.marks_outbox
    }
}
