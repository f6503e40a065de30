//! Reads one shard under a claim of its checkpoint.

use std::time::Duration;

use shotengai_messaging::LogLimiter;
use shotengai_messaging::backoff::Backoff;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::fault::{Fault, FaultKind};
use shotengai_messaging::ports::stream::{CursorExpired, PositionGone, ReadRecord, ShardCursor, StartAt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::StreamConsumer;
use super::pace::Pace;
use super::progress::Progress;
use super::push::Push;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::metrics;

const LOG_EVERY: Duration = Duration::from_secs(30);

/// How the reading of a shard came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was told to.
    Stopped,
    /// The shard is closed and read to its end, and the checkpoint says so.
    ShardRead,
    /// Another claimed the checkpoint.
    Fenced,
    /// The checkpoint row is none.
    Unreadable,
}

/// How a shard's reading is told to end.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// At once: what the handler has in hand is left to it.
    pub(super) now: CancellationToken,
    /// At a batch's end: the shard is to be another's.
    pub(super) at_batch_end: CancellationToken,
}

impl Stop {
    pub(super) fn is_asked(&self) -> bool {
        self.now.is_cancelled() || self.at_batch_end.is_cancelled()
    }

    pub(super) async fn asked(&self) {
        tokio::select! {
            biased;
            () = self.now.cancelled() => {}
            () = self.at_batch_end.cancelled() => {}
        }
    }

    /// Waits for this, unless told to stop meanwhile.
    async fn unless_asked(&self, wait: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = self.asked() => {}
            () = wait => {}
        }
    }
}

/// What keeps a round from being done.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the handler left records behind without being told to end")]
    LeftBehind,
}

pub(super) struct Reading<'a> {
    pub(super) consumer: &'a StreamConsumer,
    pub(super) shard: &'a str,
    pub(super) stop: &'a Stop,
    progress: &'a Progress,
    pub(super) checkpoint: Checkpoint,
    /// None: a new one is taken behind the checkpoint's position.
    cursor: Option<ShardCursor>,
    /// The last read found its cursor expired; a second time in a row is a fault.
    expired: bool,
    pub(super) unsaved: bool,
    pub(super) saved_at: Instant,
    pace: Pace,
    pub(super) push: Push,
}

/// Reads until the shard's end, until told to stop or until fenced, through faults.
pub(super) async fn read(consumer: &StreamConsumer, shard: &str, stop: &Stop, progress: &Progress) -> Ended {
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
    let mut reading: Option<Reading<'_>> = None;
    let mut failures = 0;
    let mut log_limiter = LogLimiter::new(LOG_EVERY);
    loop {
        if stop.is_asked() {
            if let Some(reading) = &mut reading {
                reading.end().await;
            }
            return Ended::Stopped;
        }
        let outcome = match &mut reading {
            Some(reading) => reading.round().await,
            None => match consumer.checkpoints.claim(shard, &consumer.owner).await {
                Ok(checkpoint) if checkpoint.ended => return Ended::ShardRead,
                Ok(checkpoint) => {
                    tracing::info!(reader = consumer.name, shard, epoch = checkpoint.epoch, "reading");
                    reading = Some(Reading::new(consumer, shard, stop, progress, checkpoint));
                    continue;
                }
                Err(error) => Err(error.into()),
            },
        };
        let error = match outcome {
            Ok(None) => {
                failures = 0;
                continue;
            }
            Ok(Some(ended)) => return ended,
            Err(RoundError::Checkpoint(CheckpointError::Fenced { .. })) => return Ended::Fenced,
            Err(RoundError::Checkpoint(CheckpointError::Unreadable { .. })) => return Ended::Unreadable,
            Err(error) => error,
        };
        failures += 1;
        progress.failed();
        let mut pause = backoff.delay(failures, consumer.ports.random.as_ref()).max(Duration::from_millis(50));
        if let RoundError::Fault(fault) | RoundError::Checkpoint(CheckpointError::Fault(fault)) = &error {
            count_fault(fault);
            if fault.kind() == FaultKind::Permanent {
                // A stream that was deleted, say: somebody has to do something about it.
                pause = pause.max(backoff.bound(failures) / 2);
            }
        }
        // It may be the checkpoint that is wrong; then whoever repairs it is not to wait for this reader's end.
        if let (Some(reading), RoundError::Fault(fault)) = (&reading, &error)
            && fault.kind() == FaultKind::Permanent
            && let Some(ended) = reading.superseded().await
        {
            return ended;
        }
        if log_limiter.may(shard) {
            tracing::warn!(reader = consumer.name, shard, %error, failures, "reading a shard failed; trying again");
        }
        stop.unless_asked(tokio::time::sleep(pause)).await;
    }
}

impl<'a> Reading<'a> {
    fn new(
        consumer: &'a StreamConsumer,
        shard: &'a str,
        stop: &'a Stop,
        progress: &'a Progress,
        checkpoint: Checkpoint,
    ) -> Self {
        progress.begin(&checkpoint);
        Self {
            consumer,
            shard,
            stop,
            progress,
            checkpoint,
            cursor: None,
            expired: false,
            unsaved: false,
            saved_at: Instant::now(),
            pace: Pace::new(consumer.config, consumer.reader.wake(shard)),
            push: Push::new(consumer.config.push),
        }
    }

    /// One read and what follows from it. A read waits for a save that is due: what can't be saved is only repeated.
    async fn round(&mut self) -> Result<Option<Ended>, RoundError> {
        let config = &self.consumer.config;
        if self.checkpoint.ended {
            self.save().await?;
            tracing::info!(reader = self.consumer.name, shard = self.shard, "closed and read to its end");
            return Ok(Some(Ended::ShardRead));
        }
        if self.unsaved && self.saved_at.elapsed() >= config.save_every {
            self.save().await?;
        }
        if let Some(subscription) = self.subscribed().await {
            self.cursor = None;
            return self.listen(subscription).await;
        }
        let cursor = match self.cursor.take() {
            Some(cursor) => cursor,
            None => self.begin().await?,
        };
        self.pace.read_begins();
        let batch = match self.consumer.reader.read(&cursor, config.limit).await {
            Ok(batch) => batch,
            Err(fault) if CursorExpired::is_cause_of(&fault) && !self.expired => {
                self.expired = true;
                self.pace.read_was_none();
                return Ok(None);
            }
            Err(fault) => {
                if fault.is_retryable() && !self.expired {
                    self.cursor = Some(cursor);
                }
                self.keep_what_is_applied().await?;
                return Err(fault.into());
            }
        };
        self.expired = false;
        if !self.apply(&batch.records, batch.behind_ms).await? {
            return Ok(None);
        }
        let Some(next) = batch.next else {
            self.checkpoint.ended = true;
            return Ok(None);
        };
        self.cursor = Some(next);
        if batch.behind_ms > 0 && !batch.records.is_empty() {
            self.stop.unless_asked(self.pace.go_on()).await;
        } else {
            self.stop.unless_asked(self.pace.rest(batch.behind_ms > 0)).await;
        }
        Ok(None)
    }

    /// Hands over what came; answers whether all of it is applied, which it is unless the reader was told to stop.
    pub(super) async fn apply(&mut self, records: &[ReadRecord], behind_ms: i64) -> Result<bool, RoundError> {
        let lag = Duration::from_millis(u64::try_from(behind_ms).unwrap_or(0));
        metrics::SHARD_LAG.record(lag.as_secs_f64(), [self.consumer.name.into(), self.shard.to_owned().into()]);
        self.progress.read(records.len(), behind_ms);
        if records.is_empty() {
            return Ok(true);
        }
        self.pace.is_busy();
        let applied = self.consumer.handler.handle(self.shard, records, &self.stop.now).await;
        if let Some(last) = applied.checked_sub(1).and_then(|index| records.get(index)) {
            self.checkpoint.position = Some(last.position.clone());
            self.unsaved = true;
            self.progress.applied(applied < records.len() || behind_ms > 0);
        }
        if applied == records.len() {
            return Ok(true);
        }
        self.keep_what_is_applied().await?;
        if self.stop.now.is_cancelled() { Ok(false) } else { Err(RoundError::LeftBehind) }
    }

    /// A cursor behind what is applied.
    async fn begin(&self) -> Result<ShardCursor, Fault> {
        let (reader, shard) = (&self.consumer.reader, self.shard);
        self.behind_what_is_applied(|start| async move { reader.cursor(shard, &start).await }).await
    }

    /// Begins behind what is applied. Where the stream has that position no more, what it still has is all that can be
    /// read, and nothing of it is older than what was applied, unless it is another stream: then it was never read.
    pub(super) async fn behind_what_is_applied<T, F>(&self, begin: impl Fn(StartAt) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let Some(position) = self.checkpoint.position.clone() else {
            return begin(StartAt::Oldest).await;
        };
        match begin(StartAt::After(position.clone())).await {
            Err(fault) if PositionGone::is_cause_of(&fault) => {
                tracing::warn!(
                    reader = self.consumer.name,
                    shard = self.shard,
                    position,
                    %fault,
                    "what was read last is older than what the stream keeps; it is read from its oldest record on, and what \
                     came between is gone if this reader was away for so long"
                );
                begin(StartAt::Oldest).await
            }
            other => other,
        }
    }

    /// Else a reader that is throttled while it catches up would repeat all of it if it ended now.
    pub(super) async fn keep_what_is_applied(&mut self) -> Result<(), CheckpointError> {
        if self.unsaved { self.save().await } else { Ok(()) }
    }

    /// How it ends, if the row is not the one that was claimed any more.
    async fn superseded(&self) -> Option<Ended> {
        match self.consumer.checkpoints.read(self.shard).await {
            Ok(Some(standing)) if standing.epoch == self.checkpoint.epoch => None,
            Ok(_) => Some(Ended::Fenced),
            Err(CheckpointError::Unreadable { .. }) => Some(Ended::Unreadable),
            Err(_) => None,
        }
    }

    /// The last save. It is refused where another has claimed meanwhile; nothing else depends on it.
    async fn end(&mut self) {
        if let Err(error) = self.keep_what_is_applied().await {
            tracing::warn!(reader = self.consumer.name, shard = self.shard, %error, "the last records are read again");
        }
    }

    pub(super) async fn save(&mut self) -> Result<(), CheckpointError> {
        self.checkpoint.beat += 1;
        self.consumer.checkpoints.save(self.shard, &self.checkpoint).await?;
        self.progress.saved(self.checkpoint.position.as_ref());
        self.saved_at = Instant::now();
        self.unsaved = false;
        Ok(())
    }
}
