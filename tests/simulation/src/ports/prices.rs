//! The price stream, read and written.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::topology::PRICE_STREAM;
use shotengai_messaging::{Fault, Shard, ShardBatch, ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter};
use shotengai_testing::memory::MemoryStream;

use super::{admitted, merged};
use crate::network::Network;
use crate::plan::Dependency::Kinesis;

pub(super) struct NetworkedPrices {
    pub(super) network: Network,
    pub(super) inner: Arc<MemoryStream>,
}

#[async_trait]
impl StreamWriter for NetworkedPrices {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "prices.put";
        let refused = self.network.refused_entries(PRICE_STREAM, records.len());
        let (inner, some) = (Arc::clone(&self.inner), admitted(records, &refused));
        let effect = move |_| async move { if some.is_empty() { Ok(Vec::new()) } else { inner.put(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.send(Kinesis, OPERATION, PRICE_STREAM, effect).await?))
    }
}

#[async_trait]
impl StreamReader for NetworkedPrices {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        self.network.call(Kinesis, "prices.shards", PRICE_STREAM, self.inner.shards()).await
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        self.network.call(Kinesis, "prices.cursor", PRICE_STREAM, self.inner.cursor(shard, start)).await
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        self.network.call(Kinesis, "prices.read", PRICE_STREAM, self.inner.read(cursor, limit)).await
    }
}
