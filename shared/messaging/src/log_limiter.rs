//! What goes on and on is logged now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Lets a word pass once in a while for each subject.
#[derive(Debug)]
pub struct LogLimiter {
    every: Duration,
    last: BTreeMap<String, Instant>,
}

impl LogLimiter {
    /// At most one word about a subject in `every`.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self { every, last: BTreeMap::new() }
    }

    /// Whether something may be said about `subject` now.
    pub fn may(&mut self, subject: &str) -> bool {
        let now = Instant::now();
        // What may be said again is as good as never said: the map stays small.
        self.last.retain(|_, at| now.duration_since(*at) < self.every);
        if self.last.contains_key(subject) {
            return false;
        }
        self.last.insert(subject.to_owned(), now);
        true
    }
}
