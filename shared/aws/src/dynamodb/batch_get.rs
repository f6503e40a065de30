//! Items by their keys, many in one request, as they stand now: reads are consistent.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::{Fault, FaultKind};

use super::attributes::Item;
use super::commit_item::key;
use super::expression::CONFLICT_BACKOFF;
use super::limits::BATCH_GET_MAX;
use super::schema::{AGGREGATE_ID, COMMIT_ID, OUTBOX, VERSION};
use crate::fault::{fault, invalid};

const BATCH_GET: &str = "dynamodb.BatchGetItem";
/// How often in a row a request may be answered with nothing but keys to ask for again.
const ATTEMPTS: u32 = 8;

/// Which attributes are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attributes {
    All,
    /// Key, commit id and marker.
    Marks,
}

/// Items of these slots, in no order. One call may name a slot once.
pub(super) async fn read_slots(
    client: &Client,
    table: &str,
    ports: &Ports,
    slots: &[(AggregateId, Version)],
    attributes: Attributes,
) -> Result<Vec<Item>, Fault> {
    let mut found: Vec<Item> = Vec::new();
    for chunk in slots.chunks(BATCH_GET_MAX) {
        let mut wanted: Vec<Item> = chunk.iter().map(|(id, version)| key(id, *version)).collect();
        let mut failures = 0;
        while !wanted.is_empty() {
            let asked = wanted.len();
            let request = request(wanted, attributes)?;
            let call = client.batch_get_item().request_items(table, request).send().await;
            let answer = call.map_err(|error| fault(BATCH_GET, &error))?;
            found.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            wanted =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|keys| keys.keys).collect();
            // What is left over by an answer that was full can be asked for at once.
            failures = if wanted.len() < asked { 0 } else { failures + 1 };
            if failures >= ATTEMPTS {
                return Err(Fault::new(FaultKind::Throttled, BATCH_GET, "keys were left unprocessed"));
            }
            if !wanted.is_empty() {
                tokio::time::sleep(CONFLICT_BACKOFF.delay(failures.max(1), ports.random.as_ref())).await;
            }
        }
    }
    Ok(found)
}

fn request(keys: Vec<Item>, attributes: Attributes) -> Result<KeysAndAttributes, Fault> {
    let mut request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    if let Attributes::Marks = attributes {
        request = request
            .projection_expression(format!("{AGGREGATE_ID}, #version, {COMMIT_ID}, {OUTBOX}"))
            .expression_attribute_names("#version", VERSION);
    }
    request.build().map_err(|error| invalid(BATCH_GET, error))
}
