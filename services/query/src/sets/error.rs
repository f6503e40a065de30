//! Why something was not done to the sets.

use shotengai_messaging::Fault;

/// Why something was not done to the sets.
#[derive(Debug, thiserror::Error)]
pub enum SetsError {
    /// It can't be done as the sets are, or somebody else is at work on them: what it is, and what helps.
    #[error("{0}")]
    Refused(String),
    /// The database, or an event store, failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

pub(super) fn refused<T>(why: impl Into<String>) -> Result<T, SetsError> {
    Err(SetsError::Refused(why.into()))
}
