//! Change capture: a table that streams its own changes into the stream.

use std::fmt;

use aws_sdk_dynamodb::operation::describe_kinesis_streaming_destination::DescribeKinesisStreamingDestinationError;
use aws_sdk_dynamodb::operation::disable_kinesis_streaming_destination::DisableKinesisStreamingDestinationError;
use aws_sdk_dynamodb::operation::enable_kinesis_streaming_destination::EnableKinesisStreamingDestinationError;
use aws_sdk_dynamodb::types::{DestinationStatus, KinesisDataStreamDestination};
use shotengai_messaging::Fault;

use super::wait::until;
use super::{Admin, Outcome};
use crate::fault::{fault, invalid};

const DESCRIBE: &str = "dynamodb.DescribeKinesisStreamingDestination";
const ENABLE: &str = "dynamodb.EnableKinesisStreamingDestination";
const DISABLE: &str = "dynamodb.DisableKinesisStreamingDestination";

/// Whether a table's changes go into the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capture {
    /// They do.
    Active,
    /// They will soon: on AWS it takes about a minute.
    Starting,
    /// They were to, and could not: why, in the service's words.
    Failed(String),
    /// Not for much longer; what is written now may not come.
    Stopping,
    /// They don't.
    Off,
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("active"),
            Self::Starting => f.write_str("starting"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Stopping => f.write_str("stopping"),
            Self::Off => f.write_str("off"),
        }
    }
}

impl Admin {
    /// Whether the table's changes go into the installation's stream. A table or a stream that is not there is
    /// [`Capture::Off`].
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn capture_of(&self, table: &str) -> Result<Capture, Fault> {
        match self.stream_arn().await? {
            Some(arn) => self.destination(&self.full_name(table), &arn).await,
            None => Ok(Capture::Off),
        }
    }

    /// Has the table's changes go into the stream, and waits until they do. Table and stream have to be there.
    ///
    /// # Errors
    /// A [`Fault`]; `Permanent` with the service's reason when it was tried and could not be.
    pub async fn ensure_capture(&self, table: &str) -> Result<Outcome, Fault> {
        let name = self.full_name(table);
        let arn = self.stream_arn().await?.ok_or_else(|| invalid(ENABLE, "there is no stream to capture into"))?;
        let found = self.settled(&name, &arn).await?;
        if found == Capture::Active {
            return Ok(Outcome::Found);
        }
        let request = self.clients.dynamodb.enable_kinesis_streaming_destination().table_name(&name).stream_arn(&arn);
        if let Err(error) = request.send().await {
            // Another provisioner was faster.
            if !matches!(
                error.as_service_error(),
                Some(EnableKinesisStreamingDestinationError::ResourceInUseException(_))
            ) {
                return Err(fault(ENABLE, &error));
            }
        }
        // A description may lag behind.
        until(DESCRIBE, || async {
            let state = self.destination(&name, &arn).await?;
            Ok(matches!(state, Capture::Active | Capture::Failed(_)))
        })
        .await?;
        match self.destination(&name, &arn).await? {
            Capture::Active => Ok(Outcome::Created),
            other => Err(invalid(ENABLE, format!("capture of the table {name}: {other}"))),
        }
    }

    /// Ends the capture of the table's changes and waits until it has ended; false when there was none.
    ///
    /// What is committed without a marker after this never comes into the stream: no process may publish by capture any
    /// more.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn end_capture(&self, table: &str) -> Result<bool, Fault> {
        let name = self.full_name(table);
        let Some(arn) = self.stream_arn().await? else { return Ok(false) };
        if !matches!(self.settled(&name, &arn).await?, Capture::Active | Capture::Failed(_)) {
            return Ok(false);
        }
        let request = self.clients.dynamodb.disable_kinesis_streaming_destination().table_name(&name).stream_arn(&arn);
        if let Err(error) = request.send().await {
            return match error.as_service_error() {
                Some(
                    DisableKinesisStreamingDestinationError::ResourceNotFoundException(_)
                    | DisableKinesisStreamingDestinationError::ResourceInUseException(_),
                ) => Ok(false),
                _ => Err(fault(DISABLE, &error)),
            };
        }
        self.settled(&name, &arn).await?;
        Ok(true)
    }

    /// What it comes to once it neither starts nor stops.
    async fn settled(&self, table: &str, arn: &str) -> Result<Capture, Fault> {
        until(DESCRIBE, || async {
            Ok(!matches!(self.destination(table, arn).await?, Capture::Starting | Capture::Stopping))
        })
        .await?;
        self.destination(table, arn).await
    }

    async fn destination(&self, table: &str, arn: &str) -> Result<Capture, Fault> {
        let request = self.clients.dynamodb.describe_kinesis_streaming_destination().table_name(table);
        match request.send().await {
            Ok(answer) => {
                let destinations = answer.kinesis_data_stream_destinations();
                let ours = destinations.iter().find(|destination| destination.stream_arn() == Some(arn));
                Ok(ours.map_or(Capture::Off, state))
            }
            Err(error) => match error.as_service_error() {
                Some(DescribeKinesisStreamingDestinationError::ResourceNotFoundException(_)) => Ok(Capture::Off),
                _ => Err(fault(DESCRIBE, &error)),
            },
        }
    }
}

fn state(destination: &KinesisDataStreamDestination) -> Capture {
    match destination.destination_status() {
        Some(DestinationStatus::Active | DestinationStatus::Updating) => Capture::Active,
        Some(DestinationStatus::Enabling) => Capture::Starting,
        Some(DestinationStatus::Disabling) => Capture::Stopping,
        Some(DestinationStatus::EnableFailed) => {
            let why = destination.destination_status_description().filter(|why| !why.is_empty());
            Capture::Failed(why.unwrap_or("no reason given").to_owned())
        }
        _ => Capture::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_service_is_understood_and_an_unknown_one_is_no_capture() {
        let state_of = |status: DestinationStatus, why: &str| {
            let destination = KinesisDataStreamDestination::builder().destination_status(status);
            state(&destination.destination_status_description(why).build())
        };
        for (status, expected) in [
            (DestinationStatus::Active, Capture::Active),
            (DestinationStatus::Updating, Capture::Active),
            (DestinationStatus::Enabling, Capture::Starting),
            (DestinationStatus::Disabling, Capture::Stopping),
            (DestinationStatus::Disabled, Capture::Off),
            (DestinationStatus::from("PAUSED"), Capture::Off),
            (DestinationStatus::EnableFailed, Capture::Failed("no permission".to_owned())),
        ] {
            assert_eq!(state_of(status, "no permission"), expected);
        }
        assert_eq!(state(&KinesisDataStreamDestination::builder().build()), Capture::Off);
    }
}
