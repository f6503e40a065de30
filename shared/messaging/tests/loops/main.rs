//! The loops over the memory adapters: what is lost, repeated, retried and fenced, in paused time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod aggregate;
mod breaker;
mod consumer;
mod group_commit;
mod hints;
mod memory;
mod messages;
mod outbox;
mod panics;
mod pauses;
mod receipts;
mod redriven;
mod sweepers;
mod unit_of_work;

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::{Event, EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Timestamp, Version};
use shotengai_messaging::{Commit, CommitFactory};
use shotengai_testing::harness::{Faults, Running, paused_ports, until, until_found};
use shotengai_testing::memory::{FaultInjector, MemoryConfig, MemoryEventStore, MemoryInfrastructure};

const SECOND: Duration = Duration::from_secs(1);

/// An installation with faults to inject.
struct Street {
    ports: Ports,
    faults: Arc<Faults>,
    infra: MemoryInfrastructure,
}

impl Street {
    fn new() -> Self {
        let ports = paused_ports(5);
        let faults = Arc::new(Faults::default());
        let config = MemoryConfig { faults: Arc::clone(&faults) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), ports, faults }
    }

    /// The time of day at which it began.
    fn began(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap()
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
