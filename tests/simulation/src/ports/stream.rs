//! The stream, written and read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use shotengai_contracts::topology::STREAM;
use shotengai_messaging::ports::stream::{PushedBatch, ReadRecord, Subscription};
use shotengai_messaging::{Fault, Shard, ShardBatch, ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter};
use shotengai_testing::memory::MemoryStream;

use super::{admitted, merged};
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::{Landing, Network};
use crate::operator::NOBODY;
use crate::plan::Dependency::Kinesis;

pub(super) struct NetworkedStream {
    pub(super) network: Network,
    pub(super) inner: Arc<MemoryStream>,
}

impl NetworkedStream {
    /// Whether what this process puts there is what change capture did not bring.
    fn reconciles(&self) -> bool {
        let captured = self.network.world().plan.absence.is_some() && !self.network.marks_outbox();
        captured && self.network.process() != NOBODY
    }
}

#[async_trait]
impl StreamWriter for NetworkedStream {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "stream.put";
        let refused = self.network.refused_records(STREAM, records.len());
        let mut some = admitted(records, &refused);
        if self.network.is_newer() {
            self.network.world().count(Mishap::NewerEnvelope);
            some = some.iter().map(|record| self.network.world().newer.written(record)).collect();
        }
        // Before they are of a type that only the newer release knows.
        let sent = some.clone();
        if self.network.world().plan.new_type.is_some() {
            let text = |record: &StreamRecord| String::from_utf8_lossy(&record.data).into_owned();
            let travels = |record: &StreamRecord| StreamRecord {
                data: self.network.world().as_it_travels(&text(record)).into_bytes(),
                ..record.clone()
            };
            some = some.iter().map(travels).collect();
        }
        let reconciles = self.reconciles();
        // It is there perhaps, and comes again since somebody asks for it, or finds it missing.
        let repeats = self.network.process() == NOBODY || reconciles;
        let landed = Arc::new(AtomicBool::new(false));
        let (network, inner, taken) = (self.network.clone(), Arc::clone(&self.inner), Arc::clone(&landed));
        let effect = move |landing| async move {
            taken.store(true, Ordering::Relaxed);
            let world = network.world();
            world.ways.stream(world.elapsed(), &sent);
            // As it comes in, since whoever sent it may die of that call.
            if landing == Landing::Late || repeats {
                world.copies.excuse_records(&sent);
            }
            if reconciles {
                world.count(Mishap::Reconciled);
            }
            if some.is_empty() { Ok(Vec::new()) } else { inner.put(&some).await }
        };
        let answer = self.network.send(Kinesis, OPERATION, STREAM, effect).await;
        // What has come in may come again: with a commit's other events, or since nobody knows.
        if landed.load(Ordering::Relaxed) && !repeats && (answer.is_err() || refused.contains(&true)) {
            self.network.world().copies.excuse_records(&admitted(records, &refused));
        }
        let answers = merged(OPERATION, &refused, answer?);
        if self.network.world().bug == Some(Bug::IgnorePartialPut) {
            return Ok(answers.iter().map(|_| Ok(())).collect());
        }
        Ok(answers)
    }
}

#[async_trait]
impl StreamReader for NetworkedStream {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        self.network.call(Kinesis, "stream.shards", STREAM, self.inner.shards()).await
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        self.network.call(Kinesis, "stream.cursor", shard, self.inner.cursor(shard, start)).await
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        let mut batch = self.network.call(Kinesis, "stream.read", STREAM, self.inner.read(cursor, limit)).await?;
        understand(&self.network, &mut batch.records);
        Ok(batch)
    }

    async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        let begun = self.inner.subscribe(shard, start);
        let inner = self.network.call(Kinesis, "stream.subscribe", shard, begun).await?;
        Ok(Box::new(NetworkedSubscription { network: self.network.clone(), inner }))
    }
}

/// What is sent without being asked for comes by the same line.
struct NetworkedSubscription {
    network: Network,
    inner: Box<dyn Subscription>,
}

#[async_trait]
impl Subscription for NetworkedSubscription {
    async fn next(&mut self) -> Result<Option<PushedBatch>, Fault> {
        let batch = self.network.call(Kinesis, "stream.push", STREAM, self.inner.next()).await?;
        Ok(batch.map(|mut batch| {
            understand(&self.network, &mut batch.records);
            batch
        }))
    }
}

/// What is of a type that only the newer release knows is read as of another there.
fn understand(network: &Network, records: &mut [ReadRecord]) {
    if network.is_newer() && network.world().plan.new_type.is_some() {
        for record in records {
            let text = String::from_utf8_lossy(&record.data).into_owned();
            record.data = network.world().as_understood(&text).into_bytes();
        }
    }
}
