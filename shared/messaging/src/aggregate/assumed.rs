//! What an attempt has taken for true without a look at the store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shotengai_kernel::{AggregateId, Version};

use super::unit::Memory;
use crate::metrics;

/// States that an attempt decided on and that nobody has read for it. Shared with the loop around the attempt, which judges
/// by it what the attempt came to. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Assumed(Arc<Mutex<Vec<State>>>);

#[derive(Clone)]
struct State {
    id: AggregateId,
    version: Version,
    memory: Arc<dyn Memory>,
}

impl Assumed {
    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes it for true that an aggregate is at this version.
    pub(super) fn add(&self, id: AggregateId, version: Version, memory: Arc<dyn Memory>) {
        self.states().push(State { id, version, memory });
    }

    /// Whether anything was.
    pub(super) fn is_empty(&self) -> bool {
        self.states().is_empty()
    }

    /// Whether all of it is put to the test by a write whose success depends on these aggregates.
    pub(super) fn is_tested_by(&self, depends_on: impl Fn(&AggregateId) -> bool) -> bool {
        self.states().iter().all(|state| depends_on(&state.id))
    }

    /// Says whether to read them all: of those whose slots were taken, any was read for this attempt or was written by
    /// another process. Else this process has written them meanwhile, and knows.
    pub(super) fn lost(&self, lost: &[AggregateId]) -> bool {
        let states = self.states().clone();
        let is_other = |id: &AggregateId| {
            states.iter().find(|state| state.id == *id).is_none_or(|state| state.memory.lost(id, state.version))
        };
        // All are asked: each remembers that it is shared.
        let by_others: Vec<bool> = lost.iter().map(is_other).collect();
        by_others.is_empty() || by_others.contains(&true)
    }

    /// Counts that it was of no use.
    pub(super) fn count_stale(&self) {
        for state in self.states().iter() {
            metrics::count_memory(&state.id, metrics::STALE);
        }
    }
}
