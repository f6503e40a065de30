//! The price stream: prices that come from outside, by a Kinesis stream.
//!
//! - `record`: the price in a record. `apply`: brings batches of them into products, and sets aside what is no price.

mod apply;
mod record;

use std::sync::Arc;

use shotengai_contracts::topology::{PRICE_STREAM, queues, tables};
use shotengai_messaging::Worker;
use shotengai_runtime::Deps;
use shotengai_streaming::shard::ReaderName;
use shotengai_streaming::{Aside, Checkpoints, StreamConsumer};

pub use apply::PriceRecords;
pub use record::{PriceRecord, read};

use crate::aggregate::Products;
use crate::config::CatalogSettings;
use crate::reasons::PRICE_REASONS;

/// Name of this reader where shards are held and letters written.
pub const NAME: &str = "prices";

/// The worker that reads this process's share of the price stream.
///
/// Neither readiness nor any command waits for the stream: products are served without new prices, too. Its leases are rows
/// beside its checkpoints wherever others keep theirs, so a pod of catalog needs no rights in its cluster.
#[must_use]
pub fn worker(deps: &Deps, products: Products, settings: &CatalogSettings) -> Worker {
    let ports = deps.ports().clone();
    let infra = deps.infrastructure();
    let checkpoints = Checkpoints::new(infra.table(tables::PRICE_CHECKPOINTS.name), NAME, PRICE_STREAM);
    let aside = Aside::new(NAME, &PRICE_REASONS, infra.queue(queues::PRICE_DEAD_LETTERS.name), ports.clone());
    let records = PriceRecords::new(products, deps.settings().currency, aside, ports.clone());
    let leases = checkpoints.leases();
    let name = ReaderName::on(NAME, deps.settings().host.as_deref());
    let (shards, reader) = (settings.shards(), infra.price_reader());
    StreamConsumer::with_leases(name, shards, reader, checkpoints, leases, Arc::new(records), ports).worker()
}
