//! Commits that were written together: what an order was rejected for is judged by what stood before all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use shotengai_kernel::CommitId;
use shotengai_messaging::Commit;

/// All transactions of the event stores.
#[derive(Debug, Default)]
pub struct Transactions(Mutex<BTreeMap<CommitId, CommitId>>);

impl Transactions {
    /// These were written together, now or before.
    pub fn wrote(&self, commits: &[Commit]) {
        let Some(first) = commits.first() else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(commits.iter().map(|commit| (commit.commit_id, first.commit_id)));
    }

    /// A store's commits, in the order in which they were appended, by transaction.
    #[must_use]
    pub fn among<'a>(&self, commits: &'a [Commit]) -> Vec<&'a [Commit]> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |commit: &Commit| known.get(&commit.commit_id).copied().unwrap_or(commit.commit_id);
        commits.chunk_by(|one, next| of(one) == of(next)).collect()
    }
}
