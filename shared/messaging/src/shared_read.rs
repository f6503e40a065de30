//! One reading for many readers.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Fault;

/// A reading that all share who ask for it at the same time: whatever it asks sees one at a time, however many ask.
pub struct SharedRead<T> {
    latest: Mutex<Option<Reading<T>>>,
}

/// When it began, and what came of it.
type Reading<T> = (Instant, Result<Arc<T>, Fault>);

impl<T> Default for SharedRead<T> {
    fn default() -> Self {
        Self { latest: Mutex::new(None) }
    }
}

impl<T> SharedRead<T> {
    /// What `read` answers, or what it answered somebody else who began no earlier than `since`, a fault included. Where the
    /// one who reads is dropped, the next one reads.
    ///
    /// # Errors
    /// The [`Fault`] of the reading.
    pub async fn since<F>(&self, since: Instant, read: F) -> Result<Arc<T>, Fault>
    where
        F: AsyncFnOnce() -> Result<T, Fault>,
    {
        // Held across the reading: whoever asks meanwhile finds it here.
        let mut latest = self.latest.lock().await;
        if let Some((began, read)) = &*latest
            && *began >= since
        {
            return read.clone();
        }
        let began = Instant::now();
        let read = read().await.map(Arc::new);
        *latest = Some((began, read.clone()));
        read
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use futures::future::join_all;

    use super::*;
    use crate::FaultKind;

    const TAKES: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_somebody_reads_shares_the_next_reading() {
        let (shared, readings) = (SharedRead::default(), AtomicU32::new(0));
        let read = async || {
            let reading = readings.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(TAKES).await;
            Ok(reading)
        };
        let first = shared.since(Instant::now(), read);
        let later = join_all((0..50).map(|_| async {
            tokio::time::sleep(TAKES / 2).await;
            shared.since(Instant::now(), read).await.map(|reading| *reading)
        }));
        let (first, later) = tokio::join!(first, later);
        assert_eq!(*first.unwrap(), 0, "nobody gets what is older than their question");
        assert!(later.into_iter().all(|reading| reading.unwrap() == 1), "one for all");
        let old = Instant::now() - TAKES * 2;
        assert_eq!(*shared.since(old, read).await.unwrap(), 1, "who is content with it gets what was read");
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_is_shared_too_and_one_who_goes_leaves_the_reading_to_the_next() {
        let (shared, readings) = (SharedRead::<()>::default(), AtomicU32::new(0));
        let fail = async || {
            readings.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(TAKES).await;
            Err(Fault::new(FaultKind::Throttled, "test", "no"))
        };
        let asked = Instant::now();
        assert!(tokio::time::timeout(TAKES / 2, shared.since(asked, fail)).await.is_err(), "it goes");
        let outcomes = join_all((0..50).map(|_| shared.since(asked, fail))).await;
        assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().kind() == FaultKind::Throttled));
        assert_eq!(readings.load(Ordering::Relaxed), 2);
    }
}
