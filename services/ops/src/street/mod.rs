//! The street at a glance, for many who watch.
//!
//! - `part`: something that is looked at seldom, whoever asks.
//! - [`processes`]: readiness and figures of processes. `consumers`: what they come to.

mod consumers;
pub(crate) mod part;
pub mod processes;

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use shotengai_contracts::Owner;
use shotengai_contracts::api::ops::street::{
    Street, StreetAside, StreetProcess, StreetQueue, StreetShard, StreetStore, StreetStream, Unknown,
};
use shotengai_contracts::topology::{Installation, TOPIC};
use shotengai_kernel::{Clock, Ports};
use shotengai_messaging::pauses::{PausedQueues, paused};
use shotengai_messaging::{Infrastructure, Leases, Table};

pub(crate) use self::consumers::consumer_of;
use self::consumers::{Measured, Rates};
use self::part::{Part, Shown};
use self::processes::{Asked, Processes};
use crate::queues::{Queues, queues};
use crate::shards::{ShardState, shards};
use crate::stores::{GLANCE, Unpublished, waiting};

/// How old what is shown may be. Queues cost twenty requests a look, shards a read each of the five a second that they allow.
const FRESH: Duration = Duration::from_secs(2);
/// The same of processes, which cost nobody anything.
const PROCESSES_FRESH: Duration = Duration::from_secs(1);
/// The same of commits that wait for the stream: sixty-four queries a look, of a page each that stays small where many wait.
const STORES_FRESH: Duration = Duration::from_secs(10);
/// How long a look may take.
const WITHIN: Duration = Duration::from_secs(2);

/// Where something of the street is kept.
pub struct Places {
    /// The stream's name, without the installation's prefix.
    pub stream: String,
    /// Where bridges keep their leases, if they keep them in a table.
    pub leases: Arc<dyn Leases>,
    /// The table that says which consumers are paused.
    pub pauses: Arc<dyn Table>,
}

/// Looks at the street. Each part is looked at by one at a time, and seldom.
pub struct StreetLook {
    infra: Arc<dyn Infrastructure>,
    installation: Installation,
    places: Places,
    processes: Processes,
    clock: Arc<dyn Clock>,
    asked: Part<Measured>,
    stores: Part<Vec<(Owner, Unpublished)>>,
    shards: Part<Vec<ShardState>>,
    queues: Part<Queues>,
    pauses: Part<PausedQueues>,
    rates: Rates,
}

impl StreetLook {
    /// Looks at this installation.
    #[must_use]
    pub fn new(
        infra: Arc<dyn Infrastructure>,
        installation: Installation,
        places: Places,
        processes: Processes,
        ports: &Ports,
    ) -> Self {
        Self {
            infra,
            installation,
            places,
            processes,
            clock: Arc::clone(&ports.clock),
            asked: Part::new("processes", PROCESSES_FRESH, WITHIN),
            stores: Part::new("stores", STORES_FRESH, WITHIN),
            shards: Part::new("stream", FRESH, WITHIN),
            queues: Part::new("queues", FRESH, WITHIN),
            pauses: Part::new("pauses", FRESH, WITHIN),
            rates: Rates::default(),
        }
    }

    /// All of it. What doesn't answer in time is named, and shown as it was last.
    pub async fn street(&self) -> Street {
        let (mut street, stores) = tokio::join!(self.but_stores(), self.stores_waiting());
        street.stores = stores.good.iter().flat_map(|stores| stores.iter().map(store)).collect();
        street.unknown.extend(stores.fault.map(|why| Unknown { part: "stores".to_owned(), why }));
        street
    }

    /// The same without the commits that wait for the stream, which cost most.
    pub(crate) async fn but_stores(&self) -> Street {
        let (asked, shards, queues, pauses) =
            tokio::join!(self.asked(), self.shard_states(), self.queue_states(), self.paused_queues());
        let mut unknown = Vec::new();
        let mut note = |part: &str, fault: Option<String>| {
            unknown.extend(fault.map(|why| Unknown { part: part.to_owned(), why }));
        };
        note("processes", asked.fault);
        note("stream", shards.fault);
        note("queues", queues.fault);
        note("pauses", pauses.fault);
        let paused = pauses.good.unwrap_or_default();
        let consumers =
            asked.good.as_deref().map(|measured| consumers::consumers(&self.installation, measured, &paused));
        let consumers = consumers.unwrap_or_default();
        let queues = queues.good.unwrap_or_default();
        let shown = queues.queues.iter().map(|queue| {
            let oldest = asked.good.as_deref().and_then(|measured| measured.oldest(queue.queue));
            StreetQueue {
                queue: queue.queue.to_owned(),
                service: queue.service.to_owned(),
                waiting: queue.waiting,
                in_flight: queue.in_flight,
                delayed: queue.delayed,
                oldest_seconds: oldest.filter(|_| queue.waiting > 0),
                dead_letter_queue: queue.dead_letter_queue.clone(),
                dead_letters: queue.dead_letters,
            }
        });
        Street {
            at: self.clock.now(),
            processes: asked.good.as_deref().map(|measured| processes_of(&measured.asked)).unwrap_or_default(),
            stores: Vec::new(),
            topic: TOPIC.to_owned(),
            stream: StreetStream {
                name: self.places.stream.clone(),
                shards: shards.good.iter().flat_map(|shards| shards.iter().map(shard)).collect(),
            },
            queues: shown.collect(),
            set_aside: queues
                .records
                .iter()
                .map(|aside| StreetAside {
                    service: aside.service.to_owned(),
                    dead_letter_queue: aside.dead_letter_queue.clone(),
                    dead_letters: aside.dead_letters,
                })
                .collect(),
            consumers,
            unknown,
        }
    }

    /// Whether every process of the street is asked, as far as somebody has said where they are.
    pub(crate) const fn asks_all(&self) -> bool {
        self.processes.are_named()
    }

    async fn asked(&self) -> Shown<Measured> {
        let look = async || Ok(self.rates.measure(self.processes.ask().await));
        self.asked.show(look).await
    }

    async fn stores_waiting(&self) -> Shown<Vec<(Owner, Unpublished)>> {
        let look = async || {
            let now = self.clock.now();
            let each = Owner::ALL.map(|owner| async move {
                waiting(self.infra.as_ref(), owner, now, GLANCE).await.map(|waiting| (owner, waiting))
            });
            Ok(try_join_all(each).await?)
        };
        self.stores.show(look).await
    }

    pub(crate) async fn shard_states(&self) -> Shown<Vec<ShardState>> {
        let look = async || {
            shards(self.infra.as_ref(), &self.places.stream, Arc::clone(&self.places.leases), self.clock.now()).await
        };
        self.shards.show(look).await
    }

    async fn paused_queues(&self) -> Shown<PausedQueues> {
        self.pauses.show(async || Ok(paused(self.places.pauses.as_ref()).await?)).await
    }

    async fn queue_states(&self) -> Shown<Queues> {
        self.queues.show(async || Ok(queues(self.infra.as_ref(), &self.installation).await?)).await
    }
}

fn processes_of(asked: &[Asked]) -> Vec<StreetProcess> {
    asked
        .iter()
        .map(|Asked { process, .. }| StreetProcess {
            address: process.url.clone(),
            roles: process.roles.clone(),
            ready: process.ready,
            dependencies: process.dependencies,
            down: process.down.clone(),
            fault: process.fault.clone(),
        })
        .collect()
}

fn store((owner, waiting): &(Owner, Unpublished)) -> StreetStore {
    StreetStore {
        service: owner.as_str().to_owned(),
        unpublished: waiting.count,
        unpublished_at_least: waiting.at_least,
        oldest_seconds: waiting.oldest_seconds,
    }
}

fn shard(state: &ShardState) -> StreetShard {
    StreetShard {
        shard: state.shard.clone(),
        parents: state.parents.clone(),
        // Leases that a cluster keeps are not asked for: the checkpoint says who wrote it last.
        owner: state.held_by.clone().or_else(|| state.claimed_by.clone()),
        epoch: state.epoch,
        ended: state.ended,
        lag_ms: state.lag_ms,
        fault: state.fault.clone(),
    }
}
