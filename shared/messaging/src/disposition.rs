//! A disposition: what became of a delivery, as its handler says it.

use std::time::Duration;

use crate::delivery::Delivery;
use crate::ports::fault::{Fault, FaultKind};
use crate::reason::{Reason, UNEXPECTED_TYPE};

/// What became of a delivery. `Done` only once the effect is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// Handled, or nothing to do: delete the message.
    Done,
    /// Not now: let it come again.
    Retry {
        /// When; by the consumer's backoff if not said.
        after: Option<Duration>,
        /// Why, for the log. No personal data.
        cause: String,
    },
    /// Another attempt at the same is under way: let it come again, and never count that as its failure.
    Waits {
        /// When.
        after: Duration,
        /// For what, for the log. No personal data.
        cause: String,
    },
    /// Something that handling needs failed. Whose fault that is, the consumer finds out before it counts this as the
    /// message's own failure.
    Failed {
        /// How it failed.
        kind: FaultKind,
        /// What, for the log. No personal data.
        cause: String,
    },
    /// Never: to the dead letters, with the reason.
    Reject {
        /// The word of a [`Reason`] that is declared.
        reason: &'static str,
        /// What exactly. No personal data.
        error: String,
    },
}

impl Disposition {
    /// Comes again by the consumer's backoff.
    pub fn retry(cause: impl Into<String>) -> Self {
        Self::Retry { after: None, cause: cause.into() }
    }

    /// For an event that its consumer does not take, the one policy: rejected, not dropped. The subscription of a newer
    /// release may mean it for a newer consumer; its dead letter is redriven after the upgrade then.
    #[must_use]
    pub fn unexpected(delivery: &Delivery) -> Self {
        let error = format!("nothing here takes {}", delivery.envelope.event_type);
        Self::reject(UNEXPECTED_TYPE, error)
    }

    /// Never; for a reason that the handler declares, or every consumer has.
    #[must_use]
    pub fn reject(reason: Reason, error: impl Into<String>) -> Self {
        Self::Reject { reason: reason.word, error: error.into() }
    }

    /// Comes again; whose fault it is, and so how often, is the consumer's to find out.
    #[must_use]
    pub fn from_fault(fault: &Fault) -> Self {
        crate::metrics::count_fault(fault);
        Self::Failed { kind: fault.kind(), cause: fault.to_string() }
    }

    /// Whether the message will be received again.
    #[must_use]
    pub const fn comes_again(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Waits { .. } | Self::Failed { .. })
    }

    /// What the installation denied, if it did.
    pub(crate) fn denial(&self) -> Option<&str> {
        match self {
            Self::Failed { kind: FaultKind::Denied, cause } => Some(cause),
            _ => None,
        }
    }

    /// A stable word for metrics.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry { .. } | Self::Waits { .. } => "retry",
            Self::Failed { kind: FaultKind::Transient | FaultKind::Throttled, .. } => "unavailable",
            Self::Failed { kind: FaultKind::Denied, .. } => "denied",
            Self::Failed { kind: FaultKind::Permanent, .. } => "refused",
            Self::Reject { .. } => "reject",
        }
    }
}

impl From<Fault> for Disposition {
    fn from(fault: Fault) -> Self {
        Self::from_fault(&fault)
    }
}

/// Done, or what the error comes to.
impl<E: Into<Self>> From<Result<(), E>> for Disposition {
    fn from(result: Result<(), E>) -> Self {
        result.map_or_else(Into::into, |()| Self::Done)
    }
}
