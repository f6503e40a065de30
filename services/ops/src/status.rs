//! Status of an installation, put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::Installation;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Infrastructure, Leases};

use crate::health::{self, Process};
use crate::queues::{Queues, queues};
use crate::shards::{ShardState, shards};
use crate::stores::{Unpublished, unpublished};

/// Installation that is looked at, and the time of the look.
#[derive(Clone)]
pub struct Scene<'a> {
    /// Its tables, stream and queues.
    pub infra: &'a dyn Infrastructure,
    /// Which queues it has.
    pub installation: &'a Installation,
    /// The stream's name, without the installation's prefix.
    pub stream: &'a str,
    /// Where its bridges keep their leases.
    pub leases: Arc<dyn Leases>,
    /// Time of the look.
    pub now: Timestamp,
}

/// All of it at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// Processes that were asked.
    pub services: Vec<Process>,
    /// Commits that wait for the stream, by service.
    pub unpublished: BTreeMap<&'static str, Unpublished>,
    /// The stream's shards.
    pub shards: Vec<ShardState>,
    /// Queues and dead letters.
    #[serde(flatten)]
    pub queues: Queues,
}

/// The stream and what it feeds.
#[derive(Debug, Clone, Serialize)]
pub struct Stream {
    /// Its shards.
    pub shards: Vec<ShardState>,
    /// Queues and dead letters.
    #[serde(flatten)]
    pub queues: Queues,
}

/// All of it at a glance; `health` are addresses of processes to ask by this client.
///
/// # Errors
/// When stores, stream, leases or queues can't be asked. A process that can't be asked is told of that process.
pub async fn overview(scene: &Scene<'_>, client: &reqwest::Client, health: &[String]) -> anyhow::Result<Overview> {
    let mut services = Vec::new();
    for url in health {
        services.push(health::ask(client, url, health::TIMEOUT).await);
    }
    let mut waiting = BTreeMap::new();
    for owner in Owner::ALL {
        waiting.insert(owner.as_str(), unpublished(scene.infra, owner, scene.now).await?);
    }
    let Stream { shards, queues } = stream(scene).await?;
    Ok(Overview { services, unpublished: waiting, shards, queues })
}

/// The stream and what it feeds.
///
/// # Errors
/// When stream, leases or queues can't be asked.
pub async fn stream(scene: &Scene<'_>) -> anyhow::Result<Stream> {
    let shards = shards(scene.infra, scene.stream, Arc::clone(&scene.leases), scene.now).await?;
    Ok(Stream { shards, queues: queues(scene.infra, scene.installation).await? })
}
