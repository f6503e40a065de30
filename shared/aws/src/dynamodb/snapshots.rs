//! Snapshots: one item an aggregate, replaced only by a newer one.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use shotengai_kernel::{AggregateId, CommitId, Version};
use shotengai_messaging::{CommitMark, Fault, Snapshot};

use super::attributes::{BadItem, Item, number, read_number, read_text, text};
use super::schema::{AGGREGATE_ID, COMMIT_ID, LAST_FIRST_VERSION, SCHEMA, STATE, VERSION};
use crate::fault::{fault, invalid};

const GET: &str = "dynamodb.GetItem";
const PUT: &str = "dynamodb.PutItem";

pub(super) async fn load(client: &Client, table: &str, id: &AggregateId) -> Result<Option<Snapshot>, Fault> {
    // Not consistent: half the price, and an older snapshot only means a longer tail.
    let answer = client
        .get_item()
        .table_name(table)
        .key(AGGREGATE_ID, text(id.as_str()))
        .send()
        .await
        .map_err(|error| fault(GET, &error))?;
    answer.item().map(decode).transpose().map_err(|error| invalid(GET, error))
}

pub(super) async fn save(client: &Client, table: &str, snapshot: &Snapshot) -> Result<(), Fault> {
    let mut put = client.put_item();
    if let Some(CommitMark { first_version, commit_id }) = &snapshot.last_commit {
        put = put.item(LAST_FIRST_VERSION, number(*first_version)).item(COMMIT_ID, text(commit_id.to_string()));
    }
    let answer = put
        .table_name(table)
        .item(AGGREGATE_ID, text(snapshot.aggregate_id.as_str()))
        .item(VERSION, number(snapshot.version))
        .item(SCHEMA, number(snapshot.schema))
        .item(STATE, text(snapshot.state.to_string()))
        .condition_expression("attribute_not_exists(aggregate_id) OR #version <= :version")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":version", number(snapshot.version))
        .send()
        .await;
    let Err(error) = answer else { return Ok(()) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
        _ => Err(fault(PUT, &error)),
    }
}

fn decode(item: &Item) -> Result<Snapshot, BadItem> {
    Ok(Snapshot {
        aggregate_id: AggregateId::parse(read_text(item, AGGREGATE_ID)?).map_err(|_| BadItem(AGGREGATE_ID))?,
        version: Version::new(read_number(item, VERSION)?),
        schema: read_number(item, SCHEMA)?,
        state: serde_json::from_str(read_text(item, STATE)?).map_err(|_| BadItem(STATE))?,
        last_commit: item.contains_key(COMMIT_ID).then(|| last_commit(item)).transpose()?,
    })
}

fn last_commit(item: &Item) -> Result<CommitMark, BadItem> {
    Ok(CommitMark {
        first_version: Version::new(read_number(item, LAST_FIRST_VERSION)?),
        commit_id: read_text(item, COMMIT_ID)?.parse().map(CommitId::new).map_err(|_| BadItem(COMMIT_ID))?,
    })
}
