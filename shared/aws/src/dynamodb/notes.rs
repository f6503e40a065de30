//! Notes of an event store: items beside the snapshots, under keys that are no aggregate's.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use shotengai_messaging::{Fault, Note};

use super::attributes::{BadItem, Item, number, read_number, read_text, text};
use super::schema::{AGGREGATE_ID, SCHEMA, STATE, VERSION};
use crate::fault::{fault, invalid};

const GET: &str = "dynamodb.GetItem";
const PUT: &str = "dynamodb.PutItem";
/// No aggregate's id begins with a `#`.
const PREFIX: &str = "#note/";

pub(super) async fn read(client: &Client, table: &str, name: &str) -> Result<Option<Note>, Fault> {
    let answer = client
        .get_item()
        .table_name(table)
        .key(AGGREGATE_ID, text(format!("{PREFIX}{name}")))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| fault(GET, &error))?;
    answer.item().map(decode).transpose().map_err(|error| invalid(GET, error))
}

pub(super) async fn write(
    client: &Client,
    table: &str,
    name: &str,
    note: &Note,
    replacing: Option<u64>,
) -> Result<bool, Fault> {
    let put = client
        .put_item()
        .table_name(table)
        .item(AGGREGATE_ID, text(format!("{PREFIX}{name}")))
        .item(VERSION, number(note.version))
        .item(SCHEMA, number(0))
        .item(STATE, text(note.doc.to_string()));
    let put = match replacing {
        None => put.condition_expression("attribute_not_exists(aggregate_id)"),
        Some(version) => put
            .condition_expression("#version = :standing")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":standing", number(version)),
    };
    let Err(error) = put.send().await else { return Ok(true) };
    if !matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) {
        return Err(fault(PUT, &error));
    }
    // A write whose answer was lost is repeated by the SDK and may meet itself.
    Ok(read(client, table, name).await?.as_ref() == Some(note))
}

fn decode(item: &Item) -> Result<Note, BadItem> {
    Ok(Note {
        version: read_number(item, VERSION)?,
        doc: serde_json::from_str(read_text(item, STATE)?).map_err(|_| BadItem(STATE))?,
    })
}
