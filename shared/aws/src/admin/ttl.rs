//! Expiry of items.

use aws_sdk_dynamodb::types::{TimeToLiveSpecification, TimeToLiveStatus};
use shotengai_messaging::Fault;

use super::Admin;
use crate::fault::{fault, invalid};

const DESCRIBE: &str = "dynamodb.DescribeTimeToLive";
const UPDATE: &str = "dynamodb.UpdateTimeToLive";

impl Admin {
    /// Has items dropped after the time in `attribute`, or never; true when that was a change. The service takes one
    /// change an hour and table.
    pub(super) async fn ensure_expiry(&self, table: &str, attribute: Option<&str>) -> Result<bool, Fault> {
        let answer = self.clients.dynamodb.describe_time_to_live().table_name(table).send().await;
        let answer = answer.map_err(|error| fault(DESCRIBE, &error))?;
        let current = answer.time_to_live_description().filter(|found| {
            matches!(found.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        let current = current.and_then(|found| found.attribute_name());
        if current == attribute {
            return Ok(false);
        }
        let (name, enabled) = match (attribute, current) {
            (Some(attribute), _) => (attribute, true),
            (None, Some(current)) => (current, false),
            (None, None) => return Ok(false),
        };
        let specification = TimeToLiveSpecification::builder().attribute_name(name).enabled(enabled);
        let specification = specification.build().map_err(|error| invalid(UPDATE, error))?;
        let request = self.clients.dynamodb.update_time_to_live().table_name(table);
        match request.time_to_live_specification(specification).send().await {
            Ok(_) => Ok(true),
            // Another provisioner did it in between.
            Err(error) if already(&error) => Ok(false),
            Err(error) => Err(fault(UPDATE, &error)),
        }
    }
}

fn already<E, R>(error: &aws_smithy_runtime_api::client::result::SdkError<E, R>) -> bool
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    error
        .as_service_error()
        .and_then(|error| error.meta().message().map(|message| message.contains("already enabled")))
        .unwrap_or(false)
}
