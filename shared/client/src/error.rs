//! Why there is no good answer.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use shotengai_contracts::api::ProblemType;
use shotengai_contracts::api::problem::Problem;

/// A call that came to nothing good. No text quotes what was sent.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Not sent, or not answered; it may have been done.
    #[error("{0}")]
    Unanswered(#[source] reqwest::Error),
    /// The server said no.
    #[error("{status}{}", what(.problem.as_deref()))]
    Refused {
        /// The status.
        status: StatusCode,
        /// The problem document, if it was one.
        problem: Option<Box<Problem>>,
        /// How long to wait before another try, if the server says so.
        retry_after: Option<Duration>,
    },
    /// The answer is good, but not what the route promises.
    #[error("{status}, but the answer can't be read")]
    Unreadable {
        /// The status.
        status: StatusCode,
    },
}

fn what(problem: Option<&Problem>) -> String {
    problem.map(|problem| format!(": {}", problem.detail.as_ref().unwrap_or(&problem.title))).unwrap_or_default()
}

impl CallError {
    pub(crate) fn unanswered(error: reqwest::Error) -> Self {
        // The URL may hold what is nobody else's business.
        Self::Unanswered(error.without_url())
    }

    pub(crate) async fn refused(response: Response) -> Self {
        let status = response.status();
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Self::unanswered(error),
        };
        let problem = serde_json::from_slice(&body).ok();
        Self::Refused { status, problem, retry_after: seconds.map(Duration::from_secs) }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Unanswered(_) => None,
            Self::Refused { status, .. } | Self::Unreadable { status } => Some(*status),
        }
    }

    /// Whether it is a refusal of this type.
    #[must_use]
    pub fn is(&self, of: &ProblemType) -> bool {
        matches!(self, Self::Refused { problem: Some(problem), .. } if problem.is(of))
    }

    /// Whether the same call may go better later: nobody answered, somebody was too busy, or the fault was theirs.
    #[must_use]
    pub fn is_worth_another_try(&self) -> bool {
        match self {
            Self::Unanswered(_) => true,
            Self::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::Unreadable { .. } => false,
        }
    }
}
