//! What a handler looked at over a shadow.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Version};

use crate::commit::Commit;
use crate::ports::table::Key;

/// What was looked at, and is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// Aggregates whose events were read; those without any are left out.
    pub stands: Vec<Stands>,
    /// Rows that were read and are there, each with the name of its table.
    pub rows: Vec<(String, Key)>,
}

/// Where an aggregate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Which.
    pub id: AggregateId,
    /// Its newest event's number.
    pub version: Version,
    /// Its newest event's type.
    pub event_type: String,
}

impl Stands {
    pub(super) fn after(commit: &Commit) -> Option<Self> {
        let newest = commit.events.last()?;
        let (id, version) = (commit.aggregate_id.clone(), newest.aggregateversion);
        Some(Self { id, version, event_type: newest.event_type.clone() })
    }
}

/// Names of what was looked at. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Looks(Arc<Mutex<Names>>);

#[derive(Default)]
struct Names {
    read: BTreeSet<(Owner, AggregateId)>,
    rows: BTreeSet<(String, Key)>,
}

impl Looks {
    fn held(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self, owner: Owner, id: &AggregateId) {
        self.held().read.insert((owner, id.clone()));
    }

    pub(super) fn row(&self, table: &str, key: &Key) {
        self.held().rows.insert((table.to_owned(), key.clone()));
    }

    pub(super) fn aggregates(&self) -> Vec<(Owner, AggregateId)> {
        self.held().read.iter().cloned().collect()
    }

    pub(super) fn rows(&self) -> Vec<(String, Key)> {
        self.held().rows.iter().cloned().collect()
    }
}
