//! Outcomes of a request for each commit in it.

use crate::ports::fault::Fault;
use crate::ports::store::AppendError;

/// Outcome of one commit of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It has its answer.
    Done(Result<(), AppendError>),
    /// It goes once more, unchanged and by itself.
    Alone,
    /// The same after a pause: it was refused for now, or nobody knows.
    AloneLater,
}

/// One outcome a commit, in order.
///
/// A commit that is refused leaves the company of those whose slots are free, so that none waits for it, and is heard by
/// itself: what refuses a commit among others, a right that only requests of many need or a code that nobody knows yet, need
/// not refuse it alone. A request that is refused as a whole for more than the moment is taken apart likewise.
pub(super) fn outcomes(commits: usize, answer: Result<Vec<Result<(), AppendError>>, Fault>) -> Vec<Outcome> {
    match answer {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            (0..commits).map(|_| answers.next().map_or(Outcome::AloneLater, of_entry)).collect()
        }
        Err(fault) if !fault.is_retryable() => (0..commits).map(|_| Outcome::Alone).collect(),
        // The adapter has tried as often as it tries any request.
        Err(fault) => (0..commits).map(|_| Outcome::Done(Err(fault.clone().into()))).collect(),
    }
}

fn of_entry(answer: Result<(), AppendError>) -> Outcome {
    match answer {
        Err(AppendError::Fault(_)) => Outcome::AloneLater,
        answer => Outcome::Done(answer),
    }
}
