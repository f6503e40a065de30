//! The repository of aggregates: from memory, else from a snapshot, then always the events that came after.
//!
//! What is remembered counts only as long as the store has the commit that it ends with. A store that was emptied or set
//! back under a running process lacks it: then everything is forgotten, or commits would follow on events that nobody has.
//! That is asked with each load, not with the append after it: a store that goes in between takes one such commit.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use shotengai_kernel::{AggregateId, Timestamp, Version};

use super::{Aggregate, Loaded};
use crate::commit::Commit;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{CommitMark, EventStore, Snapshot};

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
    /// The last commit that is folded in; none before the first, or after a snapshot that doesn't say.
    last: Option<CommitMark>,
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
        if let Some(known) = self.cached(id) {
            match self.read_on(known).await {
                Ok(Some(known)) => return Ok(self.keep_known(known).await),
                Ok(None) => self.forget_all(id),
                // Perhaps no commits follow on it because others stand there: all of them tell.
                Err(fault) if fault.kind() == FaultKind::Permanent => self.forget(id),
                Err(fault) => return Err(fault),
            }
        }
        if let Some(known) = self.resume(id).await? {
            match self.read_on(known).await {
                Ok(Some(known)) => return Ok(self.keep_known(known).await),
                Err(fault) if fault.kind() != FaultKind::Permanent => return Err(fault),
                _ => {
                    tracing::warn!(aggregate = %id, "a snapshot is not of the store's commits; folding from the first event")
                }
            }
        }
        let fresh = Known { loaded: Loaded::unwritten(id.clone()), last: None, snapshot: Version::ZERO };
        match self.read_on(fresh).await? {
            Some(known) => Ok(self.keep_known(known).await),
            // Nothing that was known can be missing.
            None => Ok(Loaded::unwritten(id.clone())),
        }
    }

    /// With the commits that came after. None where the store doesn't have the one that it ends with.
    async fn read_on(&self, mut known: Known<A>) -> Result<Option<Known<A>>, Fault> {
        let id = &known.loaded.id;
        let Some(last) = known.last.take() else {
            for commit in self.store.load(id, known.loaded.version).await? {
                known.fold(&commit)?;
            }
            return Ok(Some(known));
        };
        // From the last known commit on, that one included.
        let before = Version::new(last.first_version.get().saturating_sub(1));
        let commits = self.store.load(id, before).await?;
        let mut commits = commits.iter();
        let Some(first) = commits.next().filter(|first| CommitMark::of(first) == last) else { return Ok(None) };
        // A snapshot doesn't say it.
        known.loaded.changed_at = decided_at(first);
        known.last = Some(last);
        for commit in commits {
            known.fold(commit)?;
        }
        Ok(Some(known))
    }

    async fn keep_known(&self, mut known: Known<A>) -> Loaded<A> {
        self.snapshot(&mut known).await;
        self.remember(&known);
        known.loaded
    }

    /// Folds a commit that was just appended into what is remembered.
    pub fn absorb(&self, commit: &Commit) {
        if let Some(mut known) = self.cached(&commit.aggregate_id)
            && known.loaded.version.next() == commit.first_version
            && known.fold(commit).is_ok()
        {
            self.remember(&known);
        }
    }

    /// Remembers an aggregate as this commit, which was just appended, has left it.
    pub(super) async fn keep(&self, loaded: Loaded<A>, commit: &Commit) {
        // Forgotten in between, only this commit can cross the line.
        let before = Version::new(commit.first_version.get().saturating_sub(1));
        let snapshot = self.cached(&loaded.id).map_or(before, |known| known.snapshot);
        let loaded = Loaded { changed_at: decided_at(commit), ..loaded };
        self.keep_known(Known { loaded, last: Some(CommitMark::of(commit)), snapshot }).await;
    }

    /// From the snapshot, if there is one of use.
    async fn resume(&self, id: &AggregateId) -> Result<Option<Known<A>>, Fault> {
        if A::SNAPSHOT_EVERY == 0 {
            return Ok(None);
        }
        let Some(snapshot) = self.store.load_snapshot(id).await? else { return Ok(None) };
        if snapshot.schema != A::SNAPSHOT_SCHEMA {
            return Ok(None);
        }
        Ok(match serde_json::from_value(snapshot.state) {
            Ok(state) => Some(Known {
                loaded: Loaded { id: id.clone(), version: snapshot.version, changed_at: None, state },
                last: snapshot.last_commit,
                snapshot: snapshot.version,
            }),
            Err(error) => {
                tracing::warn!(aggregate = %id, %error, "a snapshot could not be read; folding from the first event");
                None
            }
        })
    }

    fn forget(&self, id: &AggregateId) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).pop(id);
    }

    /// Forgets everything, not this one alone: what is remembered of the others is from the same store.
    fn forget_all(&self, id: &AggregateId) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        tracing::warn!(
            aggregate = %id,
            remembered = cache.len(),
            "the store doesn't have commits that this process knows: it was emptied or set back; forgetting all of it"
        );
        cache.clear();
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
        let snapshot = Snapshot {
            aggregate_id: loaded.id.clone(),
            version: loaded.version,
            schema: A::SNAPSHOT_SCHEMA,
            state,
            last_commit: known.last.clone(),
        };
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

impl<A: Aggregate> Known<A> {
    fn fold(&mut self, commit: &Commit) -> Result<(), Fault> {
        let loaded = &mut self.loaded;
        for envelope in &commit.events {
            if envelope.aggregateversion != loaded.version.next() {
                let gap = format!("{} misses version {}", loaded.id, loaded.version.next());
                return Err(Fault::new(FaultKind::Permanent, "fold", gap));
            }
            let event = envelope.event().map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
            let event = A::Event::try_from(event).map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
            loaded.state.apply(&event).map_err(|error| Fault::new(FaultKind::Permanent, "fold", error))?;
            loaded.version = envelope.aggregateversion;
            loaded.changed_at = Some(envelope.time);
        }
        self.last = Some(CommitMark::of(commit));
        Ok(())
    }
}

/// When the last event of a commit was decided.
fn decided_at(commit: &Commit) -> Option<Timestamp> {
    commit.events.iter().last().map(|envelope| envelope.time)
}

impl CommitMark {
    /// The mark of this commit.
    #[must_use]
    pub fn of(commit: &Commit) -> Self {
        Self { first_version: commit.first_version, commit_id: commit.commit_id }
    }
}
