//! Why a role gave no answer.

use shotengai_contracts::api::shared;
use shotengai_runtime::Problem;

/// A request without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody could be connected to: refused, no such name, no network. Nothing was sent.
    #[error("can't be connected to")]
    Unreachable,
    /// The connection ended before the answer's head. What was sent may have been done.
    #[error("the connection ended before an answer came")]
    Cut,
    /// No head in time. What was sent may have been done.
    #[error("no answer in time")]
    Slow,
    /// It has as many requests in hand as it may have. Nothing was sent.
    #[error("too many requests in hand")]
    Full,
    /// The client's own body ended it.
    #[error("the request's body: {0}")]
    Body(#[from] Fate),
}

/// How a request's body came to a bad end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fate {
    /// It took longer than this many seconds.
    #[error("late")]
    Late(u64),
    /// It has more bytes than this.
    #[error("too large")]
    TooLarge(usize),
    /// It broke off.
    #[error("broken off")]
    Broken,
}

const RETRY_SOON: u32 = 1;

impl Failure {
    /// One word for it, in numbers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Cut => "cut",
            Self::Slow => "slow",
            Self::Full => "full",
            Self::Body(_) => "body",
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn problem(self, role: &str) -> Problem {
        match self {
            Self::Unreachable => Problem::unavailable(RETRY_SOON).detail(format!("{role} is away; nothing was done")),
            Self::Full => Problem::unavailable(RETRY_SOON).detail(format!("{role} is busy; nothing was done")),
            Self::Cut => Problem::unavailable(RETRY_SOON).detail(format!("{role} went away; it may have been done")),
            Self::Slow => Problem::of(&shared::ROLE_TIMEOUT)
                .detail(format!("{role} did not answer in time; it may have been done"))
                .header(actix_web::http::header::RETRY_AFTER, RETRY_SOON),
            Self::Body(Fate::Late(seconds)) => Problem::body_timeout(std::time::Duration::from_secs(seconds)),
            Self::Body(Fate::TooLarge(limit)) => Problem::body_too_large(limit),
            Self::Body(Fate::Broken) => Problem::bad_request("the body could not be read"),
        }
    }
}
