//! The bridge role: from the stream to the topic. No business rules.
//!
//! - [`change`]: what a record holds.
//! - [`config`]: its settings.
//! - [`decode`]: what a record must be to pass.
//! - [`letter`]: what doesn't pass, as a dead letter.
//! - [`pass`]: cuts a batch into what is published and what is set aside, and says how far it came.
//! - `publish`: publishes until the topic has it, or has refused it for good.

pub mod change;
pub mod config;
pub mod decode;
pub mod letter;
pub mod pass;
mod publish;

use std::sync::Arc;

use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::shard::{ReaderName, ShardConfig, StreamConsumer};
use shotengai_messaging::{Checkpoints, StreamReader};
use shotengai_runtime::{Check, Context, Role};

pub use config::BridgeSettings;
pub use pass::Bridge;

const NAME: &str = "bridge";

/// The group of leases by which bridges share a stream's shards.
#[must_use]
pub fn lease_group(stream: &str) -> String {
    format!("{NAME}/{stream}")
}

/// Wires the role.
///
/// # Errors
/// None today; the signature is every role's.
#[expect(clippy::unused_async, reason = "the signature is every role's")]
pub async fn build(context: &Context, settings: BridgeSettings) -> anyhow::Result<Role> {
    let reader = context.infra.stream_reader();
    let bridge = Bridge::new(
        context.infra.topic(),
        context.infra.queue(queues::BRIDGE_DEAD_LETTERS.name),
        context.ports.clone(),
    );
    let stream = &context.settings.kinesis_stream_name;
    let checkpoints = Checkpoints::new(context.infra.table(tables::CHECKPOINTS.name), NAME, stream);
    let config = ShardConfig {
        busy_poll: settings.busy_poll(),
        idle_poll: settings.idle_poll(),
        lease: settings.lease(),
        stuck_after: settings.stuck_after(),
        ..ShardConfig::default()
    };
    let leases = context.leases(&lease_group(stream));
    let consumer = StreamConsumer::with_leases(
        ReaderName::on(NAME, context.settings.host.as_deref()),
        config,
        Arc::clone(&reader),
        checkpoints,
        Arc::clone(&leases),
        Arc::new(bridge),
        context.ports.clone(),
    );
    let kinesis = Check::new("kinesis", move || {
        let reader: Arc<dyn StreamReader> = Arc::clone(&reader);
        async move { reader.shards().await.map(|_| ()).map_err(|fault| fault.to_string()) }
    });
    let leases = Check::new("leases", move || {
        let leases = Arc::clone(&leases);
        async move { leases.list().await.map(|_| ()).map_err(|fault| fault.to_string()) }
    });
    Ok(Role::new(NAME).worker(consumer.worker()).check(kinesis).check(leases))
}
