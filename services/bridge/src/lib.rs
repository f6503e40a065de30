//! The bridge role: from the stream to the topic. No business rules.
//!
//! - [`change`]: what a record holds.
//! - [`config`]: its settings.
//! - [`decode`]: what a record must be to pass.
//! - [`letter`]: what doesn't pass, as a dead letter.
//! - [`batch`]: cuts a batch into what is published and what is set aside, and says how far it came.
//! - [`metrics`]: its figures.
//! - [`reasons`]: why it sets a record aside.
//! - `publish`: publishes until the topic has it, or has refused it for good.

pub mod batch;
pub mod change;
pub mod config;
pub mod decode;
pub mod letter;
pub mod metrics;
mod publish;
pub mod reasons;

use std::sync::Arc;

use shotengai_contracts::topology::{queues, tables};
use shotengai_runtime::{Deps, Role};
use shotengai_streaming::Checkpoints;
use shotengai_streaming::shard::{ReaderName, ShardConfig, StreamConsumer};

pub use batch::Bridge;
pub use config::{BridgeArgs, BridgeSettings};

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
    let bridge = Bridge::new(deps.topic(), deps.queue(&queues::BRIDGE_DEAD_LETTERS), ports.clone());
    let consumer = StreamConsumer::with_leases(
        ReaderName::on(NAME, deps.settings().host.as_deref()),
        shards,
        deps.stream(),
        Checkpoints::new(deps.table(&tables::CHECKPOINTS), NAME, &stream),
        deps.leases(&lease_group(&stream)),
        deps.decorated(Arc::new(bridge)),
        ports,
    );
    Role::new(deps).worker(consumer.worker())
}
