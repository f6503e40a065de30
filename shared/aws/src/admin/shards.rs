//! How many shards a stream has.

use aws_sdk_kinesis::types::{ScalingType, StreamMode, StreamStatus};
use shotengai_messaging::Fault;

use super::Admin;
use crate::fault::{fault, invalid};

const UPDATE: &str = "kinesis.UpdateShardCount";

/// A stream, as far as its shards go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamShards {
    /// Shards that take records.
    pub open: u32,
    /// Whether nothing is being changed about it.
    pub settled: bool,
    /// Whether AWS chooses how many shards it has (capacity on demand).
    pub on_demand: bool,
}

impl Admin {
    /// The shards of a stream, if it is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn stream_shards(&self, name: &str) -> Result<Option<StreamShards>, Fault> {
        let Some(summary) = self.stream_summary(&self.full_name(name)).await? else { return Ok(None) };
        let open = u32::try_from(summary.open_shard_count()).map_err(|error| invalid(UPDATE, error))?;
        let mode = summary.stream_mode_details().map(|details| details.stream_mode());
        Ok(Some(StreamShards {
            open,
            settled: *summary.stream_status() == StreamStatus::Active,
            on_demand: mode == Some(&StreamMode::OnDemand),
        }))
    }

    /// Asks for another number of open shards, which then share all keys evenly. AWS does it in the time after; it takes at most
    /// twice as many and at least half as many as there are, ten times in 24 hours.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn change_shards(&self, name: &str, shards: u32) -> Result<(), Fault> {
        let shards = i32::try_from(shards).map_err(|error| invalid(UPDATE, error))?;
        let request = self.clients.kinesis.update_shard_count().stream_name(self.full_name(name));
        let request = request.target_shard_count(shards).scaling_type(ScalingType::UniformScaling);
        request.send().await.map(drop).map_err(|error| fault(UPDATE, &error))
    }
}
