//! Load, decide, append, publish.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::try_join_all;
use lru::LruCache;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_contracts::{Event, Metadata};
use shotengai_kernel::{AggregateId, Ports, Version};

use crate::backoff::Backoff;
use crate::commit::{Commit, CommitFactory};
use crate::outbox::Outbox;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{AppendError, EventStore, Snapshot};

/// How many aggregates of a kind a process remembers.
const CACHE_SIZE: usize = 4096;
/// How often a command is decided anew after losing to another writer.
const CONFLICT_ATTEMPTS: u32 = 12;

/// A state that events evolve. Pure.
pub trait Aggregate: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The shape of the serialized state. Raise it with every change; older snapshots are then ignored.
    const SNAPSHOT_SCHEMA: u32;

    /// A snapshot is saved about every so many events; 0 for aggregates that never have many, which then spare
    /// themselves looking for one.
    const SNAPSHOT_EVERY: u64 = 100;

    /// Evolves by an event that happened. Ignores events that are none of its own.
    fn apply(&mut self, event: &Event);
}

/// An aggregate as loaded.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// Which.
    pub id: AggregateId,
    /// The number of events folded in; zero when it never was.
    pub version: Version,
    /// Their fold.
    pub state: A,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E> {
    /// The decision refused it.
    #[error(transparent)]
    Refused(E),
    /// The store failed.
    #[error(transparent)]
    Fault(Fault),
    /// Other writers won every time; try again later.
    #[error("too many writers at once")]
    Contended,
    /// The events are too large.
    #[error("the events can't be written: {0}")]
    Unwritable(String),
}

/// Writes a service's commits: durable first, then to the outbox.
#[derive(Clone)]
pub struct CommitWriter {
    store: Arc<dyn EventStore>,
    outbox: Outbox,
    factory: CommitFactory,
    ports: Ports,
}

impl CommitWriter {
    /// A writer into this store whose commits the outbox publishes.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, outbox: Outbox, ports: Ports) -> Self {
        let factory = CommitFactory::new(ports.clone());
        Self { store, outbox, factory, ports }
    }

    /// The commit of these events on an aggregate at `current`; none without events.
    #[must_use]
    pub fn commit(&self, id: AggregateId, current: Version, events: &[Event], meta: &Metadata) -> Option<Commit> {
        self.factory.commit(id, current, events, meta)
    }

    /// Appends all or none. `Ok` means durable; publishing follows by itself.
    ///
    /// # Errors
    /// As [`EventStore::append`].
    pub async fn append(&self, commits: Vec<Commit>) -> Result<(), AppendError> {
        if commits.is_empty() {
            return Ok(());
        }
        self.store.append(&commits).await?;
        self.outbox.offer(commits);
        Ok(())
    }

    /// The store behind it.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// The service's ports.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }
}

/// Reads aggregates of one kind: from memory, else snapshot, then always the events that came after.
pub struct Repository<A> {
    store: Arc<dyn EventStore>,
    cache: Mutex<LruCache<AggregateId, Known<A>>>,
}

/// What is remembered of an aggregate.
#[derive(Clone)]
struct Known<A> {
    loaded: Loaded<A>,
    /// The newest snapshot that was read, saved or at least tried to be.
    snapshot: Version,
}

impl<A: Aggregate> Repository<A> {
    /// A repository over this store.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        let size = NonZeroUsize::new(CACHE_SIZE).unwrap_or(NonZeroUsize::MIN);
        Self { store, cache: Mutex::new(LruCache::new(size)) }
    }

    /// The aggregate now. Consistent: what was appended before the call is in it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn load(&self, id: &AggregateId) -> Result<Loaded<A>, Fault> {
        let mut known = match self.cached(id) {
            Some(known) => known,
            None => self.resume(id).await?,
        };
        for commit in self.store.load(id, known.loaded.version).await? {
            fold(&mut known.loaded, &commit)?;
        }
        self.snapshot(&mut known).await;
        self.remember(&known);
        Ok(known.loaded)
    }

    /// Folds a commit that was just appended into what is remembered.
    pub fn absorb(&self, commit: &Commit) {
        if let Some(mut known) = self.cached(&commit.aggregate_id)
            && known.loaded.version.next() == commit.first_version
            && fold(&mut known.loaded, commit).is_ok()
        {
            self.remember(&known);
        }
    }

    /// The aggregate after a commit that was just appended to it.
    async fn follow(&self, mut loaded: Loaded<A>, commit: &Commit) -> Result<Loaded<A>, Fault> {
        // Forgotten in between, only this commit can cross the line.
        let snapshot = self.cached(&loaded.id).map_or(loaded.version, |known| known.snapshot);
        fold(&mut loaded, commit)?;
        let mut known = Known { loaded, snapshot };
        self.snapshot(&mut known).await;
        self.remember(&known);
        Ok(known.loaded)
    }

    async fn resume(&self, id: &AggregateId) -> Result<Known<A>, Fault> {
        let fresh = Loaded { id: id.clone(), version: Version::ZERO, state: A::default() };
        let fresh = Known { loaded: fresh, snapshot: Version::ZERO };
        if A::SNAPSHOT_EVERY == 0 {
            return Ok(fresh);
        }
        let Some(snapshot) = self.store.load_snapshot(id).await? else { return Ok(fresh) };
        if snapshot.schema != A::SNAPSHOT_SCHEMA {
            return Ok(fresh);
        }
        Ok(match serde_json::from_value(snapshot.state) {
            Ok(state) => Known {
                loaded: Loaded { id: id.clone(), version: snapshot.version, state },
                snapshot: snapshot.version,
            },
            Err(error) => {
                tracing::warn!(aggregate = %id, %error, "a snapshot could not be read; folding from the first event");
                fresh
            }
        })
    }

    /// A snapshot whenever a multiple of [`Aggregate::SNAPSHOT_EVERY`] was crossed since the last one, be it by a load, a
    /// command or an absorbed commit. Losing one only costs time.
    async fn snapshot(&self, known: &mut Known<A>) {
        let periods = |version: Version| version.get().checked_div(A::SNAPSHOT_EVERY);
        let loaded = &known.loaded;
        if periods(known.snapshot) == periods(loaded.version) {
            return;
        }
        known.snapshot = loaded.version;
        let Ok(state) = serde_json::to_value(&loaded.state) else { return };
        let snapshot =
            Snapshot { aggregate_id: loaded.id.clone(), version: loaded.version, schema: A::SNAPSHOT_SCHEMA, state };
        if let Err(fault) = self.store.save_snapshot(&snapshot).await {
            tracing::warn!(aggregate = %loaded.id, %fault, "a snapshot was not saved");
        }
    }

    fn cached(&self, id: &AggregateId) -> Option<Known<A>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, known: &Known<A>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        // A slower load must not push a newer state out.
        if cache.peek(&known.loaded.id).is_none_or(|newest| newest.loaded.version <= known.loaded.version) {
            cache.put(known.loaded.id.clone(), known.clone());
        }
    }
}

fn fold<A: Aggregate>(loaded: &mut Loaded<A>, commit: &Commit) -> Result<(), Fault> {
    for envelope in &commit.events {
        if envelope.aggregateversion != loaded.version.next() {
            let gap = format!("{} misses version {}", loaded.id, loaded.version.next());
            return Err(Fault::new(FaultKind::Permanent, "fold", gap));
        }
        let event = envelope.event().map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
        loaded.state.apply(&event);
        loaded.version = envelope.aggregateversion;
    }
    Ok(())
}

/// The aggregates of one kind and the commands on them. Cheap to clone.
pub struct Aggregates<A> {
    writer: CommitWriter,
    repository: Arc<Repository<A>>,
}

impl<A> Clone for Aggregates<A> {
    fn clone(&self) -> Self {
        Self { writer: self.writer.clone(), repository: Arc::clone(&self.repository) }
    }
}

impl<A: Aggregate> Aggregates<A> {
    /// The aggregates in the writer's store.
    #[must_use]
    pub fn new(writer: CommitWriter) -> Self {
        let repository = Arc::new(Repository::new(Arc::clone(writer.store())));
        Self { writer, repository }
    }

    /// The writer, for appends that span kinds.
    #[must_use]
    pub const fn writer(&self) -> &CommitWriter {
        &self.writer
    }

    /// As [`Repository::load`].
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn load(&self, id: &AggregateId) -> Result<Loaded<A>, Fault> {
        self.repository.load(id).await
    }

    /// Several at once, in the order asked.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub async fn load_many(&self, ids: &[AggregateId]) -> Result<Vec<Loaded<A>>, Fault> {
        try_join_all(ids.iter().map(|id| self.load(id))).await
    }

    /// As [`Repository::absorb`].
    pub fn absorb(&self, commit: &Commit) {
        self.repository.absorb(commit);
    }

    /// Loads, decides, appends; decides anew when another writer was first. No events means nothing to do. Returns the
    /// aggregate as it is afterwards.
    ///
    /// # Errors
    /// [`ExecuteError`]; after [`ExecuteError::Fault`] of a transient kind the events may have been appended, so
    /// decisions must see by the state that their work is done.
    pub async fn execute<E>(
        &self,
        id: &AggregateId,
        meta: &Metadata,
        decide: impl Fn(&Loaded<A>) -> Result<Vec<Event>, E>,
    ) -> Result<Loaded<A>, ExecuteError<E>> {
        let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(200));
        for attempt in 1..=CONFLICT_ATTEMPTS {
            let loaded = self.load(id).await.map_err(ExecuteError::Fault)?;
            let events = decide(&loaded).map_err(ExecuteError::Refused)?;
            let Some(commit) = self.writer.commit(id.clone(), loaded.version, &events, meta) else {
                return Ok(loaded);
            };
            match self.writer.append(vec![commit.clone()]).await {
                Ok(()) => {
                    return self.repository.follow(loaded, &commit).await.map_err(ExecuteError::Fault);
                }
                Err(AppendError::Conflict { .. }) => {
                    crate::metrics::count_conflict(kind_of(id));
                    tokio::time::sleep(backoff.delay(attempt, self.writer.ports().random.as_ref())).await;
                }
                Err(AppendError::Unwritable(why)) => return Err(ExecuteError::Unwritable(why)),
                Err(AppendError::Fault(fault)) => return Err(ExecuteError::Fault(fault)),
            }
        }
        Err(ExecuteError::Contended)
    }
}

/// `prod`, `ord`, `stock` …: few values, fit for a metric's label.
fn kind_of(id: &AggregateId) -> String {
    id.as_str().split(['_', '/']).next().unwrap_or_default().to_owned()
}
