//! Reads a stream's shards, each from its checkpoint on, parents before children.
//!
//! A shard's reader claims the checkpoint, reads, hands batches to the [`RecordHandler`] and saves how far it came. A
//! reader that was fenced stands by and claims again only after it has itself seen the row unchanged for
//! [`ShardConfig::takeover_after`]; an owner therefore saves at least every [`ShardConfig::beat_every`], idle or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::KeyValue;
use shotengai_kernel::Ports;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::checkpoint::{Checkpoint, CheckpointError, Checkpoints};
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::stream::{ReadRecord, Shard, ShardBatch, StartAt, StreamReader};
use crate::worker::Worker;

/// How shards are read.
#[derive(Debug, Clone, Copy)]
pub struct ShardConfig {
    /// Records a read.
    pub limit: usize,
    /// The wait between reads while records come. Kinesis allows five reads a second and shard.
    pub busy_poll: Duration,
    /// The wait between reads when nothing has come for [`ShardConfig::idle_after`].
    pub idle_poll: Duration,
    /// How long a shard counts as busy after its last record.
    pub idle_after: Duration,
    /// The least time between two saves.
    pub save_every: Duration,
    /// The most time between two saves.
    pub beat_every: Duration,
    /// How long a row must stand unchanged before a reader that was fenced claims it.
    pub takeover_after: Duration,
    /// How often the list of shards is read.
    pub list_every: Duration,
}

impl Default for ShardConfig {
    fn default() -> Self {
        Self {
            limit: 1000,
            busy_poll: Duration::from_millis(200),
            idle_poll: Duration::from_millis(200),
            idle_after: Duration::from_secs(5),
            save_every: Duration::from_secs(1),
            beat_every: Duration::from_secs(5),
            takeover_after: Duration::from_secs(15),
            list_every: Duration::from_secs(30),
        }
    }
}

/// Applies records.
#[async_trait]
pub trait RecordHandler: Send + Sync {
    /// Applies a batch and returns how many of its first records are applied for good; the checkpoint moves over those.
    /// Keeps trying what may succeed later, until `shutdown`.
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize;
}

/// Reads all shards of one stream in one process.
pub struct StreamConsumer {
    name: &'static str,
    owner: String,
    config: ShardConfig,
    reader: Arc<dyn StreamReader>,
    checkpoints: Checkpoints,
    handler: Arc<dyn RecordHandler>,
    ports: Ports,
}

/// How the reading of a shard came to an end.
enum Ended {
    Shutdown,
    Fenced,
    ShardRead,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the handler left records behind without being told to end")]
    LeftBehind,
}

impl StreamConsumer {
    /// A consumer named `name`; each has an owner name of its own, made from the ids port.
    #[must_use]
    pub fn new(
        name: &'static str,
        config: ShardConfig,
        reader: Arc<dyn StreamReader>,
        checkpoints: Checkpoints,
        handler: Arc<dyn RecordHandler>,
        ports: Ports,
    ) -> Arc<Self> {
        let owner = format!("{name}-{}", ports.ids.uuid_v7().as_simple());
        Arc::new(Self { name, owner, config, reader, checkpoints, handler, ports })
    }

    /// The worker that reads until told to stop.
    #[must_use]
    pub fn worker(self: Arc<Self>) -> Worker {
        Worker::new(format!("{}/shards", self.name), move |token| {
            let consumer = Arc::clone(&self);
            async move { consumer.run(token).await }
        })
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut running: JoinSet<String> = JoinSet::new();
        let mut held = BTreeSet::new();
        while !shutdown.is_cancelled() {
            match self.ready_shards(&held).await {
                Ok(ready) => {
                    for shard in ready {
                        held.insert(shard.clone());
                        let consumer = Arc::clone(&self);
                        let shutdown = shutdown.clone();
                        running.spawn(async move {
                            consumer.keep_reading(&shard, &shutdown).await;
                            shard
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(reader = self.name, %error, "the stream's shards can't be listed; trying again");
                }
            }
            // Until every shard is held, or the stream is there at all, look more often.
            let wait = if held.is_empty() { Duration::from_secs(1) } else { self.config.list_every };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(ended) = running.join_next() => match ended {
                    Ok(shard) => { held.remove(&shard); }
                    Err(error) => {
                        tracing::error!(reader = self.name, %error, "a shard's reader panicked");
                        // Which one is not known: drop all, the loop starts them again.
                        running.shutdown().await;
                        held.clear();
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Shards that are neither held nor read to their end, and whose listed parents are read to theirs.
    async fn ready_shards(&self, held: &BTreeSet<String>) -> Result<Vec<String>, ReadError> {
        let shards = self.reader.shards().await?;
        let mut ended = BTreeMap::new();
        for Shard { id, .. } in &shards {
            if held.contains(id) {
                continue;
            }
            match self.checkpoints.read(id).await {
                Ok(checkpoint) => {
                    ended.insert(id.as_str(), checkpoint.is_some_and(|checkpoint| checkpoint.ended));
                }
                // One shard's row must not keep the others from being read.
                Err(error @ CheckpointError::Unreadable { .. }) => {
                    tracing::error!(reader = self.name, shard = id, %error, "this shard is left alone");
                }
                Err(error) => return Err(error.into()),
            }
        }
        let is_ended = |id: &str| ended.get(id).copied().unwrap_or(false);
        let listed = |id: &String| shards.iter().any(|shard| shard.id == *id);
        Ok(shards
            .iter()
            .filter(|shard| ended.get(shard.id.as_str()) == Some(&false))
            .filter(|shard| shard.parents.iter().filter(|parent| listed(parent)).all(|parent| is_ended(parent)))
            .map(|shard| shard.id.clone())
            .collect())
    }

    /// Reads one shard to its end or to shutdown, through faults and fencing.
    async fn keep_reading(&self, shard: &str, shutdown: &CancellationToken) {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut failures = 0;
        while !shutdown.is_cancelled() {
            let started = Instant::now();
            let pause = match self.read_shard(shard, shutdown).await {
                Ok(Ended::Shutdown | Ended::ShardRead) => return,
                Ok(Ended::Fenced) | Err(ReadError::Checkpoint(CheckpointError::Fenced { .. })) => {
                    tracing::info!(reader = self.name, shard, "another owner reads this shard; standing by");
                    self.stand_by(shard, shutdown).await;
                    continue;
                }
                Err(error) => {
                    if started.elapsed() > self.config.beat_every {
                        failures = 0;
                    }
                    failures += 1;
                    tracing::warn!(reader = self.name, shard, %error, failures, "reading a shard failed; trying again");
                    backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(50))
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Waits until the row has stood unchanged for the takeover time, by this process's own watch.
    async fn stand_by(&self, shard: &str, shutdown: &CancellationToken) {
        let mut seen: Option<Checkpoint> = None;
        let mut since = Instant::now();
        while since.elapsed() < self.config.takeover_after {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.config.takeover_after / 10) => {}
            }
            match self.checkpoints.read(shard).await {
                Ok(now) => {
                    if now != seen {
                        seen = now;
                        since = Instant::now();
                    }
                }
                // What can't be read can't be judged.
                Err(_) => since = Instant::now(),
            }
        }
    }

    async fn read_shard(&self, shard: &str, shutdown: &CancellationToken) -> Result<Ended, ReadError> {
        let mut checkpoint = self.checkpoints.claim(shard, &self.owner).await?;
        tracing::info!(reader = self.name, shard, epoch = checkpoint.epoch, "reading");
        let start = checkpoint.position.clone().map_or(StartAt::Oldest, StartAt::After);
        let mut cursor = self.reader.cursor(shard, &start).await?;
        let mut saved_at = Instant::now();
        let mut busy_until = saved_at;
        let mut unsaved = false;
        loop {
            let ShardBatch { records, next, behind_ms } = match self.reader.read(&cursor, self.config.limit).await {
                Ok(batch) => batch,
                Err(fault) => {
                    // Else a reader that is throttled while it catches up would begin at the same place each time.
                    if unsaved {
                        self.save(shard, &mut checkpoint).await?;
                    }
                    return Err(fault.into());
                }
            };
            metrics::SHARD_LAG.record(behind_ms, &[KeyValue::new("shard", shard.to_owned())]);
            if !records.is_empty() {
                busy_until = Instant::now() + self.config.idle_after;
                let applied = self.handler.handle(shard, &records, shutdown).await;
                if let Some(last) = applied.checked_sub(1).and_then(|index| records.get(index)) {
                    checkpoint.position = Some(last.position.clone());
                    unsaved = true;
                }
                if applied < records.len() {
                    if unsaved {
                        self.save(shard, &mut checkpoint).await?;
                    }
                    return if shutdown.is_cancelled() { Ok(Ended::Shutdown) } else { Err(ReadError::LeftBehind) };
                }
            }
            let since = saved_at.elapsed();
            if (unsaved && since >= self.config.save_every) || since >= self.config.beat_every || next.is_none() {
                checkpoint.ended = next.is_none();
                match self.save(shard, &mut checkpoint).await {
                    Err(CheckpointError::Fenced { .. }) => return Ok(Ended::Fenced),
                    other => other?,
                }
                saved_at = Instant::now();
                unsaved = false;
            }
            let Some(next) = next else {
                tracing::info!(reader = self.name, shard, "closed and read to its end");
                return Ok(Ended::ShardRead);
            };
            cursor = next;
            let pause = if Instant::now() < busy_until { self.config.busy_poll } else { self.config.idle_poll };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {
                    if unsaved {
                        self.save(shard, &mut checkpoint).await?;
                    }
                    return Ok(Ended::Shutdown);
                }
                () = tokio::time::sleep(if behind_ms > 0 && !records.is_empty() { Duration::ZERO } else { pause }) => {}
            }
        }
    }

    async fn save(&self, shard: &str, checkpoint: &mut Checkpoint) -> Result<(), CheckpointError> {
        checkpoint.beat += 1;
        self.checkpoints.save(shard, checkpoint).await
    }
}
