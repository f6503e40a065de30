//! The infrastructure as one process sees it: the shared one, at the far end of its line.

mod prices;
mod queue;
mod rows;
mod store;
mod stream;
mod table;
mod topic;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::tables;
use shotengai_messaging::{
    Bucket, EventStore, Fault, FaultKind, Infrastructure, Leases, Queue, StreamReader, StreamWriter, Table, Topic,
};
use shotengai_streaming::TableLeases;

pub use rows::NetworkedRows;
pub(crate) use table::claim_of;
pub(crate) use topic::cursed_event;

use crate::network::Network;

/// The shared infrastructure through one process's line.
pub struct NetworkedInfrastructure(pub Network);

impl Infrastructure for NetworkedInfrastructure {
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore> {
        let inner = self.0.world().infra.memory_event_store(owner);
        Arc::new(store::NetworkedStore::new(self.0.clone(), inner, owner.as_str()))
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        let inner = self.0.world().infra.memory_table(name);
        Arc::new(table::NetworkedTable { network: self.0.clone(), inner, name: name.into() })
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        Arc::new(queue::NetworkedQueue { network: self.0.clone(), inner: self.0.world().infra.memory_queue(name) })
    }

    /// Nothing in a simulated street has to do with images.
    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        self.0.world().infra.bucket(name)
    }

    fn topic(&self) -> Arc<dyn Topic> {
        Arc::new(topic::NetworkedTopic { network: self.0.clone(), inner: self.0.world().infra.topic() })
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(stream::NetworkedStream { network: self.0.clone(), inner: self.0.world().infra.memory_stream() })
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        Arc::new(stream::NetworkedStream { network: self.0.clone(), inner: self.0.world().infra.memory_stream() })
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(prices::NetworkedPrices { network: self.0.clone(), inner: self.0.world().infra.memory_prices() })
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        Arc::new(prices::NetworkedPrices { network: self.0.clone(), inner: self.0.world().infra.memory_prices() })
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(TableLeases::new(self.table(tables::CHECKPOINTS.name), group))
    }

    fn marks_outbox(&self) -> bool {
        self.0.marks_outbox()
    }
}

/// Entry by entry: the answers of those that got through, and throttling for the others.
fn merged(operation: &'static str, refused: &[bool], passed: Vec<Result<(), Fault>>) -> Vec<Result<(), Fault>> {
    let mut passed = passed.into_iter();
    let throttled = || Fault::new(FaultKind::Throttled, operation, "simulated: this entry was refused");
    let answer = |refused: &bool| if *refused { Err(throttled()) } else { passed.next().unwrap_or(Ok(())) };
    refused.iter().map(answer).collect()
}

/// Those entries that are not refused.
fn admitted<T: Clone>(entries: &[T], refused: &[bool]) -> Vec<T> {
    entries.iter().zip(refused).filter(|(_, refused)| !**refused).map(|(entry, _)| entry.clone()).collect()
}
