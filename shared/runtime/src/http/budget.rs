//! Memory for request bodies that are being read: a budget for all of a process.
//!
//! A body is read into memory before anybody can judge it, and a client may take its time over that. So room for it is
//! taken before its first byte is read. Small bodies, as nearly all are, have a budget of their own: whoever fills the other
//! one with large bodies that never end keeps no order out.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;

/// A body that declares no more than this is small.
const SMALL: usize = 16 * 1024;
/// Of all small bodies together, in bytes.
const FOR_SMALL: usize = 16 * 1024 * 1024;
/// Of all others together.
const FOR_LARGE: usize = 24 * 1024 * 1024;

/// Memory for all bodies that a process is reading.
pub struct BodyBudget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// Room for one body, until dropped.
#[derive(Debug)]
pub struct BodyRoom {
    _bytes: OwnedSemaphorePermit,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self { small: Arc::new(Semaphore::new(FOR_SMALL)), large: Arc::new(Semaphore::new(FOR_LARGE)) }
    }
}

impl BodyBudget {
    /// Room for a body of which at most `most` bytes are kept; `declared` is its length, if it says one.
    ///
    /// # Errors
    /// A [`Problem`]: 503 when there is none.
    pub fn take(&self, declared: Option<usize>, most: usize) -> Result<BodyRoom, Problem> {
        let bytes = declared.unwrap_or(most).min(most);
        let budget = if bytes <= SMALL { &self.small } else { &self.large };
        // No body is near the 4 GB that a permit can count.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = Arc::clone(budget).try_acquire_many_owned(bytes);
        taken
            .map(|bytes| BodyRoom { _bytes: bytes })
            .map_err(|_| Problem::unavailable(1).detail("too many bodies are on their way in; nothing was done"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 64 * 1024;

    #[test]
    fn large_bodies_have_a_bound_in_all_and_leave_small_ones_their_room() {
        let budget = BodyBudget::default();
        let mut held: Vec<_> = (0..FOR_LARGE / MOST).map(|_| budget.take(Some(usize::MAX), MOST).unwrap()).collect();
        for large in [None, Some(MOST), Some(SMALL + 1)] {
            assert_eq!(budget.take(large, MOST).unwrap_err().status(), 503, "{large:?}");
        }
        budget.take(Some(SMALL), MOST).unwrap();
        held.pop();
        budget.take(None, MOST).unwrap();
    }

    #[test]
    fn small_bodies_have_one_too() {
        let budget = BodyBudget::default();
        let _held: Vec<_> = (0..FOR_SMALL / SMALL).map(|_| budget.take(Some(SMALL), MOST).unwrap()).collect();
        assert_eq!(budget.take(Some(1), MOST).unwrap_err().status(), 503);
        assert!(budget.take(Some(0), MOST).is_ok() && budget.take(None, MOST).is_ok());
    }
}
