//! The repository of aggregates: from memory, else from a snapshot, then always the events that came after.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use shotengai_kernel::{AggregateId, Version};

use super::{Aggregate, Loaded};
use crate::commit::Commit;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{EventStore, Snapshot};

/// How many aggregates of a kind a process remembers.
const CACHE_SIZE: usize = 4096;

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

    /// Remembers an aggregate as a commit that was just appended at version `before` has left it.
    pub(super) async fn keep(&self, loaded: Loaded<A>, before: Version) {
        // Forgotten in between, only this commit can cross the line.
        let snapshot = self.cached(&loaded.id).map_or(before, |known| known.snapshot);
        let mut known = Known { loaded, snapshot };
        self.snapshot(&mut known).await;
        self.remember(&known);
    }

    async fn resume(&self, id: &AggregateId) -> Result<Known<A>, Fault> {
        let fresh = Known { loaded: Loaded::unwritten(id.clone()), snapshot: Version::ZERO };
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
        // What was never written is nothing to remember: whoever asks for made-up ids would push out what is.
        if known.loaded.version == Version::ZERO {
            return;
        }
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
        let event = A::Event::try_from(event).map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
        loaded.state.apply(&event).map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
        loaded.version = envelope.aggregateversion;
    }
    Ok(())
}
