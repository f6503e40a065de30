//! Waking reads that wait for a version: each is woken by its own ids and by no others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shotengai_kernel::AggregateId;
use tokio::sync::Notify;

/// Aggregates that reads of this process wait for.
#[derive(Default)]
pub struct Applied {
    waiting: Mutex<BTreeMap<AggregateId, Vec<Arc<Notify>>>>,
}

impl Applied {
    /// Wakes whoever waits for one of these.
    pub fn wake<'a>(&self, ids: impl IntoIterator<Item = &'a AggregateId>) {
        let waiting = self.lock();
        for reader in ids.into_iter().filter_map(|id| waiting.get(id)).flatten() {
            // Kept for a reader that is just looking.
            reader.notify_one();
        }
    }

    /// Registers a read that waits for these, until the answer is dropped.
    pub(crate) fn waiting_for(self: &Arc<Self>, ids: impl IntoIterator<Item = AggregateId>) -> Waiting {
        let waiting = Waiting { applied: Arc::clone(self), ids: ids.into_iter().collect(), woken: Arc::default() };
        let mut all = self.lock();
        for id in &waiting.ids {
            all.entry(id.clone()).or_default().push(Arc::clone(&waiting.woken));
        }
        drop(all);
        waiting
    }

    /// Every id that somebody waits for.
    pub(crate) fn ids(&self) -> Vec<AggregateId> {
        self.lock().keys().cloned().collect()
    }

    // Nothing in here can be left half done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AggregateId, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read that waits.
pub(crate) struct Waiting {
    applied: Arc<Applied>,
    ids: Vec<AggregateId>,
    woken: Arc<Notify>,
}

impl Waiting {
    /// Returns when one of the ids was applied since the last time.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut all = self.applied.lock();
        for id in &self.ids {
            if let Some(readers) = all.get_mut(id) {
                readers.retain(|reader| !Arc::ptr_eq(reader, &self.woken));
                if readers.is_empty() {
                    all.remove(id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use shotengai_kernel::ProductId;

    use super::*;

    fn id(text: &str) -> AggregateId {
        AggregateId::from(&ProductId::parse(text).unwrap())
    }

    #[test]
    fn only_who_waits_for_what_was_applied_is_woken() {
        let applied = Arc::new(Applied::default());
        let [mine, others] = ["prod_a", "prod_b"].map(|text| applied.waiting_for([id(text)]));
        applied.wake([&id("prod_a"), &id("prod_c")]);
        assert_eq!(mine.woken().now_or_never(), Some(()), "although it came before the wait");
        assert_eq!(others.woken().now_or_never(), None);
        assert_eq!(mine.woken().now_or_never(), None, "once");
    }

    #[test]
    fn who_has_gone_is_forgotten_and_the_others_stay() {
        let applied = Arc::new(Applied::default());
        let stays = applied.waiting_for([id("prod_a")]);
        drop(applied.waiting_for([id("prod_a"), id("prod_b"), id("prod_a")]));
        assert_eq!(applied.ids(), [id("prod_a")]);
        applied.wake([&id("prod_a")]);
        assert_eq!(stays.woken().now_or_never(), Some(()));
        drop(stays);
        assert_eq!(applied.ids(), []);
    }
}
