//! From the table to the stream, at least once.
//!
//! A commit is appended with a marker. The publisher puts its events into the stream and, once the stream has
//! acknowledged them all, takes the marker off. Whatever is lost on the way (a crash, a full channel, a stream that is
//! away) still has its marker, and the sweeper of some process of the service finds it and publishes it again. So an event
//! may come twice; never not at all.
//!
//! `publish`: what happens between a commit and the stream's answer. `sweep`: what was left behind, and how processes share
//! it. `claim`: who is at which part of it. `republish`: what was committed in some time, once more.

mod claim;
mod publish;
mod republish;
mod rhythm;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::republish::{Republish, Republished};

use crate::commit::Commit;
use crate::hints::Hints;
use crate::metrics;
use crate::ports::store::EventStore;
use crate::ports::stream::{PUT_MAX_RECORDS, StreamWriter};
use crate::receipts::{self, Causes};
use crate::worker::Worker;
use rhythm::Rhythm;
use sweep::ShardState;

/// How many items one clearing request takes (`BatchExecuteStatement`).
const CLEAR_BATCH: usize = 25;

/// For how long after a batch of several commits more of them are waited for.
const MANY_LAST: Duration = Duration::from_millis(100);

/// How the outbox behaves.
#[derive(Debug, Clone, Copy)]
pub struct OutboxConfig {
    /// How many commits may wait in memory; more are left to the sweeper.
    pub capacity: usize,
    /// How long the first commit of a batch waits for company.
    pub linger: Duration,
    /// The same where a batch had several within the last hundred milliseconds: there more are coming.
    pub linger_among_many: Duration,
    /// How long acknowledged commits wait for company before their markers are taken off, fewer than a request takes: so
    /// a request that is not full is seldom. Well below `sweep_age`, or sweepers would publish what is published.
    pub clear_linger: Duration,
    /// How often the sweeper looks while this process commits or markers are found.
    pub sweep_every: Duration,
    /// How often it looks at the least: pauses grow so far while nothing is committed here and no marker is found. So long
    /// may it take until what another process left behind is found by one that is at rest.
    pub sweep_rest: Duration,
    /// How long a sweeper must have seen a marker, by its own watch, before it takes it for lost.
    pub sweep_age: Duration,
    /// How many events a second the sweepers of a service publish, all together.
    pub sweep_per_second: u32,
    /// How long a commit may wait in memory; then it is left to the sweeper. With all attempts shorter than `sweep_age`,
    /// or both would publish it.
    pub hold: Duration,
    /// How often a record is tried before it is left to the sweeper.
    pub attempts: u32,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            linger: Duration::from_millis(2),
            linger_among_many: Duration::from_millis(20),
            clear_linger: Duration::from_secs(2),
            sweep_every: Duration::from_secs(5),
            sweep_rest: Duration::from_secs(60),
            sweep_age: Duration::from_secs(10),
            sweep_per_second: 400,
            hold: Duration::from_secs(5),
            attempts: 6,
        }
    }
}

impl OutboxConfig {
    /// For change capture: markers are left only by processes that publish, from before a change of mode or beside it. Such a
    /// process may die at any time, so that looks become rare and never end.
    #[must_use]
    pub fn captured() -> Self {
        Self { sweep_every: Duration::from_secs(20), sweep_rest: Duration::from_secs(1800), ..Self::default() }
    }
}

/// Where appended commits are offered for publishing. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    sender: Option<mpsc::Sender<Offered>>,
    /// Told with each offer.
    committed: Arc<Notify>,
    hints: Option<Hints>,
}

/// A commit that waits to be published, and since when.
struct Offered {
    commit: Commit,
    at: Instant,
}

impl Outbox {
    /// For change capture: the database feeds the stream, nobody publishes. What other processes may have marked is for
    /// [`Publisher::sweeper`].
    #[must_use]
    pub fn disabled() -> Self {
        Self::captured(None)
    }

    /// The same, but readers of the stream in this process hear of each commit: it is in the stream now, or soon.
    #[must_use]
    pub fn captured(hints: Option<Hints>) -> Self {
        Self { sender: None, committed: Arc::default(), hints }
    }

    /// Offers commits that are durable. Never waits and never fails: what the channel has no room for keeps its marker.
    pub fn offer(&self, commits: Vec<Commit>) {
        let Some(sender) = &self.sender else {
            self.hints.iter().for_each(|hints| hints.streamed(None));
            return;
        };
        self.committed.notify_one();
        for commit in commits {
            let offered = Offered { commit, at: Instant::now() };
            if let Err(error) = sender.try_send(offered) {
                tracing::debug!(%error, "the outbox is full; the sweeper will publish");
                return;
            }
        }
    }
}

/// Publishes and sweeps one service's outbox.
pub struct Publisher {
    service: &'static str,
    store: Arc<dyn EventStore>,
    stream: Arc<dyn StreamWriter>,
    config: OutboxConfig,
    ports: Ports,
    receiver: Mutex<mpsc::Receiver<Offered>>,
    /// Told when this process has committed something.
    committed: Arc<Notify>,
    /// This process, as claims name it.
    holder: String,
    shards: Mutex<Vec<ShardState>>,
}

impl Publisher {
    /// The outbox of a service and its publisher.
    #[must_use]
    pub fn new(
        service: &'static str,
        store: Arc<dyn EventStore>,
        stream: Arc<dyn StreamWriter>,
        config: OutboxConfig,
        ports: Ports,
    ) -> (Outbox, Arc<Self>) {
        let (sender, receiver) = mpsc::channel(config.capacity);
        let holder = ports.ids.uuid_v7().as_simple().to_string();
        let (receiver, shards) = (Mutex::new(receiver), Mutex::default());
        let committed = Arc::<Notify>::default();
        let outbox = Outbox { sender: Some(sender), committed: Arc::clone(&committed), hints: None };
        (outbox, Arc::new(Self { service, store, stream, config, ports, receiver, committed, holder, shards }))
    }

    /// The workers that every process of the service runs.
    #[must_use]
    pub fn workers(self: &Arc<Self>) -> Vec<Worker> {
        let publisher = Arc::clone(self);
        vec![
            Worker::new(format!("{}/publisher", self.service), move |token| {
                let publisher = Arc::clone(&publisher);
                async move { publisher.run(token).await }
            })
            // What consumers commit while they drain should not have to wait for a sweep.
            .ending_last(),
            self.sweeper(),
        ]
    }

    /// The sweeper alone, for processes that offer nothing ([`Outbox::disabled`]): where change capture feeds the
    /// stream, markers may be left from before.
    #[must_use]
    pub fn sweeper(self: &Arc<Self>) -> Worker {
        let sweeper = Arc::clone(self);
        Worker::new(format!("{}/sweeper", self.service), move |token| {
            let sweeper = Arc::clone(&sweeper);
            async move { sweeper.sweep_until(token).await }
        })
    }

    /// Publishes what is offered until cancelled, then what is left in the channel.
    async fn run(&self, shutdown: CancellationToken) {
        let mut receiver = self.receiver.lock().await;
        let mut acknowledged: Vec<Commit> = Vec::new();
        let mut clear_at: Option<Instant> = None;
        let mut many_at: Option<Instant> = None;
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                received = receiver.recv_many(&mut batch, PUT_MAX_RECORDS) => if received == 0 { break },
                () = sleep_until(clear_at) => {
                    self.clear(&mut acknowledged).await;
                    clear_at = None;
                    continue;
                }
                () = shutdown.cancelled() => break,
            }
            let among_many = many_at.is_some_and(|at| at.elapsed() < MANY_LAST);
            let linger = if among_many { self.config.linger_among_many } else { self.config.linger };
            self.linger(&mut receiver, &mut batch, linger).await;
            many_at = (batch.len() > 1).then(Instant::now);
            acknowledged.extend(self.publish(self.in_time(batch), "publisher", self.config.attempts).await);
            let full = acknowledged.len() - acknowledged.len() % CLEAR_BATCH;
            if full > 0 {
                // The oldest go first; those that stay are of this batch, and wait from now.
                self.clear(&mut acknowledged.drain(..full).collect()).await;
                clear_at = None;
            }
            clear_at = match (acknowledged.is_empty(), clear_at) {
                (true, _) => None,
                (false, None) => Some(Instant::now() + self.config.clear_linger),
                (false, at) => at,
            };
        }
        let mut rest = Vec::new();
        while let Ok(commit) = receiver.try_recv() {
            rest.push(commit);
        }
        acknowledged.extend(self.publish(self.in_time(rest), "publisher", self.config.attempts).await);
        self.clear(&mut acknowledged).await;
        // Once nobody is left to offer anything there is no more to do, and yet a worker ends only when it is told to.
        shutdown.cancelled().await;
    }

    async fn linger(&self, receiver: &mut mpsc::Receiver<Offered>, batch: &mut Vec<Offered>, linger: Duration) {
        let until = Instant::now() + linger;
        while batch.len() < PUT_MAX_RECORDS {
            let room = PUT_MAX_RECORDS - batch.len();
            tokio::select! {
                biased;
                received = receiver.recv_many(batch, room) => if received == 0 { return },
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    /// The commits that have not waited for so long that a sweeper may be at them.
    fn in_time(&self, batch: Vec<Offered>) -> Vec<Commit> {
        let offered = batch.len();
        let in_time = |it: &Offered| it.at.elapsed() < self.config.hold;
        let commits: Vec<Commit> = batch.into_iter().filter(in_time).map(|it| it.commit).collect();
        if commits.len() < offered {
            let commits = offered - commits.len();
            tracing::warn!(
                service = self.service,
                commits,
                "the stream is slower than commits come; the sweeper will publish"
            );
        }
        commits
    }

    /// Takes markers off; returns how many came off. What fails stays marked and is published once more by a sweeper:
    /// harmless.
    async fn clear(&self, acknowledged: &mut Vec<Commit>) -> usize {
        if acknowledged.is_empty() {
            return 0;
        }
        let mut cleared = 0;
        // Some requests at a time, so that each is booked to those it was for, or nearly.
        for some in acknowledged.chunks(4 * CLEAR_BATCH) {
            cleared += self.clear_some(some).await;
        }
        acknowledged.clear();
        cleared
    }

    async fn clear_some(&self, acknowledged: &[Commit]) -> usize {
        let mut cleared = 0;
        let causes = Causes::each(acknowledged.iter().map(Commit::causes));
        match receipts::scope(causes, self.store.clear_pending(acknowledged)).await {
            Ok(answers) => {
                for answer in answers {
                    match answer {
                        Ok(()) => cleared += 1,
                        Err(fault) => metrics::count_fault(&fault),
                    }
                }
            }
            Err(fault) => {
                metrics::count_fault(&fault);
                tracing::warn!(service = self.service, %fault, "markers stay on; their events will come twice");
            }
        }
        cleared
    }

    async fn sweep_until(&self, shutdown: CancellationToken) {
        let mut rhythm = Rhythm::new(self.config.sweep_every, self.config.sweep_rest);
        loop {
            // Spread over processes, so that they don't all ask at once.
            let pause = u64::try_from(rhythm.pause().as_millis()).unwrap_or(u64::MAX);
            let wait = Duration::from_millis(pause / 2 + self.ports.random.below(pause.max(1)));
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.committed.notified(), if rhythm.rests() => {
                    rhythm.stir();
                    continue;
                }
                () = tokio::time::sleep(wait) => {}
            }
            // Dropped halfway it loses nothing: markers come off last.
            let swept = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                swept = self.look_and_sweep() => swept,
            };
            // What could not be looked at may hold anything.
            rhythm.swept(swept.as_ref().map_or(true, |swept| swept.seen > 0));
            if let Err(fault) = swept {
                metrics::count_fault(&fault);
                tracing::warn!(service = self.service, %fault, "a sweep failed; the next one comes");
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
