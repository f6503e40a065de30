//! The bridge role: from the stream to the topic. No business rules.
//!
//! - [`change`]: what a record holds.
//! - [`config`]: its settings.
//! - [`decode`]: what a record must be to pass.
//! - [`batch`]: cuts a batch into what is published and what is set aside, and says how far it came.
//! - [`metrics`]: its figures.
//! - [`reasons`]: why it sets a record aside.
//! - `captured`, `reconcile`: with change capture, which commits came through, and what is done about the others.
//! - `publish`: publishes until the topic has it, or has refused it for good.

pub mod batch;
mod captured;
pub mod change;
pub mod config;
pub mod decode;
pub mod metrics;
mod publish;
pub mod reasons;
mod reconcile;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::RecordHandler;
use shotengai_runtime::{Deps, Role};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::shard::{ReaderName, ShardConfig, StreamConsumer};

use captured::{Captured, Noting};
use reconcile::Reconciler;

pub use batch::Bridge;
pub use config::{BridgeArgs, BridgeSettings, StreamRead, StreamReadArgs};
pub use reconcile::begins_anew;

const NAME: &str = "bridge";

/// The group of leases by which bridges share a stream's shards.
#[must_use]
pub fn lease_group(stream: &str) -> String {
    format!("{NAME}/{stream}")
}

/// Assembles the role: it reads its share of the stream's shards like this.
#[must_use]
pub fn assemble(mut deps: Deps, shards: ShardConfig) -> Role {
    let ports = deps.ports().clone();
    let stream = deps.settings().stream.clone();
    let table = deps.table(&tables::CHECKPOINTS);
    let captured = Arc::new(Captured::new(Arc::clone(&table), &stream, ports.clone()));
    let publishers = Owner::ALL.into_iter().map(|owner| deps.republisher(owner)).collect();
    let reconciler = Reconciler::new(Arc::clone(&table), &stream, Arc::clone(&captured), publishers, ports.clone());
    let reconciler = Arc::new(reconciler);
    let mut bridge: Arc<dyn RecordHandler> =
        Arc::new(Bridge::new(deps.topic(), deps.queue(&queues::BRIDGE_DEAD_LETTERS), ports.clone()));
    let reconciling = if deps.is_captured() {
        bridge = Arc::new(Noting { inner: bridge, captured: Arc::clone(&captured) });
        vec![captured.worker(), reconciler.worker()]
    } else {
        vec![reconciler.forgetting()]
    };
    let consumer = StreamConsumer::with_leases(
        ReaderName::on(NAME, deps.settings().host.as_deref()),
        shards,
        deps.stream(),
        Checkpoints::new(table, NAME, &stream),
        deps.leases(&lease_group(&stream)),
        deps.decorated(bridge),
        ports,
    );
    reconciling.into_iter().fold(Role::new(deps).worker(consumer.worker()), Role::worker)
}
