//! Failures of ports, as clients see them. Logged here, once; the client learns only whether to try again.

use std::convert::Infallible;

use shotengai_contracts::api::as_of::AS_OF_TOO_FAR;
use shotengai_messaging::{CommandError, Fault, FaultKind, LookBackError};

use super::Problem;

const RETRY_AFTER_SECONDS: u32 = 1;

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        if fault.kind() == FaultKind::Denied {
            tracing::error!(error = %fault, "the installation denies what a request needs; it waits for an operator");
            Self::unavailable(RETRY_AFTER_SECONDS)
        } else if fault.is_retryable() {
            tracing::warn!(error = %fault, "a dependency failed; the client is asked to try again");
            Self::unavailable(RETRY_AFTER_SECONDS)
        } else {
            tracing::error!(error = %fault, "a dependency refused; the request failed");
            Self::internal()
        }
    }
}

impl From<LookBackError> for Problem {
    fn from(error: LookBackError) -> Self {
        match error {
            LookBackError::Fault(fault) => fault.into(),
            LookBackError::Busy => Self::unavailable(RETRY_AFTER_SECONDS).detail(error.to_string()),
            LookBackError::TooFar => Self::of(&AS_OF_TOO_FAR).detail(error.to_string()).parameter("as_of"),
        }
    }
}

/// For commands that are never refused.
impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<E: Into<Self>> From<CommandError<E>> for Problem {
    fn from(error: CommandError<E>) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::Fault(fault) => fault.into(),
            CommandError::Contended => Self::unavailable(RETRY_AFTER_SECONDS),
            CommandError::Unwritable(error) => {
                tracing::error!(error, "a commit can never be written; the request failed");
                Self::internal()
            }
        }
    }
}
