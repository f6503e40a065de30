//! Reads a stream's shards, each from its checkpoint on, parents before children, shared fairly among processes.
//!
//! - `coordinator`: sees who lives and who holds what, takes shards up to the own share, gives up what is above it.
//! - `view`: what a list of leases says.
//! - `known`: the stream's shards, and which of them can be read.
//! - `holding`: one shard in this process: its lease is the process's own while the process is a member.
//! - `reading`: claims the checkpoint, reads, hands batches to the [`RecordHandler`], saves how far it came.
//! - `pace`: when the next read is due, and when a hint brings it forward.
//! - `push`: subscribes to the shard, where that is wanted, and takes what comes; `reading` polls whenever it doesn't.
//! - `progress`: finds shards that have records and don't move, over all the times that they are read here.
//!
//! The lease decides who should read, the epoch in the checkpoint who can save. Two readers of one shard at the same
//! time (a frozen process that wakes, a lease that was deleted) repeat records and harm nothing.

mod coordinator;
mod holding;
mod known;
mod pace;
mod progress;
mod push;
mod reading;
mod view;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::RecordHandler;
use shotengai_messaging::ports::lease::Leases;
use shotengai_messaging::ports::stream::StreamReader;
use shotengai_messaging::worker::Worker;

use crate::checkpoint::Checkpoints;
use crate::lease::keep::Keeper;

const MOST_OF_A_HOST: usize = 128;

/// How shards are read and shared.
#[derive(Debug, Clone, Copy)]
pub struct ShardConfig {
    /// Records a read.
    pub limit: usize,
    /// The wait between reads while records come. Kinesis allows five reads a second and shard.
    pub busy_poll: Duration,
    /// The longest wait between reads when nothing has come for [`ShardConfig::idle_after`]: each is twice the one before.
    pub idle_poll: Duration,
    /// Reads that may begin within a second, however many hints there are; as many as `busy_poll` makes at the least.
    pub reads_per_second: usize,
    /// How long a shard counts as busy after its last record.
    pub idle_after: Duration,
    /// Whether shards are subscribed to, and read by polls only while that can't be.
    pub push: bool,
    /// The least time between two saves.
    pub save_every: Duration,
    /// Within what time the shards of a process that died are another's. Leases hold for seven tenths of it, are
    /// renewed three times as often, and are looked at ten times in it or more
    /// (three times where nobody else reads).
    pub lease: Duration,
    /// How often the list of shards is read, unless something happens.
    pub list_every: Duration,
    /// How long a shard may have records and not move, or a row that can't be read, before it counts as stuck.
    pub stuck_after: Duration,
}

impl Default for ShardConfig {
    fn default() -> Self {
        Self {
            limit: 1000,
            busy_poll: Duration::from_millis(200),
            idle_poll: Duration::from_millis(500),
            reads_per_second: 5,
            idle_after: Duration::from_secs(5),
            push: false,
            save_every: Duration::from_secs(1),
            lease: Duration::from_secs(15),
            list_every: Duration::from_secs(30),
            stuck_after: Duration::from_secs(60),
        }
    }
}

impl ShardConfig {
    /// How long a lease holds after a renewal. The look that sees a renewal comes up to a tenth later: two tenths are
    /// left for calls that take their time.
    fn lease_duration(&self) -> Duration {
        self.lease * 7 / 10
    }

    fn reads_per_second(&self) -> usize {
        let polls = Duration::from_secs(1).as_millis() / self.busy_poll.as_millis().max(1);
        self.reads_per_second.max(usize::try_from(polls).unwrap_or(usize::MAX)).max(1)
    }

    fn look_every(&self) -> Duration {
        self.lease / 10
    }

    fn look_alone_every(&self) -> Duration {
        self.lease / 3
    }
}

/// What a reader is called, and where it runs.
#[derive(Debug, Clone)]
pub struct ReaderName {
    name: &'static str,
    host: Option<String>,
}

impl ReaderName {
    /// A reader named `name` on `host` (a pod's name), so that whoever looks at a lease knows where its holder runs.
    #[must_use]
    pub fn on(name: &'static str, host: Option<&str>) -> Self {
        Self { name, host: host.map(host_part).filter(|host| !host.is_empty()) }
    }

    /// An owner's name that nobody else has, not even another run on the same host.
    fn owner(&self, ports: &Ports) -> String {
        let unique = ports.ids.uuid_v7();
        match &self.host {
            Some(host) => format!("{host}_{}", unique.as_simple()),
            None => format!("{}-{}", self.name, unique.as_simple()),
        }
    }
}

impl From<&'static str> for ReaderName {
    fn from(name: &'static str) -> Self {
        Self { name, host: None }
    }
}

/// As much of a host's name as the name of a member's lease has room for.
fn host_part(host: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    host.chars().filter(|c| kept(*c)).take(MOST_OF_A_HOST).collect()
}

/// Reads this process's share of one stream's shards.
pub struct StreamConsumer {
    name: &'static str,
    owner: String,
    config: ShardConfig,
    reader: Arc<dyn StreamReader>,
    checkpoints: Checkpoints,
    leases: Arc<dyn Leases>,
    handler: Arc<dyn RecordHandler>,
    ports: Ports,
}

impl StreamConsumer {
    /// A consumer named `name`, whose leases stand beside the checkpoints; each has an owner name of its own, made from
    /// the ids port.
    #[must_use]
    pub fn new(
        name: &'static str,
        config: ShardConfig,
        reader: Arc<dyn StreamReader>,
        checkpoints: Checkpoints,
        handler: Arc<dyn RecordHandler>,
        ports: Ports,
    ) -> Arc<Self> {
        let leases = checkpoints.leases();
        Self::with_leases(name, config, reader, checkpoints, leases, handler, ports)
    }

    /// The same with leases of another kind. All that read one stream for one purpose must use the same.
    #[must_use]
    pub fn with_leases(
        name: impl Into<ReaderName>,
        config: ShardConfig,
        reader: Arc<dyn StreamReader>,
        checkpoints: Checkpoints,
        leases: Arc<dyn Leases>,
        handler: Arc<dyn RecordHandler>,
        ports: Ports,
    ) -> Arc<Self> {
        let name = name.into();
        let owner = name.owner(&ports);
        Arc::new(Self { name: name.name, owner, config, reader, checkpoints, leases, handler, ports })
    }

    /// The name under which it holds leases and claims checkpoints.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The worker that reads until told to stop.
    #[must_use]
    pub fn worker(self: Arc<Self>) -> Worker {
        Worker::new(format!("{}/shards", self.name), move |token| {
            let consumer = Arc::clone(&self);
            async move { coordinator::run(consumer, token).await }
        })
    }

    fn keeper(&self) -> Keeper {
        Keeper { leases: Arc::clone(&self.leases), owner: self.owner.clone(), duration: self.config.lease_duration() }
    }
}
