//! Reads from the stream.

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::get_records::GetRecordsError;
use aws_sdk_kinesis::operation::get_shard_iterator::GetShardIteratorError;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::stream::{CursorExpired, PositionGone, ReadRecord, Subscription};
use shotengai_messaging::{Fault, FaultKind, Shard, ShardBatch, ShardCursor, StartAt, StreamReader};

use super::fan_out::{FanOut, SUBSCRIBE};
use crate::fault::{fault, invalid};

const LIST: &str = "kinesis.ListShards";
const ITERATOR: &str = "kinesis.GetShardIterator";
const READ: &str = "kinesis.GetRecords";
/// The most that the service gives in one answer.
const READ_MAX: usize = 10_000;

/// Reads shards by iterators. The service allows five reads a second and shard, shared by all readers.
pub(crate) struct KinesisReader {
    client: Client,
    stream: String,
    consumer: Option<FanOut>,
}

impl KinesisReader {
    pub(crate) const fn new(client: Client, stream: String) -> Self {
        Self { client, stream, consumer: None }
    }

    /// A reader that can subscribe as this consumer of the stream, once it is registered.
    pub(crate) fn subscribing(client: Client, stream: String, consumer: &'static str) -> Self {
        let consumer = Some(FanOut::new(client.clone(), stream.clone(), consumer));
        Self { client, stream, consumer }
    }
}

#[async_trait]
impl StreamReader for KinesisReader {
    async fn shards(&self) -> Result<Vec<Shard>, Fault> {
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_shards();
            // A token stands for the stream; the service refuses both.
            let request = match token {
                Some(token) => request.next_token(token),
                None => request.stream_name(&self.stream),
            };
            let page = request.send().await.map_err(|error| fault(LIST, &error))?;
            shards.extend(page.shards().iter().map(|shard| {
                let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
                Shard {
                    id: shard.shard_id().to_owned(),
                    parents: parents.into_iter().flatten().map(str::to_owned).collect(),
                }
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(shards);
            }
        }
    }

    async fn cursor(&self, shard: &str, start: &StartAt) -> Result<ShardCursor, Fault> {
        let request = self.client.get_shard_iterator().stream_name(&self.stream).shard_id(shard);
        let request = match start {
            StartAt::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            StartAt::Latest => request.shard_iterator_type(ShardIteratorType::Latest),
            StartAt::After(position) if !is_position(position) => {
                // Not every Kinesis refuses it; one that compares texts would pass over all records there are.
                return Err(invalid(ITERATOR, "the position to start behind is no sequence number"));
            }
            StartAt::After(position) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(position)
            }
        };
        let answer = request.send().await.map_err(|error| match error.as_service_error() {
            Some(GetShardIteratorError::InvalidArgumentException(said)) if is_behind_a_number(start) => {
                PositionGone::fault(ITERATOR, said.message().unwrap_or_default())
            }
            _ => fault(ITERATOR, &error),
        })?;
        answer.shard_iterator.map(ShardCursor).ok_or_else(|| invalid(ITERATOR, "the answer has no iterator"))
    }

    async fn read(&self, cursor: &ShardCursor, limit: usize) -> Result<ShardBatch, Fault> {
        let limit = i32::try_from(limit.clamp(1, READ_MAX)).unwrap_or(i32::MAX);
        let answer = self.client.get_records().shard_iterator(&cursor.0).limit(limit).send().await.map_err(
            |error| match error.as_service_error() {
                Some(GetRecordsError::ExpiredIteratorException(_)) => CursorExpired::fault(READ),
                _ => fault(READ, &error),
            },
        )?;
        Ok(ShardBatch {
            behind_ms: answer.millis_behind_latest().unwrap_or_default(),
            next: answer.next_shard_iterator.map(ShardCursor),
            records: answer.records.into_iter().map(read).collect(),
        })
    }

    async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        match &self.consumer {
            Some(consumer) => consumer.subscribe(shard, start).await,
            None => Err(Fault::new(FaultKind::Denied, SUBSCRIBE, "nobody subscribes to this stream")),
        }
    }
}

pub(super) fn is_position(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

pub(super) fn read(record: Record) -> ReadRecord {
    let arrived_at = record
        .approximate_arrival_timestamp
        .and_then(|time| time.to_millis().ok())
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    ReadRecord {
        position: record.sequence_number,
        key: record.partition_key.unwrap_or_default(),
        data: record.data.into_inner(),
        arrived_at,
    }
}

/// Whether it begins behind a sequence number, and not behind what somebody mistyped.
fn is_behind_a_number(start: &StartAt) -> bool {
    matches!(start, StartAt::After(position) if !position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit()))
}
