//! What one role is assembled from: dependency injection, by hand.
//!
//! A [`Supply`] is a process's (or a test's, or the simulation's) stock of adapters. [`Supply::deps`] hands one role its
//! [`Deps`]; what the role takes out of it brings its probe, its readiness check and its workers along, so that wiring
//! can't forget one. `Role::new` takes the `Deps` by value: nothing can be taken from it once the role's list is made.

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{BucketSpec, QueueSpec, STREAM, Service, TableSpec};
use shotengai_kernel::{Currency, Ports, Random};
use shotengai_messaging::effects::{TellingQueue, TellingTable};
use shotengai_messaging::outcomes::Outcomes;
use shotengai_messaging::pauses::Pauses;
use shotengai_messaging::{
    Bucket, CommitWriter, ConsumerConfig, EventStore, GroupedTable, Handler, HintingInfrastructure, Hints,
    Infrastructure, Leases, Outbox, OutboxConfig, Probe, Publisher, Queue, RecordHandler, StreamReader, Table, Topic,
    Wake, Worker,
};

use crate::health::Check;
use crate::neighbours::{Neighbour, Neighbours, NoNeighbours};

/// Puts something around what roles are made of: a planted bug around a handler, say. Leaves all as it is, unless told.
pub trait Decorator: Send + Sync {
    /// What consumes `queue` in the place of `handler`.
    fn handler(&self, queue: &QueueSpec, handler: Arc<dyn Handler>) -> Arc<dyn Handler> {
        let _ = queue;
        handler
    }

    /// What reads the stream in the place of `handler`.
    fn records(&self, handler: Arc<dyn RecordHandler>) -> Arc<dyn RecordHandler> {
        handler
    }
}

/// How the rows of a table go together, by the table's name.
type Grouping = fn(&'static str, Arc<dyn Table>, Arc<dyn Random>) -> GroupedTable;

struct Undecorated;

impl Decorator for Undecorated {}

/// Settings that several roles share.
#[derive(Debug, Clone)]
pub struct SharedSettings {
    /// The currency of all prices.
    pub currency: Currency,
    /// The stream's name, without the installation's prefix: leases and checkpoints are kept under it.
    pub stream: String,
    /// Where this process runs, as others should see it.
    pub host: Option<String>,
    /// What every consumer begins with; its name and its probes are its own.
    pub consumer: ConsumerConfig,
    /// How outboxes are published, where services publish their own.
    pub outbox: OutboxConfig,
    /// Whether single commits that wait at the same moment go to their event store in one request.
    pub groups_commits: bool,
}

impl Default for SharedSettings {
    fn default() -> Self {
        Self {
            currency: Currency::JPY,
            stream: STREAM.to_owned(),
            host: None,
            consumer: ConsumerConfig::new(""),
            outbox: OutboxConfig::default(),
            groups_commits: true,
        }
    }
}

/// Where leases of a group are kept.
pub type LeaseSource = Arc<dyn Fn(&str) -> Arc<dyn Leases> + Send + Sync>;

/// A process's adapters, from which each of its roles gets its [`Deps`].
#[derive(Clone)]
pub struct Supply {
    infra: Arc<dyn Infrastructure>,
    ports: Ports,
    settings: Arc<SharedSettings>,
    neighbours: Arc<dyn Neighbours>,
    leases: Option<LeaseSource>,
    decorator: Arc<dyn Decorator>,
    hints: Option<Hints>,
    rehearses: bool,
    pauses: Pauses,
    outcomes: Outcomes,
}

impl Supply {
    /// These adapters, with default settings and no neighbours.
    #[must_use]
    pub fn new(infra: Arc<dyn Infrastructure>, ports: Ports) -> Self {
        Self {
            infra,
            ports,
            settings: Arc::default(),
            neighbours: Arc::new(NoNeighbours),
            leases: None,
            decorator: Arc::new(Undecorated),
            hints: None,
            rehearses: false,
            pauses: Pauses::default(),
            outcomes: Outcomes::default(),
        }
    }

    /// With these settings.
    #[must_use]
    pub fn with_settings(mut self, settings: SharedSettings) -> Self {
        self.settings = Arc::new(settings);
        self
    }

    /// With these neighbours.
    #[must_use]
    pub fn with_neighbours(mut self, neighbours: Arc<dyn Neighbours>) -> Self {
        self.neighbours = neighbours;
        self
    }

    /// With leases kept elsewhere than the infrastructure keeps them.
    #[must_use]
    pub fn with_leases(mut self, leases: Option<LeaseSource>) -> Self {
        self.leases = leases;
        self
    }

    /// With this around handlers.
    #[must_use]
    pub fn with_decorator(mut self, decorator: Arc<dyn Decorator>) -> Self {
        self.decorator = decorator;
        self
    }

    /// With hints, which all supplies of the process share: what a role writes wakes the roles beside it that read it.
    #[must_use]
    pub fn with_hints(mut self, hints: Option<Hints>) -> Self {
        if let Some(hints) = &hints {
            self.infra = Arc::new(HintingInfrastructure::new(self.infra, hints.clone()));
        }
        self.hints = hints;
        self
    }

    /// With consumers that somebody may pause; what is known of that, all supplies of the process share.
    #[must_use]
    pub fn with_pauses(mut self, pauses: Pauses) -> Self {
        self.pauses = pauses;
        self
    }

    /// With consumers that say what became of messages that were redriven.
    #[must_use]
    pub fn with_outcomes(mut self, outcomes: Outcomes) -> Self {
        self.outcomes = outcomes;
        self
    }

    /// For roles that are only asked what they would do: what they commit is counted in no figure of the business.
    #[must_use]
    pub const fn rehearsing(mut self) -> Self {
        self.rehearses = true;
        self
    }

    /// What `service` is assembled from. Once a process and service.
    #[must_use]
    pub fn deps(&self, service: Service) -> Deps {
        Deps { service, supply: self.clone(), probes: Vec::new(), checks: Vec::new(), workers: Vec::new() }
    }
}

/// What one role is assembled from. What is taken from it is noted: probes guard the role's consumers, checks its
/// readiness, workers run with it.
pub struct Deps {
    pub(crate) service: Service,
    supply: Supply,
    pub(crate) probes: Vec<Probe>,
    pub(crate) checks: Vec<Check>,
    pub(crate) workers: Vec<Worker>,
}

impl Deps {
    /// The role.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }

    /// Time, randomness, ids.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.supply.ports
    }

    /// Settings that several roles share.
    #[must_use]
    pub fn settings(&self) -> &SharedSettings {
        &self.supply.settings
    }

    /// A table of its own.
    pub fn table(&mut self, spec: &TableSpec) -> Arc<dyn Table> {
        let table = self.plain_table(spec);
        Arc::new(TellingTable::new(spec.name, table))
    }

    fn plain_table(&mut self, spec: &TableSpec) -> Arc<dyn Table> {
        let table = self.supply.infra.table(spec.name);
        self.depend_on(Probe::table(spec.name, &table));
        table
    }

    /// A table of its own whose rows go to it together where they meet, unless that is turned off.
    pub fn grouped_table(&mut self, spec: &TableSpec) -> Arc<dyn Table> {
        self.table_by(spec, GroupedTable::new)
    }

    /// The same for work that nobody waits for: more go together.
    pub fn patient_table(&mut self, spec: &TableSpec) -> Arc<dyn Table> {
        self.table_by(spec, GroupedTable::patient)
    }

    /// Another way to a table of its own, for work that nobody waits for: what it reads goes together with more.
    #[must_use]
    pub fn patiently(&self, spec: &TableSpec, table: &Arc<dyn Table>) -> Arc<dyn Table> {
        self.by(spec, Arc::clone(table), GroupedTable::patient)
    }

    fn table_by(&mut self, spec: &TableSpec, group: Grouping) -> Arc<dyn Table> {
        let table = self.plain_table(spec);
        self.by(spec, table, group)
    }

    fn by(&self, spec: &TableSpec, table: Arc<dyn Table>, group: Grouping) -> Arc<dyn Table> {
        let table: Arc<dyn Table> = if self.supply.settings.groups_commits {
            Arc::new(group(spec.name, table, Arc::clone(&self.supply.ports.random)))
        } else {
            table
        };
        Arc::new(TellingTable::new(spec.name, table))
    }

    /// A bucket of its own. Neither readiness nor other consumers wait for it: the role's commands do without.
    #[must_use]
    pub fn bucket(&self, spec: &BucketSpec) -> Arc<dyn Bucket> {
        self.supply.infra.bucket(spec.name)
    }

    /// A queue that it sends to.
    pub fn queue(&mut self, spec: &QueueSpec) -> Arc<dyn Queue> {
        let queue = self.supply.infra.queue(spec.name);
        self.depend_on(Probe::queue(spec.name, &queue));
        Arc::new(TellingQueue::new(spec.name, queue))
    }

    /// Its own event store, from which workers of the role bring what is committed into the stream. Once an owner.
    pub fn events(&mut self, owner: Owner) -> CommitWriter {
        let store = self.supply.infra.event_store(owner);
        let marks = self.supply.infra.marks_outbox();
        let (outbox, publisher) = Publisher::new(
            owner.as_str(),
            Arc::clone(&store),
            self.supply.infra.stream_writer(),
            if marks { self.supply.settings.outbox } else { OutboxConfig::captured() },
            self.supply.ports.clone(),
        );
        // Where change capture feeds the stream, only markers from before it are left to sweep.
        let outbox = if marks { outbox } else { Outbox::captured(self.supply.hints.clone()) };
        self.workers.extend(if marks { publisher.workers() } else { vec![publisher.sweeper()] });
        let writer = CommitWriter::new(store, outbox, self.supply.ports.clone());
        let probe = writer.probe(&owner.events_table());
        self.checks.push(Check::of(&probe));
        self.guard(probe);
        let writer = if self.supply.rehearses { writer.uncounted() } else { writer };
        if self.supply.settings.groups_commits { writer.grouping(owner.as_str()) } else { writer }
    }

    /// Whether change capture feeds the stream.
    #[must_use]
    pub fn is_captured(&self) -> bool {
        !self.supply.infra.marks_outbox()
    }

    /// Publisher that puts events of a service into the stream once more. Neither readiness nor consumers wait for it.
    #[must_use]
    pub fn republisher(&self, owner: Owner) -> Arc<Publisher> {
        let Supply { infra, settings, ports, .. } = &self.supply;
        Publisher::republisher(infra.as_ref(), owner, settings.outbox, ports.clone())
    }

    /// Another service's event store, to read from. Its consumers are guarded by it; readiness doesn't wait for it, for
    /// what the role has already is of use without.
    pub fn history(&mut self, owner: Owner) -> Arc<dyn EventStore> {
        let store = self.supply.infra.event_store(owner);
        self.guard(Probe::store(&owner.events_table(), &store));
        store
    }

    /// All adapters, for what neither readiness nor consumers wait for.
    #[must_use]
    pub fn infrastructure(&self) -> Arc<dyn Infrastructure> {
        Arc::clone(&self.supply.infra)
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> Arc<dyn Topic> {
        self.supply.infra.topic()
    }

    /// The stream, to read from.
    pub fn stream(&mut self) -> Arc<dyn StreamReader> {
        let reader = self.supply.infra.stream_reader();
        let asked = Arc::clone(&reader);
        self.depend_on(Probe::new("kinesis", move || {
            let reader = Arc::clone(&asked);
            async move { reader.shards().await.map(drop) }
        }));
        reader
    }

    /// The leases of `group`, by which processes share the shards of a stream.
    pub fn leases(&mut self, group: &str) -> Arc<dyn Leases> {
        let leases = match &self.supply.leases {
            Some(source) => source(group),
            None => self.supply.infra.leases(group),
        };
        let asked = Arc::clone(&leases);
        self.depend_on(Probe::new("leases", move || {
            let leases = Arc::clone(&asked);
            async move { leases.list().await.map(drop) }
        }));
        leases
    }

    /// Another service, to ask. Neither readiness nor consumers wait for it: those that can't go on without an answer
    /// [`guard`](Self::guard) themselves.
    #[must_use]
    pub fn neighbour(&self, service: Service) -> Neighbour {
        Neighbour::new(service, Arc::clone(&self.supply.neighbours))
    }

    /// Whether the role is only asked what it would do: it counts nothing then, and says nothing of what was done.
    #[must_use]
    pub fn rehearses(&self) -> bool {
        self.supply.rehearses
    }

    /// Notes something of the outside that the role can't do without: consumers and readiness wait for it.
    pub fn depend_on(&mut self, probe: Probe) {
        self.checks.push(Check::of(&probe).seldom());
        self.guard(probe);
    }

    /// Notes something without which messages can't be handled; readiness doesn't wait for it.
    pub fn guard(&mut self, probe: Probe) {
        self.probes.push(probe);
    }

    pub(crate) fn decorator(&self) -> &dyn Decorator {
        self.supply.decorator.as_ref()
    }

    /// Hints for the consumer of `queue`.
    pub(crate) fn wake(&self, queue: &QueueSpec) -> Wake {
        self.supply.hints.as_ref().map_or_else(Wake::never, |hints| hints.of_queue(queue))
    }

    /// Whether somebody has paused the role's consumers.
    pub(crate) fn pauses(&self) -> Pauses {
        self.supply.pauses.clone()
    }

    /// Where the role's consumers say what became of messages that were redriven.
    pub(crate) fn outcomes(&self) -> Outcomes {
        self.supply.outcomes.clone()
    }

    pub(crate) fn any_queue(&self, name: &str) -> Arc<dyn Queue> {
        self.supply.infra.queue(name)
    }

    /// What reads the stream in the place of `handler`: itself, outside simulations.
    #[must_use]
    pub fn decorated(&self, handler: Arc<dyn RecordHandler>) -> Arc<dyn RecordHandler> {
        self.decorator().records(handler)
    }
}
