//! So many letters a second.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Spreads letters evenly: a second's worth may go at once, never more.
pub(super) struct Pacer {
    per_second: Option<NonZeroU32>,
    next: Instant,
}

impl Pacer {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self { per_second, next: Instant::now() }
    }

    /// The most letters of one batch.
    pub(super) fn batch(&self, most: usize) -> usize {
        let per_second = self.per_second.map_or(most, |pace| usize::try_from(pace.get()).unwrap_or(most));
        per_second.min(most)
    }

    /// Waits until letters may go; false when told to stop meanwhile.
    pub(super) async fn wait(&self, cancel: &CancellationToken) -> bool {
        tokio::select! {
            biased;
            () = cancel.cancelled() => false,
            () = tokio::time::sleep_until(self.next) => true,
        }
    }

    /// Counts letters that go now.
    pub(super) fn spend(&mut self, letters: usize) {
        let Some(pace) = self.per_second else { return };
        let cost = Duration::from_secs(1).saturating_mul(u32::try_from(letters).unwrap_or(u32::MAX)) / pace.get();
        self.next = self.next.max(Instant::now()) + cost;
    }
}
