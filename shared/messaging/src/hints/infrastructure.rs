//! Writers of the stream and of the topic that give hints once they have their answer, and the reader that gets them.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::Owner;

use super::{Hints, Wake};
use crate::ports::bucket::Bucket;
use crate::ports::fault::Fault;
use crate::ports::infrastructure::Infrastructure;
use crate::ports::lease::Leases;
use crate::ports::message::Message;
use crate::ports::queue::Queue;
use crate::ports::store::EventStore;
use crate::ports::stream::{
    Shard, ShardBatch, ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter, Subscription,
};
use crate::ports::table::Table;
use crate::ports::topic::Topic;
use crate::wire::EVENT_TYPE;

/// An installation, whose stream and topic give hints to readers of this process. The price stream gives none: others write
/// to it.
pub struct HintingInfrastructure {
    inner: Arc<dyn Infrastructure>,
    hints: Hints,
}

impl HintingInfrastructure {
    /// This installation with these hints.
    #[must_use]
    pub const fn new(inner: Arc<dyn Infrastructure>, hints: Hints) -> Self {
        Self { inner, hints }
    }
}

impl Infrastructure for HintingInfrastructure {
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore> {
        self.inner.event_store(owner)
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        self.inner.table(name)
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        self.inner.queue(name)
    }

    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        self.inner.bucket(name)
    }

    fn topic(&self) -> Arc<dyn Topic> {
        Arc::new(HintingTopic { inner: self.inner.topic(), hints: self.hints.clone() })
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(HintingWriter { inner: self.inner.stream_writer(), hints: self.hints.clone() })
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        Arc::new(HintedReader { inner: self.inner.stream_reader(), hints: self.hints.clone() })
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        self.inner.price_writer()
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        self.inner.price_reader()
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        self.inner.leases(group)
    }

    fn marks_outbox(&self) -> bool {
        self.inner.marks_outbox()
    }
}

struct HintingWriter {
    inner: Arc<dyn StreamWriter>,
    hints: Hints,
}

#[async_trait]
impl StreamWriter for HintingWriter {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.place(records).await?;
        Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
    }

    async fn place(&self, records: &[StreamRecord]) -> Result<Vec<Result<Option<String>, Fault>>, Fault> {
        let answers = self.inner.place(records).await?;
        let mut shards: Vec<Option<&str>> = answers.iter().flatten().map(Option::as_deref).collect();
        shards.sort_unstable();
        shards.dedup();
        shards.into_iter().for_each(|shard| self.hints.streamed(shard));
        Ok(answers)
    }
}

struct HintedReader {
    inner: Arc<dyn StreamReader>,
    hints: Hints,
}

#[async_trait]
impl StreamReader for HintedReader {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        self.inner.shards().await
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        self.inner.cursor(shard, start).await
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        self.inner.read(cursor, limit).await
    }

    async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        self.inner.subscribe(shard, start).await
    }

    fn wake(&self, shard: &str) -> Wake {
        self.hints.of_shard(shard)
    }
}

struct HintingTopic {
    inner: Arc<dyn Topic>,
    hints: Hints,
}

#[async_trait]
impl Topic for HintingTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.inner.publish(messages).await?;
        let taken = messages.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let mut types: Vec<&str> =
            taken.filter_map(|(message, _)| message.attributes.get(EVENT_TYPE)).map(String::as_str).collect();
        types.sort_unstable();
        types.dedup();
        types.into_iter().for_each(|event_type| self.hints.published(event_type));
        Ok(answers)
    }
}
