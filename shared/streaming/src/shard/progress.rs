//! Finds shards that have records and don't move.
//!
//! What is known of a shard outlives its holdings: a reader that dies at a record and is taken up again, here or by
//! turns with another member, is no new beginning. Only a checkpoint that moves is. Each process knows what it has
//! seen itself: it begins with nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::checkpoint::Checkpoint;
use crate::metrics;

/// How a shard's reading gets on. Its reader writes, the coordinator looks: a reader that hangs says nothing.
#[derive(Debug)]
pub(super) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Whether this process answers for the shard. If not, nothing is shown: whoever holds it shows it.
    is_ours: bool,
    /// The checkpoint's position, and the epoch under which it was last claimed here; 0 before.
    position: Option<String>,
    epoch: u64,
    /// Since when there is something to read, or it is not known whether there is, and the shard hasn't moved.
    waiting_since: Option<Instant>,
    /// The same as it stood when the shard was left.
    left_waiting: Option<Instant>,
    /// Whether records were seen behind the position: then they wait for whoever reads next, too.
    has_records: bool,
    /// An earlier reader came no further than this one's start: what is applied is a repetition until it is saved.
    is_repeating: bool,
    /// The checkpoint row can't be read.
    is_blocked: bool,
    /// How far behind the stream's end the reading was at the least since it last moved.
    least_behind: i64,
    is_stuck: bool,
}

impl State {
    fn moved(&mut self, lag: bool) {
        self.waiting_since = lag.then(Instant::now);
        self.has_records = false;
        self.least_behind = i64::MAX;
    }
}

impl Progress {
    /// Of a shard that this process has never read.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            is_ours: false,
            position: None,
            epoch: 0,
            waiting_since: None,
            left_waiting: None,
            has_records: false,
            is_repeating: false,
            is_blocked: false,
            least_behind: i64::MAX,
            is_stuck: false,
        }))
    }

    /// The shard is about to be read here.
    pub(super) fn taken(&self) {
        self.set(|state| state.is_blocked = false);
        self.answer_for();
    }

    /// Its checkpoint row can't be read, so nobody reads it: each that sees this answers for it.
    pub(super) fn blocked(&self) {
        self.set(|state| state.is_blocked = true);
        self.answer_for();
    }

    fn answer_for(&self) {
        self.set(|state| {
            // What others did meanwhile isn't known before the claim.
            if !state.is_ours {
                let waiting = state.waiting_since.take();
                state.left_waiting = state.left_waiting.or(waiting);
            }
            state.is_ours = true;
            state.waiting_since.get_or_insert_with(Instant::now);
        });
    }

    /// A reader begins at this checkpoint, which it has claimed.
    pub(super) fn begin(&self, checkpoint: &Checkpoint) {
        self.set(|state| {
            let same = state.epoch > 0 && state.position == checkpoint.position;
            // Without records that surely wait, what another saw meanwhile may have been an empty shard.
            let goes_on = same && (state.has_records || checkpoint.epoch == state.epoch + 1);
            if goes_on {
                state.waiting_since = state.left_waiting.or(state.waiting_since);
            } else {
                state.moved(true);
            }
            state.left_waiting = None;
            state.is_repeating = goes_on;
            state.position.clone_from(&checkpoint.position);
            state.epoch = checkpoint.epoch;
        });
    }

    /// Records were applied; `lag`: there are more.
    pub(super) fn applied(&self, lag: bool) {
        self.set(|state| {
            if !state.is_repeating {
                state.moved(lag);
            }
        });
    }

    /// The checkpoint stands at this position for good.
    pub(super) fn saved(&self, position: Option<&String>) {
        self.set(|state| {
            if state.position.as_ref() != position {
                state.position = position.cloned();
                state.is_repeating = false;
                state.moved(state.waiting_since.is_some());
            }
        });
    }

    /// A read that found so many records, so many milliseconds behind the stream's end.
    ///
    /// One that finds nothing moves, too, where it comes nearer to the end: after a long silence Kinesis answers many of
    /// those before the next record. Coming nearer counts no more once there are records: they are to be handled.
    pub(super) fn read(&self, records: usize, behind_ms: i64) {
        if records == 0 && behind_ms <= 0 {
            self.set(|state| {
                state.moved(false);
                state.is_repeating = false;
            });
            return;
        }
        self.set(|state| {
            state.has_records |= records > 0;
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
            if !state.is_ours {
                return;
            }
            let since = state.waiting_since.map(|since| since.elapsed());
            let stuck = since.is_some_and(|since| since >= stuck_after);
            let position = state.position.as_deref().unwrap_or("the start");
            if stuck && !state.is_stuck {
                let since_seconds = since.unwrap_or_default().as_secs();
                let why = if state.is_blocked {
                    "its checkpoint row can't be read"
                } else {
                    "it has records and doesn't move"
                };
                tracing::error!(reader, shard, position, since_seconds, "the shard is stuck: {why}");
            }
            if !stuck && state.is_stuck {
                tracing::info!(reader, shard, position, "the shard moves again");
            }
            state.is_stuck = stuck;
            metrics::SHARD_STUCK.record(stuck, [reader.into(), shard.to_owned().into()]);
        });
    }

    /// The shard isn't this process's any more, nor shown by it; what is known of it is kept.
    pub(super) fn leave(&self, reader: &'static str, shard: &str) {
        self.set(|state| {
            if !state.is_ours {
                return;
            }
            (state.is_ours, state.is_blocked, state.is_stuck) = (false, false, false);
            metrics::SHARD_STUCK.record(0, [reader.into(), shard.to_owned().into()]);
            metrics::SHARD_LAG.record(0, [reader.into(), shard.to_owned().into()]);
        });
    }

    #[cfg(test)]
    fn is_stuck(&self) -> bool {
        self.set(|state| state.is_stuck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(epoch: u64, position: &str) -> Checkpoint {
        let position = Some(position.to_owned());
        Checkpoint { epoch, owner: "me".to_owned(), position, ended: false, beat: 0 }
    }

    /// Of a shard that is read here from position 6 on, under epoch 1.
    fn reading() -> Progress {
        let progress = Progress::new();
        progress.taken();
        progress.begin(&checkpoint(1, "6"));
        progress
    }

    async fn looks(progress: &Progress, seconds: u64) -> bool {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        progress.look("bridge", "shard", Duration::from_secs(60));
        progress.is_stuck()
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_is_stuck_once_it_has_had_records_and_not_moved_for_long_enough() {
        let progress = &reading();
        progress.read(0, 0);
        assert!(!looks(progress, 600).await, "nothing to read, nothing stuck");
        progress.read(3, 0);
        assert!(!looks(progress, 59).await);
        progress.read(3, 0);
        assert!(looks(progress, 1).await, "reading the same again is no progress");
        progress.applied(true);
        assert!(!looks(progress, 59).await, "it moved");
        progress.failed();
        assert!(looks(progress, 1).await, "a read that fails is no progress");
        progress.read(0, 0);
        assert!(!looks(progress, 600).await, "all is read");
        progress.failed();
        assert!(!looks(progress, 59).await);
        assert!(looks(progress, 1).await, "whether there are records is not known while reads fail");
        progress.leave("bridge", "shard");
        assert!(!looks(progress, 600).await, "whoever has it shows it");
    }

    #[tokio::test(start_paused = true)]
    async fn reads_that_find_nothing_move_as_long_as_they_come_nearer_to_the_end() {
        let progress = &reading();
        let reads = |records, behind_ms| async move {
            tokio::time::advance(Duration::from_secs(40)).await;
            progress.read(records, behind_ms);
            looks(progress, 0).await
        };
        for behind_ms in (1..=20).rev() {
            assert!(!reads(0, behind_ms * 300_000).await, "it comes nearer");
        }
        assert!(!reads(0, 340_000).await);
        assert!(reads(0, 380_000).await, "it stands still, and the end moves away from it");
        assert!(!reads(0, 200_000).await, "nearer than ever");
        assert!(!reads(5, 160_000).await);
        assert!(reads(5, 120_000).await, "the same records again, which nobody takes");
        progress.applied(true);
        assert!(!reads(0, 500_000).await, "after a record the counting begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn readers_that_come_no_further_than_the_one_before_are_no_progress() {
        let progress = &reading();
        for epoch in 2..=20 {
            assert_eq!(looks(progress, 4).await, epoch >= 17, "epoch {epoch}");
            // Each applies some and dies before it has saved that.
            progress.read(3, 500);
            progress.applied(true);
            progress.read(1, 0);
            progress.taken();
            progress.begin(&checkpoint(epoch, "6"));
        }
        progress.read(3, 500);
        progress.applied(true);
        assert!(looks(progress, 1).await, "a repetition");
        progress.saved(Some(&"8".to_owned()));
        assert!(!looks(progress, 59).await, "the checkpoint has moved");
        progress.applied(true);
        assert!(!looks(progress, 59).await, "what is new counts at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_that_comes_back_is_waiting_only_if_nobody_can_have_moved_it() {
        for (position, seen, epoch, stuck) in [
            // Its records still wait, whoever tried meanwhile.
            ("6", 3, 5, true),
            // Another has moved it.
            ("9", 3, 5, false),
            // Another may have found nothing to read; nobody else may.
            ("6", 0, 5, false),
            ("6", 0, 2, true),
        ] {
            let progress = &reading();
            progress.read(seen, 100);
            progress.leave("bridge", "shard");
            assert!(!looks(progress, 600).await);
            progress.taken();
            assert!(!looks(progress, 1).await, "not known yet");
            progress.begin(&checkpoint(epoch, position));
            assert_eq!(looks(progress, 1).await, stuck, "position {position}, {seen} records, epoch {epoch}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_whose_row_can_not_be_read_is_stuck_by_each_that_sees_it() {
        let progress = &Progress::new();
        progress.blocked();
        assert!(!looks(progress, 59).await);
        progress.blocked();
        assert!(looks(progress, 1).await);
        progress.leave("bridge", "shard");
        assert!(!looks(progress, 1).await, "repaired");
    }
}
