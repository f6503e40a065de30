//! Shards of the stream: who reads them, how far, how far behind.

use std::sync::Arc;

use serde::Serialize;
use shotengai_contracts::topology::tables;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, Infrastructure, Leases, Shard, StartAt, StreamReader};
use shotengai_streaming::{CheckpointError, Checkpoints};

/// Whose checkpoints they are.
const READER: &str = "bridge";

/// One shard of the stream.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ShardState {
    /// Its name.
    pub shard: String,
    /// The shards that it was split or merged from.
    pub parents: Vec<String>,
    /// Who has its lease.
    pub held_by: Option<String>,
    /// How often its checkpoint was claimed.
    pub epoch: Option<u64>,
    /// Who wrote its checkpoint last.
    pub claimed_by: Option<String>,
    /// The last position applied.
    pub position: Option<String>,
    /// Whether it is closed and read to its end.
    pub ended: bool,
    /// How long the oldest record that is not applied has been waiting; 0 where there is none.
    pub lag_ms: Option<i64>,
    /// Why something of it is not known.
    pub fault: Option<String>,
}

/// The shards of `stream`. `leases` are where its bridges keep them.
///
/// # Errors
/// When stream, leases or checkpoints can't be asked. A single checkpoint that can't be read, or a single shard's lag, is
/// told of that shard.
pub async fn shards(
    infra: &dyn Infrastructure,
    stream: &str,
    leases: Arc<dyn Leases>,
    now: Timestamp,
) -> anyhow::Result<Vec<ShardState>> {
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), READER, stream);
    let reader = infra.stream_reader();
    let leases = leases.list().await?;
    let mut states = Vec::new();
    for Shard { id, parents, .. } in reader.shards().await? {
        let held_by = leases.iter().find(|lease| lease.name == id).and_then(|lease| lease.holder.clone());
        let mut state = ShardState { shard: id, parents, held_by, ..ShardState::default() };
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
