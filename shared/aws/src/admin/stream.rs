//! The stream.

use std::time::Duration;

use aws_sdk_kinesis::operation::create_stream::CreateStreamError;
use aws_sdk_kinesis::operation::delete_stream::DeleteStreamError;
use aws_sdk_kinesis::operation::deregister_stream_consumer::DeregisterStreamConsumerError;
use aws_sdk_kinesis::operation::describe_stream_consumer::DescribeStreamConsumerError;
use aws_sdk_kinesis::operation::describe_stream_summary::DescribeStreamSummaryError;
use aws_sdk_kinesis::operation::register_stream_consumer::RegisterStreamConsumerError;
use aws_sdk_kinesis::types::{ConsumerStatus, StreamDescriptionSummary, StreamMode, StreamModeDetails, StreamStatus};
use shotengai_messaging::Fault;

use super::spec::StreamSpec;
use super::wait::until;
use super::{Admin, Outcome};
use crate::fault::{fault, invalid};

const CREATE: &str = "kinesis.CreateStream";
const DESCRIBE: &str = "kinesis.DescribeStreamSummary";
const INCREASE: &str = "kinesis.IncreaseStreamRetentionPeriod";
const DECREASE: &str = "kinesis.DecreaseStreamRetentionPeriod";
const REGISTER: &str = "kinesis.RegisterStreamConsumer";
const CONSUMER: &str = "kinesis.DescribeStreamConsumer";
const DEREGISTER: &str = "kinesis.DeregisterStreamConsumer";
const DELETE: &str = "kinesis.DeleteStream";

impl Admin {
    /// Has a stream there, keeping records as long as it should. Shards of one that exists are left alone.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_stream(&self, name: &str, spec: StreamSpec) -> Result<Outcome, Fault> {
        let name = self.full_name(name);
        let created = self.create_stream(&name, spec.shards).await?;
        let changed = self.ensure_retention(&name, spec.retention).await?;
        Ok(if created { Outcome::Created } else { Outcome::changed_if(changed) })
    }

    /// Whether a stream is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_stream(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.stream_summary(&self.full_name(name)).await?.is_some())
    }

    /// Deletes a stream with all it holds; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_stream(&self, name: &str) -> Result<bool, Fault> {
        let name = self.full_name(name);
        let request = self.clients.kinesis.delete_stream().stream_name(&name).enforce_consumer_deletion(true);
        if let Err(error) = request.send().await {
            return match error.as_service_error() {
                Some(DeleteStreamError::ResourceNotFoundException(_)) => Ok(false),
                _ => Err(fault(DELETE, &error)),
            };
        }
        until(DESCRIBE, || async { Ok(self.stream_summary(&name).await?.is_none()) }).await?;
        Ok(true)
    }

    /// The stream's ARN, if it is there.
    pub(super) async fn stream_arn(&self) -> Result<Option<String>, Fault> {
        let summary = self.stream_summary(&self.full_name(self.stream_name())).await?;
        Ok(summary.map(|summary| summary.stream_arn().to_owned()))
    }

    /// Has the stream's consumer there, which can then be subscribed with. It costs by the hour and shard; nothing removes it.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_stream_consumer(&self, stream: &str, consumer: &str) -> Result<Outcome, Fault> {
        let name = self.full_name(stream);
        let arn = self.active_stream(&name).await?.stream_arn().to_owned();
        let request = self.clients.kinesis.register_stream_consumer().stream_arn(&arn).consumer_name(consumer);
        let registered = match request.send().await {
            Ok(_) => true,
            Err(error) => match error.as_service_error() {
                Some(RegisterStreamConsumerError::ResourceInUseException(_)) => false,
                _ => return Err(fault(REGISTER, &error)),
            },
        };
        until(CONSUMER, || async { Ok(self.consumer_status(&arn, consumer).await? == Some(ConsumerStatus::Active)) })
            .await?;
        Ok(if registered { Outcome::Created } else { Outcome::Found })
    }

    /// Whether the stream's consumer can be subscribed with.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_stream_consumer(&self, stream: &str, consumer: &str) -> Result<bool, Fault> {
        let Some(summary) = self.stream_summary(&self.full_name(stream)).await? else { return Ok(false) };
        Ok(self.consumer_status(summary.stream_arn(), consumer).await? == Some(ConsumerStatus::Active))
    }

    /// Deregisters the stream's consumer; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_stream_consumer(&self, stream: &str, consumer: &str) -> Result<bool, Fault> {
        let Some(summary) = self.stream_summary(&self.full_name(stream)).await? else { return Ok(false) };
        let request = self.clients.kinesis.deregister_stream_consumer().stream_arn(summary.stream_arn());
        let Err(error) = request.consumer_name(consumer).send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(DeregisterStreamConsumerError::ResourceNotFoundException(_)) => Ok(false),
            _ => Err(fault(DEREGISTER, &error)),
        }
    }

    async fn consumer_status(&self, stream_arn: &str, consumer: &str) -> Result<Option<ConsumerStatus>, Fault> {
        let request = self.clients.kinesis.describe_stream_consumer().stream_arn(stream_arn).consumer_name(consumer);
        match request.send().await {
            Ok(answer) => Ok(answer.consumer_description.map(|consumer| consumer.consumer_status)),
            Err(error) => match error.as_service_error() {
                Some(DescribeStreamConsumerError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(fault(CONSUMER, &error)),
            },
        }
    }

    async fn create_stream(&self, name: &str, shards: u32) -> Result<bool, Fault> {
        let shards = i32::try_from(shards).map_err(|error| invalid(CREATE, error))?;
        let mode = StreamModeDetails::builder().stream_mode(StreamMode::Provisioned);
        let mode = mode.build().map_err(|error| invalid(CREATE, error))?;
        let request = self.clients.kinesis.create_stream().stream_name(name).shard_count(shards);
        let Err(error) = request.stream_mode_details(mode).send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(CreateStreamError::ResourceInUseException(_)) => Ok(false),
            _ => Err(fault(CREATE, &error)),
        }
    }

    async fn ensure_retention(&self, name: &str, retention: Duration) -> Result<bool, Fault> {
        let wanted = i32::try_from(retention.as_secs() / 3600).map_err(|error| invalid(INCREASE, error))?;
        let found = self.active_stream(name).await?.retention_period_hours();
        if found == wanted {
            return Ok(false);
        }
        let kinesis = &self.clients.kinesis;
        let changed = if found < wanted {
            let request = kinesis.increase_stream_retention_period().stream_name(name).retention_period_hours(wanted);
            request.send().await.map(drop).map_err(|error| fault(INCREASE, &error))
        } else {
            let request = kinesis.decrease_stream_retention_period().stream_name(name).retention_period_hours(wanted);
            request.send().await.map(drop).map_err(|error| fault(DECREASE, &error))
        };
        let now = self.active_stream(name).await?.retention_period_hours();
        // Refused, but as it should be all the same: another provisioner was faster.
        if now == wanted { Ok(changed.is_ok()) } else { changed.map(|()| true) }
    }

    async fn active_stream(&self, name: &str) -> Result<StreamDescriptionSummary, Fault> {
        until(DESCRIBE, || async {
            let summary = self.stream_summary(name).await?;
            Ok(summary.is_some_and(|summary| *summary.stream_status() == StreamStatus::Active))
        })
        .await?;
        self.stream_summary(name).await?.ok_or_else(|| invalid(DESCRIBE, "the stream went away"))
    }

    pub(super) async fn stream_summary(&self, name: &str) -> Result<Option<StreamDescriptionSummary>, Fault> {
        match self.clients.kinesis.describe_stream_summary().stream_name(name).send().await {
            Ok(answer) => Ok(answer.stream_description_summary),
            Err(error) => match error.as_service_error() {
                Some(DescribeStreamSummaryError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(fault(DESCRIBE, &error)),
            },
        }
    }
}
