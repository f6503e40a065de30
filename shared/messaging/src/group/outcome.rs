//! Outcomes of a request for each write in it.

use super::Refusal;
use crate::ports::fault::Fault;

/// Outcome of one write of a request.
#[derive(Debug)]
pub(super) enum Outcome<A, R> {
    /// It has its answer.
    Done(Result<A, R>),
    /// It goes once more, unchanged and by itself.
    Alone,
    /// The same after a pause: it was refused for now, or nobody knows.
    AloneLater,
}

/// One outcome a write, in order.
///
/// A write that is refused leaves the company of those that are not, so that none waits for it, and is heard by itself: what
/// refuses a write among others, a right that only requests of many need or a code that nobody knows yet, need not refuse it
/// alone. A request that is refused as a whole for more than the moment is taken apart likewise.
pub(super) fn outcomes<A, R: Refusal>(writes: usize, answer: Result<Vec<Result<A, R>>, Fault>) -> Vec<Outcome<A, R>> {
    match answer {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            (0..writes).map(|_| answers.next().map_or(Outcome::AloneLater, of_entry)).collect()
        }
        Err(fault) if !fault.is_retryable() => (0..writes).map(|_| Outcome::Alone).collect(),
        // The adapter has tried as often as it tries any request.
        Err(fault) => (0..writes).map(|_| Outcome::Done(Err(fault.clone().into()))).collect(),
    }
}

fn of_entry<A, R: Refusal>(answer: Result<A, R>) -> Outcome<A, R> {
    match answer {
        Err(refusal) if refusal.fault().is_some() => Outcome::AloneLater,
        Err(refusal) if !refusal.is_complete() => Outcome::Alone,
        answer => Outcome::Done(answer),
    }
}
