//! Hands out the adapters by name, so that services are built the same on AWS, on the local AWS and in memory.

use std::sync::Arc;

use shotengai_contracts::Owner;

use super::bucket::Bucket;
use super::lease::Leases;
use super::queue::Queue;
use super::store::EventStore;
use super::stream::{StreamReader, StreamWriter};
use super::table::Table;
use super::topic::Topic;

/// All adapters of one installation. Names are without the installation's prefix. Nothing is created: that is
/// `shotengai provision`'s work; a resource that is missing shows at its first use.
pub trait Infrastructure: Send + Sync {
    /// The event store of a service (`<service>-events`, `<service>-snapshots`).
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore>;
    /// A table of rows.
    fn table(&self, name: &str) -> Arc<dyn Table>;
    /// A queue.
    fn queue(&self, name: &str) -> Arc<dyn Queue>;
    /// A bucket.
    fn bucket(&self, name: &str) -> Arc<dyn Bucket>;
    /// The topic `order-events`.
    fn topic(&self) -> Arc<dyn Topic>;
    /// Writes to the stream `ec-events`.
    fn stream_writer(&self) -> Arc<dyn StreamWriter>;
    /// Reads the stream `ec-events`.
    fn stream_reader(&self) -> Arc<dyn StreamReader>;
    /// Writes to the price stream `ProductPricesStream`.
    fn price_writer(&self) -> Arc<dyn StreamWriter>;
    /// Reads the price stream `ProductPricesStream`.
    fn price_reader(&self) -> Arc<dyn StreamReader>;
    /// The leases of `group` (such as `bridge/ec-events`), where the installation keeps them.
    fn leases(&self, group: &str) -> Arc<dyn Leases>;
    /// Whether services mark commits for the outbox (false: change capture feeds the stream).
    fn marks_outbox(&self) -> bool;
}
