//! The repository of aggregates: from memory, else from a snapshot, then always the events that came after.
//!
//! What is remembered counts only as long as the store has the commit that it ends with. A store that was emptied or set
//! back under a running process lacks it: then everything is forgotten, or commits would follow on events that nobody has.
//! That is asked with each load, not with the append after it: a store that goes in between takes one such commit.
//!
//! A command may decide on what is remembered without that question ([`Repository::recall`]), where it was asked less than
//! [`BELIEVED_FOR`] ago, the store has not failed since, and nobody else writes the aggregate.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use shotengai_kernel::{AggregateId, Timestamp, Version};
use tokio::time::Instant;

use super::store_faults::{FOLD, StoreFaults, Streak};
use super::{Aggregate, Loaded};
use crate::commit::Commit;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{CommitMark, EventStore, Snapshot};

/// How many aggregates of a kind a process remembers.
const CACHE_SIZE: usize = 4096;

/// How long after the store was seen to have it a state is believed without another look: about as long as an order takes
/// under load. So long at the most a store that was set back under a running process, and did not fail while that was done,
/// takes commits that follow on what it has no more.
pub(super) const BELIEVED_FOR: Duration = Duration::from_secs(10);
/// How long a state is read each time after another process was first: it writes the aggregate, too.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// Reads aggregates of one kind: from memory, else snapshot, then always the events that came after.
pub struct Repository<A> {
    store: Arc<dyn EventStore>,
    faults: Arc<StoreFaults>,
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
    /// When the store was last seen to have what it follows on, and which streak without faults that was in.
    seen: Option<(Instant, Streak)>,
    /// When another process was last found to write it.
    shared: Option<Instant>,
}

impl<A: Aggregate> Repository<A> {
    /// A repository over this store.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self::watching(store, Arc::default())
    }

    /// A repository over this store, whose faults all are told that use it.
    pub(super) fn watching(store: Arc<dyn EventStore>, faults: Arc<StoreFaults>) -> Self {
        let size = NonZeroUsize::new(CACHE_SIZE).unwrap_or(NonZeroUsize::MIN);
        Self { store, faults, cache: Mutex::new(LruCache::new(size)) }
    }

    /// The aggregate as this process has last known it, without a look at the store. None where it is not known or no longer
    /// believed, or where a snapshot is due, which a load saves.
    pub(super) fn recall(&self, id: &AggregateId) -> Option<Loaded<A>> {
        let known = self.cached(id)?;
        let (at, streak) = known.seen?;
        let is_believed = streak == self.faults.streak() && at.elapsed() < BELIEVED_FOR;
        let is_shared = known.shared.is_some_and(|at| at.elapsed() < SHARED_FOR);
        (is_believed && !is_shared && !known.is_snapshot_due()).then_some(known.loaded)
    }

    /// Says whether what was decided on `version`, and lost its slot, has to be read. Not where it lost to this process, which
    /// knows what it wrote. Where it lost to another, it is read each time for a while.
    pub(super) fn lost(&self, id: &AggregateId, version: Version) -> bool {
        if self.recall(id).is_some_and(|known| known.version > version) {
            return false;
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.get_mut(id).filter(|known| known.loaded.version <= version) {
            known.shared = Some(Instant::now());
        }
        true
    }

    /// The aggregate now. Consistent: what was appended before the call is in it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn load(&self, id: &AggregateId) -> Result<Loaded<A>, Fault> {
        let loaded = self.load_seen(id).await;
        self.faults.note(loaded.as_ref().err());
        loaded
    }

    async fn load_seen(&self, id: &AggregateId) -> Result<Loaded<A>, Fault> {
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
        let fresh = Known::unwritten(id.clone());
        match self.read_on(fresh).await? {
            Some(known) => Ok(self.keep_known(known).await),
            // Nothing that was known can be missing.
            None => Ok(Loaded::unwritten(id.clone())),
        }
    }

    /// With the commits that came after. None where the store doesn't have the one that it ends with.
    async fn read_on(&self, mut known: Known<A>) -> Result<Option<Known<A>>, Fault> {
        let id = &known.loaded.id;
        known.seen = Some((Instant::now(), self.faults.streak()));
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
        let known = self.cached(&commit.aggregate_id).or_else(|| self.begun_by(commit));
        if let Some(mut known) = known
            && known.loaded.version.next() == commit.first_version
            && known.fold(commit).is_ok()
        {
            self.remember(&known);
        }
    }

    /// The aggregate before its first commit, which this one is: that its slot was free and is taken now says that the store
    /// has it.
    fn begun_by(&self, commit: &Commit) -> Option<Known<A>> {
        let is_first = commit.first_version == Version::ZERO.next();
        let seen = Some((Instant::now(), self.faults.streak()));
        is_first.then(|| Known { seen, ..Known::unwritten(commit.aggregate_id.clone()) })
    }

    /// Remembers an aggregate as this commit, which was just appended, has left it.
    pub(super) async fn keep(&self, loaded: Loaded<A>, commit: &Commit) {
        // Forgotten in between, only this commit can cross the line.
        let before = Version::new(commit.first_version.get().saturating_sub(1));
        let (snapshot, seen, shared) =
            self.cached(&loaded.id).map_or((before, None, None), |known| (known.snapshot, known.seen, known.shared));
        let began_at = loaded.began_at.or_else(|| begun_at(commit));
        let loaded = Loaded { changed_at: decided_at(commit), began_at, ..loaded };
        self.keep_known(Known { loaded, last: Some(CommitMark::of(commit)), snapshot, seen, shared }).await;
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
                loaded: Loaded { id: id.clone(), version: snapshot.version, changed_at: None, began_at: None, state },
                last: snapshot.last_commit,
                snapshot: snapshot.version,
                seen: None,
                shared: None,
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
        drop(cache);
        // Other kinds of aggregates are in the same store.
        self.faults.distrust();
    }

    /// A snapshot whenever a multiple of [`Aggregate::SNAPSHOT_EVERY`] was crossed since the last one, be it by a load, a
    /// command or an absorbed commit. Losing one only costs time.
    async fn snapshot(&self, known: &mut Known<A>) {
        if !known.is_snapshot_due() {
            return;
        }
        let loaded = &known.loaded;
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
        let newest = cache.peek(&known.loaded.id);
        if newest.is_none_or(|newest| newest.loaded.version <= known.loaded.version) {
            let shared = known.shared.max(newest.and_then(|newest| newest.shared));
            cache.put(known.loaded.id.clone(), Known { shared, ..known.clone() });
        }
    }
}

impl<A: Aggregate> Known<A> {
    fn unwritten(id: AggregateId) -> Self {
        Self { loaded: Loaded::unwritten(id), last: None, snapshot: Version::ZERO, seen: None, shared: None }
    }

    fn is_snapshot_due(&self) -> bool {
        let periods = |version: Version| version.get().checked_div(A::SNAPSHOT_EVERY);
        periods(self.snapshot) != periods(self.loaded.version)
    }

    fn fold(&mut self, commit: &Commit) -> Result<(), Fault> {
        let loaded = &mut self.loaded;
        for envelope in &commit.events {
            if envelope.aggregateversion != loaded.version.next() {
                let gap = format!("{} misses version {}", loaded.id, loaded.version.next());
                return Err(Fault::new(FaultKind::Permanent, FOLD, gap));
            }
            let event = envelope.event().map_err(|error| Fault::new(FaultKind::Permanent, FOLD, error))?;
            let event = A::Event::try_from(event).map_err(|error| Fault::new(FaultKind::Permanent, FOLD, error))?;
            loaded.state.apply(&event).map_err(|error| Fault::new(FaultKind::Permanent, FOLD, error))?;
            loaded.version = envelope.aggregateversion;
            loaded.changed_at = Some(envelope.time);
        }
        loaded.began_at = loaded.began_at.or_else(|| begun_at(commit));
        self.last = Some(CommitMark::of(commit));
        Ok(())
    }
}

/// When the first event of an aggregate was decided; none of a commit that is not its first.
fn begun_at(commit: &Commit) -> Option<Timestamp> {
    let is_first = commit.first_version == Version::ZERO.next();
    commit.events.iter().next().filter(|_| is_first).map(|envelope| envelope.time)
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
