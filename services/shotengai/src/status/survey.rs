//! The state of an installation as data: event stores, shards, queues, services. Nothing here prints or writes.

use std::sync::Arc;

use serde::Serialize;
use shotengai_aws::Aws;
use shotengai_contracts::topology::{Source, queues, tables};
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, Infrastructure, Leases, OUTBOX_SHARDS, Shard, StartAt, StreamReader};
use shotengai_streaming::{CheckpointError, Checkpoints};

/// Counting commits stops here, so that a look at a large installation stays cheap.
pub(crate) const MOST_COMMITS: usize = 10_000;
const PAGE: usize = 1000;

/// The event store of one service.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StoreState {
    pub(crate) owner: &'static str,
    /// [`MOST_COMMITS`] at the most.
    pub(crate) commits: usize,
    pub(crate) unpublished: Unpublished,
    pub(crate) change_capture: String,
}

/// Commits with a marker: not yet in the stream, as far as is known.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Unpublished {
    /// A thousand of each shard of the outbox at the most.
    pub(crate) count: usize,
    /// How old the oldest is.
    pub(crate) oldest_seconds: Option<i64>,
}

/// One shard of the stream.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShardState {
    pub(crate) shard: String,
    pub(crate) parents: Vec<String>,
    /// Who has its lease.
    pub(crate) held_by: Option<String>,
    pub(crate) epoch: Option<u64>,
    /// Who wrote its checkpoint last.
    pub(crate) claimed_by: Option<String>,
    /// The last position applied.
    pub(crate) position: Option<String>,
    /// Whether it is closed and read to its end.
    pub(crate) ended: bool,
    /// How long the oldest record that is not applied has been waiting; 0 where there is none.
    pub(crate) lag_ms: Option<i64>,
    /// Why something of it is not known.
    pub(crate) fault: Option<String>,
}

/// One queue and its dead letters.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct QueueState {
    pub(crate) queue: &'static str,
    pub(crate) waiting: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    pub(crate) dead_letters: u64,
    /// What an operator should know about these numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'static str>,
}

/// Dead letters that were in no queue before: records of the stream that could not be published.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RecordLetters {
    pub(crate) service: &'static str,
    pub(crate) dead_letters: u64,
}

/// All queues.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Queues {
    pub(crate) queues: Vec<QueueState>,
    pub(crate) records: Vec<RecordLetters>,
}

impl Queues {
    pub(crate) fn dead_letters(&self) -> u64 {
        let queues = self.queues.iter().map(|queue| queue.dead_letters);
        queues.chain(self.records.iter().map(|records| records.dead_letters)).sum()
    }
}

/// Commits that wait for the stream, of each service that owns events.
pub(crate) async fn unpublished(
    infra: &dyn Infrastructure,
    owner: shotengai_contracts::Owner,
    now: Timestamp,
) -> Result<Unpublished, Fault> {
    let store = infra.event_store(owner);
    let mut found = Unpublished::default();
    for shard in 0..OUTBOX_SHARDS {
        let commits = store.pending(shard, Timestamp::MAX, PAGE).await?;
        found.count += commits.len();
        let oldest = commits.iter().map(|commit| commit.created_at).min();
        let age = oldest.map(|oldest| now.duration_since(oldest).as_secs().max(0));
        found.oldest_seconds = found.oldest_seconds.max(age);
    }
    Ok(found)
}

/// The event stores: counts of commits, and of those not yet in the stream.
pub(crate) async fn stores(aws: &Aws, now: Timestamp) -> anyhow::Result<Vec<StoreState>> {
    let mut states = Vec::new();
    for (owner, capture) in shotengai_provisioning::captures(aws).await? {
        let store = aws.event_store(owner);
        let mut commits = 0;
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            while commits < MOST_COMMITS {
                let (page, next) = store.scan(shard, from, PAGE).await?;
                commits += page.len();
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        states.push(StoreState {
            owner: owner.as_str(),
            commits: commits.min(MOST_COMMITS),
            unpublished: unpublished(aws, owner, now).await?,
            change_capture: capture.to_string(),
        });
    }
    Ok(states)
}

/// The shards of the stream: who reads them, how far, how far behind.
pub(crate) async fn shards(
    infra: &dyn Infrastructure,
    stream: &str,
    leases: Arc<dyn Leases>,
    now: Timestamp,
) -> anyhow::Result<Vec<ShardState>> {
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), "bridge", stream);
    let reader = infra.stream_reader();
    let leases = leases.list().await?;
    let mut states = Vec::new();
    for Shard { id, parents, .. } in reader.shards().await? {
        let held_by = leases.iter().find(|lease| lease.name == id).and_then(|lease| lease.holder.clone());
        let mut state = ShardState {
            shard: id,
            parents,
            held_by,
            epoch: None,
            claimed_by: None,
            position: None,
            ended: false,
            lag_ms: None,
            fault: None,
        };
        match checkpoints.read(&state.shard).await {
            Ok(Some(checkpoint)) => {
                state.epoch = Some(checkpoint.epoch);
                state.claimed_by = Some(checkpoint.owner);
                state.position = checkpoint.position;
                state.ended = checkpoint.ended;
            }
            Ok(None) => {}
            // A row for an operator to repair; the other shards are worth showing.
            Err(error @ CheckpointError::Unreadable { .. }) => state.fault = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
        if !state.ended && state.fault.is_none() {
            match lag(reader.as_ref(), &state, now).await {
                Ok(lag) => state.lag_ms = Some(lag),
                Err(fault) => state.fault = Some(format!("its lag is not known: {fault}")),
            }
        }
        states.push(state);
    }
    Ok(states)
}

/// One read of the shard, of the five a second that Kinesis allows.
async fn lag(reader: &dyn StreamReader, state: &ShardState, now: Timestamp) -> Result<i64, Fault> {
    let start = state.position.clone().map_or(StartAt::Oldest, StartAt::After);
    let cursor = reader.cursor(&state.shard, &start).await?;
    let batch = reader.read(&cursor, 1).await?;
    let waiting = batch.records.first().and_then(|record| record.arrived_at);
    let age = waiting.and_then(|at| i64::try_from(now.duration_since(at).as_millis()).ok());
    Ok(age.unwrap_or(batch.behind_ms).max(0))
}

/// The queues of the installation and their dead letters.
pub(crate) async fn queues(aws: &Aws) -> Result<Queues, Fault> {
    let mut found = Queues { queues: Vec::new(), records: Vec::new() };
    for queue in aws.config().installation.queues() {
        let dead_letters = aws.queue(&queue.dead_letters()).depth().await?.total();
        if queue.source == Source::Stream {
            found.records.push(RecordLetters { service: queue.service.as_str(), dead_letters });
            continue;
        }
        let depth = aws.queue(queue.name).depth().await?;
        let is_normal = queue.name == queues::ORDER_DEADLINE.name && depth.delayed > 0;
        found.queues.push(QueueState {
            queue: queue.name,
            waiting: depth.visible,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            dead_letters,
            note: is_normal.then_some("delayed messages are reminders of orders' deadlines: normal, no backlog"),
        });
    }
    Ok(found)
}
