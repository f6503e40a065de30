//! Handlers of a stream's records: what the reader of a shard calls.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::ports::stream::ReadRecord;

/// Applies records.
#[async_trait]
pub trait RecordHandler: Send + Sync {
    /// Applies a batch and returns how many of its first records are applied for good; the checkpoint moves over those.
    /// Keeps trying what may succeed later, until `shutdown`.
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize;
}
