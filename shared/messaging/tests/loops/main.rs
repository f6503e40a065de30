//! The loops over the memory adapters: what is lost, repeated, retried and fenced, in paused time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod aggregate;
mod breaker;
mod consumer;
mod lease_sharing;
mod lease_trouble;
mod outbox;
mod panics;
mod shard;
mod shard_ends;
mod unit_of_work;

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shotengai_contracts::{Event, EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Clock, Ports, SeededRandom, Timestamp, Version};
use shotengai_messaging::memory::{
    FaultInjector, InjectedFault, MemoryConfig, MemoryEventStore, MemoryInfrastructure, StreamConfig,
};
use shotengai_messaging::{Commit, CommitFactory, Worker};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

/// The time of day, moved by `tokio`'s paused time.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap() + self.0.elapsed()
    }
}

/// Faults by operation: some for the next calls, or one for all of them.
#[derive(Default)]
struct Faults {
    next: Mutex<BTreeMap<&'static str, VecDeque<Option<InjectedFault>>>>,
    always: Mutex<BTreeMap<&'static str, InjectedFault>>,
    calls: Mutex<BTreeMap<&'static str, usize>>,
}

impl Faults {
    fn next(&self, operation: &'static str, fault: InjectedFault) {
        self.next.lock().unwrap().entry(operation).or_default().push_back(Some(fault));
    }

    /// Breaks each `nth` of the next calls, so many times.
    fn each_nth(&self, operation: &'static str, nth: usize, times: usize, fault: InjectedFault) {
        let mut next = self.next.lock().unwrap();
        let calls = next.entry(operation).or_default();
        calls.extend((1..=nth * times).map(|call| (call % nth == 0).then_some(fault)));
    }

    fn always(&self, operation: &'static str, fault: InjectedFault) {
        self.always.lock().unwrap().insert(operation, fault);
    }

    fn end(&self, operation: &'static str) {
        self.always.lock().unwrap().remove(operation);
    }

    /// Forgets what was to break.
    fn calm(&self) {
        self.next.lock().unwrap().clear();
        self.always.lock().unwrap().clear();
    }

    fn calls(&self, operation: &'static str) -> usize {
        self.calls.lock().unwrap().get(operation).copied().unwrap_or_default()
    }
}

impl FaultInjector for Faults {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        let next = self.next.lock().unwrap().get_mut(operation).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| self.always.lock().unwrap().get(operation).copied())
    }
}

/// An installation with faults to inject.
struct Street {
    ports: Ports,
    faults: Arc<Faults>,
    infra: MemoryInfrastructure,
}

impl Street {
    fn new() -> Self {
        Self::with_shards(2)
    }

    fn with_shards(shards: u64) -> Self {
        let ports = Ports::from_parts(Arc::new(PausedClock(Instant::now())), Arc::new(SeededRandom::new(5)));
        let faults = Arc::new(Faults::default());
        let config = MemoryConfig {
            faults: Arc::clone(&faults) as Arc<dyn FaultInjector>,
            stream: StreamConfig { shards, ..StreamConfig::default() },
            ..MemoryConfig::default()
        };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), ports, faults }
    }

    fn store(&self) -> Arc<MemoryEventStore> {
        self.infra.memory_event_store(Owner::Inventory)
    }

    fn meta(&self) -> Metadata {
        Metadata::request(self.ports.ids.uuid_v7(), None)
    }

    /// A first commit of `events` events.
    fn commit(&self, id: &str, events: usize) -> Commit {
        let factory = CommitFactory::new(self.ports.clone());
        factory.commit(aggregate(id), Version::ZERO, &vec![moved(1); events], &self.meta()).unwrap()
    }
}

fn aggregate(id: &str) -> AggregateId {
    AggregateId::parse(id).unwrap()
}

/// Some pieces came in.
fn moved(pieces: u32) -> Event {
    let Event::StockMoved(mut event) = samples::event(EventType::StockMoved).unwrap() else { unreachable!() };
    event.added = pieces;
    event.into()
}

/// A worker at work.
struct Running {
    token: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(worker: Worker) -> Self {
        let token = CancellationToken::new();
        let of_worker = token.clone();
        Self { token, task: tokio::spawn(async move { worker.run(of_worker).await }) }
    }

    /// Tells it to end and waits until it has.
    async fn stop(self) {
        self.token.cancel();
        tokio::time::timeout(60 * SECOND, self.task).await.unwrap().unwrap();
    }
}

/// Waits until it is so, for at most an hour of paused time.
async fn until(what: &str, so: impl Fn() -> bool) {
    let so = || std::future::ready(so());
    until_found(what, so).await;
}

async fn until_found<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let deadline = Instant::now() + 3600 * SECOND;
    while !so().await {
        assert!(Instant::now() < deadline, "not so after an hour: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
