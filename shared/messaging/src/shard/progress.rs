//! Finds shards that have records and don't move.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use tokio::time::Instant;

use crate::metrics;

/// How a shard's reading gets on. Its reader writes, the coordinator looks: a reader that hangs says nothing.
#[derive(Debug)]
pub(super) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    position: Option<String>,
    /// Since when there is something to read, or it is not known whether there is, and the shard hasn't moved.
    waiting_since: Option<Instant>,
    /// How far behind the stream's end the reading was at the least since it last moved.
    least_behind: i64,
    is_stuck: bool,
}

impl Progress {
    /// Of a shard that is about to be read.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            position: None,
            waiting_since: Some(Instant::now()),
            least_behind: i64::MAX,
            is_stuck: false,
        }))
    }

    /// The shard came to this position; `lag`: there is more.
    pub(super) fn moved(&self, position: Option<&String>, lag: bool) {
        self.set(|state| {
            state.position = position.cloned();
            state.waiting_since = lag.then(Instant::now);
            state.least_behind = i64::MAX;
        });
    }

    /// A read that found so many records, so many milliseconds behind the stream's end.
    ///
    /// One that finds nothing moves, too, where it comes nearer to the end: after a long silence Kinesis answers many of
    /// those before the next record. Coming nearer counts no more once there are records: they are to be handled.
    pub(super) fn read(&self, records: usize, behind_ms: i64) {
        if records == 0 && behind_ms <= 0 {
            self.set(|state| (state.waiting_since, state.least_behind) = (None, i64::MAX));
            return;
        }
        self.set(|state| {
            let nearer = records == 0 && behind_ms < state.least_behind;
            if nearer {
                state.least_behind = behind_ms;
            }
            if nearer || state.waiting_since.is_none() {
                state.waiting_since = Some(Instant::now());
            }
        });
    }

    /// Nothing is known any more.
    pub(super) fn failed(&self) {
        self.set(|state| {
            state.waiting_since.get_or_insert_with(Instant::now);
        });
    }

    fn set<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks, and says it when a shard has become stuck or moves again.
    pub(super) fn look(&self, reader: &'static str, shard: &str, stuck_after: Duration) {
        self.set(|state| {
            let since = state.waiting_since.map(|since| since.elapsed());
            let stuck = since.is_some_and(|since| since >= stuck_after);
            let position = state.position.as_deref().unwrap_or("the start");
            if stuck && !state.is_stuck {
                let since_seconds = since.unwrap_or_default().as_secs();
                tracing::error!(
                    reader,
                    shard,
                    position,
                    since_seconds,
                    "the shard is stuck: it has records and doesn't move"
                );
            }
            if !stuck && state.is_stuck {
                tracing::info!(reader, shard, position, "the shard moves again");
            }
            state.is_stuck = stuck;
            metrics::SHARD_STUCK.record(i64::from(stuck), &[KeyValue::new("shard", shard.to_owned())]);
        });
    }

    /// The shard isn't this process's any more.
    pub(super) fn end(&self, shard: &str) {
        self.set(|state| (state.waiting_since, state.is_stuck) = (None, false));
        let labels = [KeyValue::new("shard", shard.to_owned())];
        metrics::SHARD_STUCK.record(0, &labels);
        metrics::SHARD_LAG.record(0, &labels);
    }

    #[cfg(test)]
    fn is_stuck(&self) -> bool {
        self.set(|state| state.is_stuck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_shard_is_stuck_once_it_has_had_records_and_not_moved_for_long_enough() {
        let progress = Progress::new();
        let looks = |seconds| {
            let progress = &progress;
            async move {
                tokio::time::advance(Duration::from_secs(seconds)).await;
                progress.look("bridge", "shard", Duration::from_secs(60));
                progress.is_stuck()
            }
        };
        progress.read(0, 0);
        assert!(!looks(600).await, "nothing to read, nothing stuck");
        progress.read(3, 0);
        assert!(!looks(59).await);
        progress.read(3, 0);
        assert!(looks(1).await, "reading the same again is no progress");
        progress.moved(Some(&"7".to_owned()), true);
        assert!(!looks(59).await, "it moved");
        progress.failed();
        assert!(looks(1).await, "a read that fails is no progress");
        progress.read(0, 0);
        assert!(!looks(600).await, "all is read");
        progress.failed();
        assert!(!looks(59).await);
        assert!(looks(1).await, "whether there are records is not known while reads fail");
        progress.end("shard");
        assert!(!looks(600).await);
    }

    #[tokio::test(start_paused = true)]
    async fn reads_that_find_nothing_move_as_long_as_they_come_nearer_to_the_end() {
        let progress = Progress::new();
        let reads = |records, behind_ms| {
            let progress = &progress;
            async move {
                tokio::time::advance(Duration::from_secs(40)).await;
                progress.read(records, behind_ms);
                progress.look("bridge", "shard", Duration::from_secs(60));
                progress.is_stuck()
            }
        };
        for behind_ms in (1..=20).rev() {
            assert!(!reads(0, behind_ms * 300_000).await, "it comes nearer");
        }
        assert!(!reads(0, 340_000).await);
        assert!(reads(0, 380_000).await, "it stands still, and the end moves away from it");
        assert!(!reads(0, 200_000).await, "nearer than ever");
        assert!(!reads(5, 160_000).await);
        assert!(reads(5, 120_000).await, "the same records again, which nobody takes");
        progress.moved(Some(&"7".to_owned()), true);
        assert!(!reads(0, 500_000).await, "after a record the counting begins anew");
    }
}
