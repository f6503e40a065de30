//! What a request's answer means for each commit in it.

use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::AppendError;

/// What becomes of one commit of a request.
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
/// A commit that is refused for now leaves the company of those whose slots are free, so that none waits for it. A request
/// that is refused for good as a whole may have one commit to blame: each goes by itself, and only that one is refused again.
pub(super) fn outcomes(commits: usize, answer: Result<Vec<Result<(), AppendError>>, Fault>) -> Vec<Outcome> {
    match answer {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            (0..commits).map(|_| answers.next().map_or(Outcome::AloneLater, of_entry)).collect()
        }
        Err(fault) if fault.kind() == FaultKind::Permanent => (0..commits).map(|_| Outcome::Alone).collect(),
        // The adapter has tried as often as it tries any request.
        Err(fault) => (0..commits).map(|_| Outcome::Done(Err(fault.clone().into()))).collect(),
    }
}

fn of_entry(answer: Result<(), AppendError>) -> Outcome {
    match answer {
        Err(AppendError::Fault(fault)) if fault.is_retryable() => Outcome::AloneLater,
        answer => Outcome::Done(answer),
    }
}
