//! Enhanced fan-out: records that the service sends, by subscriptions of a registered consumer.

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::{Builder as ConfigBuilder, StalledStreamProtectionConfig};
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::operation::describe_stream_consumer::DescribeStreamConsumerError;
use aws_sdk_kinesis::operation::describe_stream_summary::DescribeStreamSummaryError;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardError;
use aws_sdk_kinesis::primitives::event_stream::EventReceiver;
use aws_sdk_kinesis::types::error::SubscribeToShardEventStreamError;
use aws_sdk_kinesis::types::{ShardIteratorType, StartingPosition, SubscribeToShardEventStream};
use aws_smithy_runtime_api::client::result::SdkError;
use shotengai_messaging::ports::stream::{PositionGone, PushedBatch, Subscription, SubscriptionTaken};
use shotengai_messaging::{Fault, FaultKind, StartAt};
use tokio::sync::Mutex;

use super::reader::{is_position, read};
use crate::fault::{fault, invalid, kind_of};

pub(super) const SUBSCRIBE: &str = "kinesis.SubscribeToShard";
const SUMMARY: &str = "kinesis.DescribeStreamSummary";
const CONSUMER: &str = "kinesis.DescribeStreamConsumer";

/// The consumer as which subscriptions are made. Its ARN holds when it was registered, so it can't be made up.
pub(super) struct FanOut {
    client: Client,
    stream: String,
    name: &'static str,
    /// None before the first subscription, and after the consumer was found missing.
    arn: Mutex<Option<String>>,
}

impl FanOut {
    pub(super) fn new(client: Client, stream: String, name: &'static str) -> Self {
        Self { client, stream, name, arn: Mutex::default() }
    }

    pub(super) async fn subscribe(&self, shard: &str, start: &StartAt) -> Result<Box<dyn Subscription>, Fault> {
        let position = StartingPosition::builder();
        let position = match start {
            StartAt::Oldest => position.r#type(ShardIteratorType::TrimHorizon),
            StartAt::Latest => position.r#type(ShardIteratorType::Latest),
            StartAt::After(position) if !is_position(position) => {
                return Err(invalid(SUBSCRIBE, "the position to start behind is no sequence number"));
            }
            StartAt::After(number) => position.r#type(ShardIteratorType::AfterSequenceNumber).sequence_number(number),
        };
        let position = position.build().map_err(|error| invalid(SUBSCRIBE, error))?;
        let request = self.client.subscribe_to_shard().consumer_arn(self.arn().await?).shard_id(shard);
        // A shard into which nothing comes is no stalled answer.
        let quiet = ConfigBuilder::new().stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let answer = request.starting_position(position).customize().config_override(quiet).send().await;
        match answer {
            Ok(answer) => Ok(Box::new(KinesisSubscription(answer.event_stream))),
            Err(error) => {
                let refused = match error.as_service_error() {
                    Some(SubscribeToShardError::ResourceInUseException(_)) => SubscriptionTaken::fault(SUBSCRIBE),
                    Some(SubscribeToShardError::InvalidArgumentException(said))
                        if matches!(start, StartAt::After(_)) =>
                    {
                        PositionGone::fault(SUBSCRIBE, said.message().unwrap_or_default())
                    }
                    _ => fault(SUBSCRIBE, &error),
                };
                if matches!(error.as_service_error(), Some(SubscribeToShardError::ResourceNotFoundException(_))) {
                    *self.arn.lock().await = None;
                }
                Err(refused)
            }
        }
    }

    async fn arn(&self) -> Result<String, Fault> {
        let mut known = self.arn.lock().await;
        if let Some(arn) = &*known {
            return Ok(arn.clone());
        }
        let stream = self.client.describe_stream_summary().stream_name(&self.stream).send().await;
        let stream = stream.map_err(|error| match error.as_service_error() {
            Some(DescribeStreamSummaryError::ResourceNotFoundException(_)) => {
                missing(SUMMARY, "there is no such stream")
            }
            _ => fault(SUMMARY, &error),
        })?;
        let stream = stream.stream_description_summary.ok_or_else(|| invalid(SUMMARY, "the answer has no summary"))?;
        let request = self.client.describe_stream_consumer().stream_arn(stream.stream_arn()).consumer_name(self.name);
        let consumer = request.send().await.map_err(|error| match error.as_service_error() {
            Some(DescribeStreamConsumerError::ResourceNotFoundException(_)) => {
                missing(CONSUMER, "the stream has no such consumer")
            }
            _ => fault(CONSUMER, &error),
        })?;
        let consumer = consumer.consumer_description.ok_or_else(|| invalid(CONSUMER, "the answer has no consumer"))?;
        Ok(known.insert(consumer.consumer_arn).clone())
    }
}

fn missing(operation: &'static str, what: &'static str) -> Fault {
    Fault::new(FaultKind::Denied, operation, what)
}

struct KinesisSubscription(EventReceiver<SubscribeToShardEventStream, SubscribeToShardEventStreamError>);

#[async_trait]
impl Subscription for KinesisSubscription {
    async fn next(&mut self) -> Result<Option<PushedBatch>, Fault> {
        loop {
            let event = self.0.recv().await.map_err(|error| match &error {
                SdkError::ServiceError(said) => match said.err() {
                    SubscribeToShardEventStreamError::ResourceInUseException(_) => SubscriptionTaken::fault(SUBSCRIBE),
                    refused => {
                        let code = refused.code().unwrap_or("unknown");
                        Fault::new(kind_of(code, None), SUBSCRIBE, code.to_owned())
                    }
                },
                // What became of the connection; the next one begins behind what is applied.
                _ => Fault::new(FaultKind::Transient, SUBSCRIBE, error.to_string()),
            })?;
            match event {
                None => return Ok(None),
                Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => {
                    return Ok(Some(PushedBatch {
                        ended: event.child_shards.is_some_and(|children| !children.is_empty()),
                        behind_ms: event.millis_behind_latest,
                        records: event.records.into_iter().map(read).collect(),
                    }));
                }
                // Of a newer service.
                Some(_) => {}
            }
        }
    }
}
