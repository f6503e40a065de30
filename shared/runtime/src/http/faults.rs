//! Failures of ports, as clients see them. Logged here, once; the client learns only whether to try again.

use shotengai_messaging::{AppendError, ExecuteError, Fault};

use super::Problem;

const RETRY_AFTER_SECONDS: u32 = 1;

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        if fault.is_retryable() {
            tracing::warn!(error = %fault, "a dependency failed; the client is asked to try again");
            Self::unavailable(RETRY_AFTER_SECONDS)
        } else {
            tracing::error!(error = %fault, "a dependency refused; the request failed");
            Self::internal()
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Fault(fault) => fault.into(),
            AppendError::Conflict { .. } => Self::unavailable(RETRY_AFTER_SECONDS),
            AppendError::Unwritable(_) => {
                tracing::error!(%error, "a commit can never be written; the request failed");
                Self::internal()
            }
        }
    }
}

impl<E: Into<Self>> From<ExecuteError<E>> for Problem {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::Fault(fault) => fault.into(),
            ExecuteError::Contended => Self::unavailable(RETRY_AFTER_SECONDS),
            ExecuteError::Unwritable(reason) => AppendError::Unwritable(reason).into(),
        }
    }
}
