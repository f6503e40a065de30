//! The messages: every event in its envelope, and what live clients are told.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use shotengai_kernel::{OrderId, ProductId, Timestamp};

use super::reference;
use crate::api::ops::steps::{Step, StepsKind, StepsMessage};
use crate::envelope::Envelope;
use crate::events::EventType;
use crate::live::{LiveKind, LiveMessage, LiveProduct};
use crate::samples::{self, SampleError};

/// The name of a live message among the document's messages.
pub(super) fn live_name(kind: LiveKind) -> String {
    format!("tally.{}", kind.as_str())
}

/// The name of a message of orders' steps among the document's messages.
pub(super) fn steps_name(kind: StepsKind) -> String {
    format!("ops.{}", kind.as_str())
}

pub(super) fn all(generator: &mut SchemaGenerator) -> Result<Map<String, Value>, SampleError> {
    let envelope = generator.subschema_for::<Envelope>().to_value();
    let mut messages = Map::new();
    for event_type in EventType::ALL {
        let data = event_type.schema_within(generator).to_value();
        messages.insert(event_type.as_str().to_owned(), event(*event_type, &envelope, data)?);
    }
    let live = generator.subschema_for::<LiveMessage>().to_value();
    for kind in LiveKind::ALL {
        messages.insert(live_name(kind), told(kind, &live)?);
    }
    let steps = generator.subschema_for::<StepsMessage>().to_value();
    for kind in StepsKind::ALL {
        messages.insert(steps_name(kind), walked(kind, &steps)?);
    }
    Ok(messages)
}

/// An envelope of one type and its newest version.
fn event(event_type: EventType, envelope: &Value, data: Value) -> Result<Value, SampleError> {
    let (name, version, owner) = (event_type.as_str(), event_type.version(), event_type.owner().as_str());
    let source = format!("/shotengai/{owner}");
    let own = json!({
        "type": "object",
        "properties": {
            "type": { "const": name },
            "source": { "const": source },
            "dataversion": { "const": version },
            "data": data,
        },
    });
    let example = samples::envelope(event_type)?;
    let headers = json!({ "event_type": name, "traceparent": example.traceparent });
    Ok(json!({
        "name": name,
        "title": format!("{name}, version {version}"),
        "summary": format!("Written by {owner}."),
        "contentType": "application/json",
        "tags": [{ "name": owner }],
        "headers": {
            "type": "object",
            "description": "Message attributes. The topic routes by `event_type`.",
            "properties": {
                "event_type": { "const": name },
                "traceparent": { "type": "string", "description": "W3C trace context of the step that sent it." },
            },
            "required": ["event_type"],
        },
        "payload": { "allOf": [envelope, own] },
        "correlationId": {
            "description": "The same on everything that follows from one request.",
            "location": "$message.payload#/correlationid",
        },
        "examples": [{ "name": name, "headers": headers, "payload": example }],
    }))
}

fn told(kind: LiveKind, live: &Value) -> Result<Value, SampleError> {
    let product = LiveProduct {
        product_id: ProductId::parse("prod_kinoko")?,
        name: "きのこの山".to_owned(),
        sold: 120,
        returned: 2,
    };
    let at = Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH);
    let example = LiveMessage { kind, products: vec![product], at };
    let summary = match kind {
        LiveKind::Snapshot => "All products that the client wants to hear of; the first message of a connection.",
        LiveKind::Change => "The products whose numbers moved since the message before, with their new totals.",
    };
    let own = json!({ "type": "object", "properties": { "type": { "const": kind.as_str() } } });
    Ok(json!({
        "name": kind.as_str(),
        "title": format!("Tally {}", kind.as_str()),
        "summary": summary,
        "contentType": "application/json",
        "tags": [{ "name": "tally" }],
        "payload": { "allOf": [live, own] },
        "examples": [{ "name": kind.as_str(), "payload": example }],
    }))
}

fn walked(kind: StepsKind, schema: &Value) -> Result<Value, SampleError> {
    let at = Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut example = StepsMessage { kind, at, one_in: 1, ways: BTreeMap::new(), steps: Vec::new(), missed: false };
    let event_type = EventType::OrderPlaced.as_str().to_owned();
    let summary = match kind {
        StepsKind::Begin => {
            let queues = vec!["billing-queue".to_owned(), "inventory-queue".to_owned()];
            example.ways.insert(event_type, queues);
            "From now on steps are told; where events of a type go. The first message of a connection."
        }
        StepsKind::Steps => {
            let order_id = OrderId::parse("ord_01a22c9bef25750884a72cdbd3e3f627")?;
            let (service, shard) = ("order".to_owned(), "shardId-000000000000".to_owned());
            example.steps.push(Step { order_id, event_type, service, shard, at });
            "Steps that were made since the message before, of the orders that are told of."
        }
    };
    let own = json!({ "type": "object", "properties": { "type": { "const": kind.as_str() } } });
    Ok(json!({
        "name": kind.as_str(),
        "title": format!("Steps of orders: {}", kind.as_str()),
        "summary": summary,
        "contentType": "application/json",
        "tags": [{ "name": "ops" }],
        "payload": { "allOf": [schema, own] },
        "examples": [{ "name": kind.as_str(), "payload": example }],
    }))
}

/// Events of these types, as a channel lists them.
pub(super) fn of_types<'a>(types: impl IntoIterator<Item = &'a EventType>) -> Map<String, Value> {
    let entry = |event_type: &EventType| {
        (event_type.as_str().to_owned(), reference(&["components", "messages", event_type.as_str()]))
    };
    types.into_iter().map(entry).collect()
}
