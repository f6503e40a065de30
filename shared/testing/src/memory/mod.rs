//! The ports without a network, for tests and simulations.
//!
//! They refuse what AWS refuses (limits on sizes, counts, delays; two operations on one row of a transaction) and do
//! what AWS may do: deliver again, redrive, close shards, let transactions meet. Equal ports and an equal order of calls
//! give an equal history: nothing here asks the system for time or randomness, timestamps come from `Ports.clock`,
//! waiting from `tokio::time` (which tests may pause), chance from `Ports.random`.
//!
//! - [`faults`]: what a simulation may break, call by call.
//! - [`MemoryEventStore`], [`MemoryStream`], [`MemoryTopic`], [`MemoryQueue`], [`MemoryTable`], [`MemoryBucket`]: one a port, each with
//!   methods to inspect what it holds.
//! - [`MemoryInfrastructure`]: all of them, wired by an installation's topology.
//!
//! Retention is as each is told; by default everything is kept. Not modelled: throughput limits, lag of indexes, change
//! capture.

mod bucket;
pub mod faults;
mod index;
mod infrastructure;
mod limits;
mod mailbox;
mod queue;
mod shards;
mod store;
mod stream;
mod subscription;
mod table;
mod topic;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use bucket::MemoryBucket;
pub use faults::{FaultInjector, InjectedFault, NoFaults};
pub use infrastructure::{MemoryConfig, MemoryInfrastructure};
pub use mailbox::StoredMessage;
pub use queue::{MemoryQueue, QueueConfig};
pub use store::MemoryEventStore;
pub use stream::{MemoryStream, StreamConfig};
pub use table::MemoryTable;
pub use topic::MemoryTopic;

/// No holder of these locks awaits or leaves half a change behind, so a poisoned one is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
