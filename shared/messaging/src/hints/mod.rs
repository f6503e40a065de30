//! Hints within one process: who has just written something wakes who reads it, if both run here.
//!
//! A reader that polls, or whose long poll the local AWS answers late, so comes to what was written at once. **Nothing
//! depends on a hint.** It may be missing (another process wrote), early (what was written can't be read yet) or wrong
//! (another process reads that shard); whoever gets none reads when its time has come. Hints of the same moment are one.
//!
//! - [`Hints`]: a process's sources. [`Wake`]: what one reader waits for.
//! - `infrastructure`: writers of the stream and of the topic that give hints once they have their answer.

mod infrastructure;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use shotengai_contracts::topology::QueueSpec;
use tokio::sync::Notify;

pub use self::infrastructure::HintingInfrastructure;

/// A process's hints. Cheap to clone; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Hints(Arc<Sources>);

#[derive(Debug, Default)]
struct Sources {
    /// Readers of the stream, by shard.
    shards: Mutex<BTreeMap<String, Arc<Source>>>,
    /// Consumers, by queue, each with what the topic sends its queue.
    queues: Mutex<BTreeMap<&'static str, (QueueSpec, Arc<Source>)>>,
    /// Consumers get none: their long polls are answered as soon as there is something.
    spares_queues: bool,
}

#[derive(Debug, Default)]
struct Source {
    given: AtomicU64,
    changed: Notify,
}

impl Source {
    fn give(&self) {
        self.given.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}

impl Hints {
    /// Hints for readers of the stream alone. On AWS a long poll is answered at once, and a receive that a hint brings would
    /// be paid for nothing.
    #[must_use]
    pub fn sparing_queues() -> Self {
        Self(Arc::new(Sources { spares_queues: true, ..Sources::default() }))
    }

    /// Wakes whoever reads this shard of the stream.
    #[must_use]
    pub fn of_shard(&self, shard: &str) -> Wake {
        let mut shards = self.0.shards.lock().unwrap_or_else(PoisonError::into_inner);
        Wake::of(Arc::clone(shards.entry(shard.to_owned()).or_default()))
    }

    /// Wakes whoever consumes this queue.
    #[must_use]
    pub fn of_queue(&self, queue: &QueueSpec) -> Wake {
        if self.0.spares_queues {
            return Wake::never();
        }
        let mut queues = self.0.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, source) = queues.entry(queue.name).or_insert_with(|| (*queue, Arc::default()));
        Wake::of(Arc::clone(source))
    }

    /// The stream has taken something: into this shard, or nobody knows into which.
    pub fn streamed(&self, shard: Option<&str>) {
        let shards = self.0.shards.lock().unwrap_or_else(PoisonError::into_inner);
        match shard {
            Some(shard) => shards.get(shard).into_iter().for_each(|source| source.give()),
            None => shards.values().for_each(|source| source.give()),
        }
    }

    /// The topic has taken an event of this type.
    pub fn published(&self, event_type: &str) {
        let queues = self.0.queues.lock().unwrap_or_else(PoisonError::into_inner);
        for (queue, source) in queues.values() {
            if queue.events().iter().any(|event| event.as_str() == event_type) {
                source.give();
            }
        }
    }
}

/// What one reader waits for beside its own time. A clone begins where the original stands.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    source: Option<Arc<Source>>,
    seen: u64,
}

impl Wake {
    /// Hints of which none comes.
    #[must_use]
    pub const fn never() -> Self {
        Self { source: None, seen: 0 }
    }

    fn of(source: Arc<Source>) -> Self {
        let seen = source.given.load(Ordering::Acquire);
        Self { source: Some(source), seen }
    }

    /// Whether hints can come at all.
    #[must_use]
    pub const fn can_come(&self) -> bool {
        self.source.is_some()
    }

    /// Takes all hints until now as heard: a read that begins now covers them.
    pub fn hear(&mut self) {
        if let Some(source) = &self.source {
            self.seen = source.given.load(Ordering::Acquire);
        }
    }

    /// Waits for a hint that was not heard, and hears it. Safe to drop.
    pub async fn hinted(&mut self) {
        let Some(source) = &self.source else { return std::future::pending().await };
        loop {
            // Before the look: what is given between the two wakes this one, too.
            let changed = source.changed.notified();
            let given = source.given.load(Ordering::Acquire);
            if given != self.seen {
                self.seen = given;
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shotengai_contracts::topology::queues;
    use tokio::time::timeout;

    use super::*;

    async fn comes(wake: &mut Wake) -> bool {
        timeout(Duration::from_secs(1), wake.hinted()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn hints_of_the_same_moment_are_one_and_none_is_lost_before_somebody_waits() {
        let hints = Hints::default();
        let (mut one, mut other) = (hints.of_shard("1"), hints.of_shard("2"));
        hints.streamed(Some("1"));
        hints.streamed(Some("1"));
        assert!(comes(&mut one).await);
        assert!(!comes(&mut one).await, "both were one");
        assert!(!comes(&mut other).await, "of another shard");
        hints.streamed(None);
        assert!(comes(&mut one).await && comes(&mut other).await, "of any shard");
        hints.streamed(Some("1"));
        one.hear();
        assert!(!comes(&mut one).await, "a read has covered it");
        assert!(!comes(&mut Wake::never()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken() {
        let hints = Hints::default();
        let mut wake = hints.of_shard("1");
        let waiting = tokio::spawn(async move { wake.hinted().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        hints.streamed(Some("1"));
        waiting.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_hears_of_the_events_that_the_topic_sends_it_and_of_no_others() {
        let hints = Hints::default();
        let (mut tally, mut order) = (hints.of_queue(&queues::TALLY), hints.of_queue(&queues::ORDER));
        hints.published("OrderPaid");
        assert!(comes(&mut tally).await);
        assert!(!comes(&mut order).await);
        assert!(!Hints::sparing_queues().of_queue(&queues::TALLY).can_come());
    }
}
