//! Faults: what can go wrong behind a port, classified so that callers know whose it is and what to do about it. The
//! whole policy stands in `docs/dead-letters.md`.

use std::fmt;
use std::sync::Arc;

/// What a caller can do about a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The service is away, timed out, or lost its answer. **The effect may have happened.** Try again.
    Transient,
    /// The service refused for now; nothing happened. Try again, slower.
    Throttled,
    /// The installation does not let us: a missing permission, key, credential or resource. Nothing happened, and nothing
    /// will until an operator acts, whatever is asked. Never the fault of what was asked.
    Denied,
    /// Trying again unchanged won't help: an invalid request, an answer that can't be read.
    Permanent,
}

impl FaultKind {
    /// A stable word for metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Permanent => "permanent",
        }
    }
}

/// A failed call behind a port. Cheap to clone: one call can fail for many.
#[derive(Debug, Clone)]
pub struct Fault {
    kind: FaultKind,
    operation: &'static str,
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl Fault {
    /// A fault of `operation` (such as `dynamodb.PutItem`). The source must not carry payloads: faults are logged.
    pub fn new(
        kind: FaultKind,
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, operation, source: Arc::from(source.into()) }
    }

    /// What can be done about it.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, FaultKind::Transient | FaultKind::Throttled)
    }

    /// Whether it says nothing about the call itself: the same call will succeed once what failed is well again.
    #[must_use]
    pub const fn is_elsewhere(&self) -> bool {
        !matches!(self.kind, FaultKind::Permanent)
    }

    /// The call that failed.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether a `T` is why it failed.
    #[must_use]
    pub fn is_caused_by<T: std::error::Error + 'static>(&self) -> bool {
        self.source.is::<T>()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({}): {}", self.operation, self.kind.as_str(), self.source)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}
