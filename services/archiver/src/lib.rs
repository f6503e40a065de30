//! The archiver role: from the stream to the archive. No business rules.
//!
//! - [`record`]: the events in a record.
//! - [`gathered`]: a reader of the stream that waits until there is enough for an object.
//! - [`put`]: brings a batch of records into the archive.
//! - [`config`]: its settings. [`metrics`]: its figures.
//!
//! The form of the archive, and what can be done with one, are `shotengai-archive`'s.

pub mod config;
pub mod gathered;
pub mod metrics;
pub mod put;
pub mod record;

use std::sync::Arc;

use shotengai_archive::Shelf;
use shotengai_contracts::topology::{buckets, tables};
use shotengai_messaging::Worker;
use shotengai_runtime::{Deps, Role};
use shotengai_streaming::shard::ReaderName;
use shotengai_streaming::{Checkpoints, StreamConsumer};
use tokio_util::sync::CancellationToken;

pub use config::{ArchiveArgs, ArchiverArgs, ArchiverSettings};
pub use put::Archiver;

use gathered::Gathered;

/// Name of this reader where shards are held.
pub const NAME: &str = "archiver";

/// Assembles the role. Without an archive it does nothing.
///
/// Its leases are rows beside its checkpoints wherever others keep theirs, so its pods need no rights in their cluster.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &ArchiverSettings) -> Role {
    if !settings.archive {
        tracing::info!("there is no archive (ARCHIVE=off): the archiver has nothing to do");
        return Role::new(deps);
    }
    let ports = deps.ports().clone();
    let stream = deps.settings().stream.clone();
    let checkpoints = Checkpoints::new(deps.table(&tables::ARCHIVE_CHECKPOINTS), NAME, &stream);
    let ending = CancellationToken::new();
    let reader = Gathered::new(deps.stream(), settings.gathering(), ending.clone());
    let shelf = Shelf::new(deps.bucket(&buckets::EVENT_ARCHIVE));
    let consumer = StreamConsumer::with_leases(
        ReaderName::on(NAME, deps.settings().host.as_deref()),
        settings.shards(),
        Arc::new(reader),
        checkpoints.clone(),
        checkpoints.leases(),
        deps.decorated(Arc::new(Archiver::new(shelf, ports.clone()))),
        ports,
    );
    // A read waits for more; when the process ends it gives what it has.
    let told = Worker::new(format!("{NAME}/ending"), move |shutdown| {
        let ending = ending.clone();
        async move {
            shutdown.cancelled().await;
            ending.cancel();
        }
    });
    Role::new(deps).worker(consumer.worker()).worker(told)
}
