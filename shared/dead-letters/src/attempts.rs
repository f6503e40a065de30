//! Batch calls until every entry is settled, for good or for bad.

use std::time::Duration;

use shotengai_kernel::Random;
use shotengai_messaging::backoff::Backoff;
use shotengai_messaging::metrics;
use shotengai_messaging::ports::fault::Fault;

/// How often an entry is tried. An operator waits: what does not pass in some seconds is reported, and stays.
pub(super) const ATTEMPTS: u32 = 5;

/// The waits between attempts.
pub(super) fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(2))
}

/// Outcome of a batch.
pub(super) struct Settled {
    /// One answer an entry, in order; the text of the last fault.
    pub(super) entries: Vec<Result<(), String>>,
    /// Whether the last call was answered, if only with refusals.
    pub(super) answered: bool,
}

/// Calls with all entries, then with those that failed but may pass, until none is left or patience is.
pub(super) async fn settle<T, F, Fut>(entries: &[T], random: &dyn Random, call: F) -> Settled
where
    T: Clone,
    F: Fn(Vec<T>) -> Fut,
    Fut: Future<Output = Result<Vec<Result<(), Fault>>, Fault>>,
{
    let mut answers: Vec<Result<(), String>> = entries.iter().map(|_| Err("no answer came".to_owned())).collect();
    let mut open: Vec<usize> = (0..entries.len()).collect();
    let mut answered = true;
    for attempt in 1..=ATTEMPTS {
        if open.is_empty() {
            break;
        }
        let batch: Vec<T> = open.iter().filter_map(|index| entries.get(*index).cloned()).collect();
        let mut again = Vec::new();
        match call(batch).await {
            Ok(results) => {
                answered = true;
                let mut results = results.into_iter();
                for index in open {
                    let (answer, retry) = match results.next() {
                        Some(Ok(())) => (Ok(()), false),
                        Some(Err(fault)) => {
                            metrics::count_fault(&fault);
                            (Err(fault.to_string()), fault.is_retryable())
                        }
                        None => (Err("the answer left it out".to_owned()), true),
                    };
                    if retry {
                        again.push(index);
                    }
                    if let Some(slot) = answers.get_mut(index) {
                        *slot = answer;
                    }
                }
            }
            Err(fault) => {
                answered = false;
                metrics::count_fault(&fault);
                for index in &open {
                    if let Some(slot) = answers.get_mut(*index) {
                        *slot = Err(fault.to_string());
                    }
                }
                if fault.is_retryable() {
                    again = open;
                }
            }
        }
        open = again;
        if !open.is_empty() && attempt < ATTEMPTS {
            tokio::time::sleep(backoff().delay(attempt, random)).await;
        }
    }
    Settled { entries: answers, answered }
}
