//! Time-limited rights to a shard, and the presence of the processes that share them.
//!
//! Leases say who *should* read what. They make nothing right: that is the epoch's work, in the checkpoint row. So a
//! lease carries no time of day. Whether it has run out, each process judges by how long it has itself seen the token
//! unchanged.

use std::time::Duration;

use async_trait::async_trait;

use super::fault::Fault;

/// A lease as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is a right to: letters, digits, `-`, `_`, `.` and `/`, at most 200.
    pub name: String,
    /// Who has it; none when it was given back.
    pub holder: Option<String>,
    /// How long it holds after a renewal.
    pub duration: Duration,
    /// How often it changed hands.
    pub transitions: u64,
    /// Opaque (a `resourceVersion`, a counter); every write gives a new one. A write names the one it saw. A lease that
    /// was deleted and created again doesn't have an old one.
    pub token: String,
}

/// A change to a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseChange {
    /// Says that the holder lives. Nothing but the token changes.
    Renew,
    /// Gives it to another, or to the same anew; counts a transition.
    TakeOver {
        /// Who has it from now on.
        holder: String,
        /// How long it holds after a renewal.
        duration: Duration,
    },
    /// Leaves it to whoever wants it.
    Release,
}

/// Why a lease was not created, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another was faster: the token moved, or the lease to be created is there.
    #[error("another process changed lease {name} first")]
    Conflict {
        /// The lease.
        name: String,
    },
    /// It was deleted.
    #[error("lease {name} is gone")]
    Gone {
        /// The lease.
        name: String,
    },
    /// What was answered is no lease.
    #[error("lease {name} can't be read: {why}")]
    Unreadable {
        /// The lease.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The backend failed. After a transient fault the change may have happened.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The leases of one group: those who share one stream.
#[async_trait]
pub trait Leases: Send + Sync {
    /// All leases of the group, by name. What stands under a name and can't be read is listed as free, of no duration,
    /// for the next taker to write anew; the adapter names it in the log, once for each token.
    ///
    /// # Errors
    /// A [`Fault`] of the backend.
    async fn list(&self) -> Result<Vec<Lease>, Fault>;

    /// Creates a lease that is held from the start, with no transitions. An echo of the own creation is a success.
    ///
    /// # Errors
    /// [`LeaseError::Conflict`] when there is one of this name.
    async fn create(&self, name: &str, holder: &str, duration: Duration) -> Result<Lease, LeaseError>;

    /// Changes a lease and answers how it stands then. An echo of the own change is a success.
    ///
    /// # Errors
    /// [`LeaseError::Conflict`] when its token moved, [`LeaseError::Gone`] when it was deleted.
    async fn change(&self, seen: &Lease, change: LeaseChange) -> Result<Lease, LeaseError>;

    /// Deletes a lease; one that is gone already is fine.
    ///
    /// # Errors
    /// [`LeaseError::Conflict`] when its token moved.
    async fn delete(&self, seen: &Lease) -> Result<(), LeaseError>;
}
