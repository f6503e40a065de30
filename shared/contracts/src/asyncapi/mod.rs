//! The AsyncAPI 3.0 document of an installation: which events travel where, and what they look like.
//!
//! Built from what the code itself goes by: the event types, the envelope, the [`Topology`] and the tally's live messages.
//! `docs/asyncapi.json` is this document as text; a test holds the two together.
//!
//! - `channels`: the stream, the topic, the queues, the live feed.
//! - `operations`: who sends and who receives.
//! - `messages`: every event in its envelope, and the live messages, with examples.

mod channels;
mod messages;
mod operations;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::samples::SampleError;
use crate::topology::Topology;

/// The document of what these topologies describe together.
///
/// # Errors
/// [`SampleError`]; never, as long as the samples' constants are valid.
pub fn document(topologies: &[&Topology]) -> Result<Value, SampleError> {
    // AsyncAPI's own schemas are those of draft 7, with parts among its components.
    let mut settings = SchemaSettings::draft07();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let messages = messages::all(&mut generator)?;
    let schemas = generator.take_definitions(true);
    Ok(json!({
        "asyncapi": "3.0.0",
        "id": "urn:shotengai:events",
        "info": {
            "title": "Shotengai events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "kinesis": server("kinesis.{region}.amazonaws.com", "kinesis", "Amazon Kinesis Data Streams."),
            "sns": server("sns.{region}.amazonaws.com", "sns", "Amazon SNS."),
            "sqs": server("sqs.{region}.amazonaws.com", "sqs", "Amazon SQS."),
            "web": {
                "host": "localhost:8080",
                "protocol": "ws",
                "description": "Wherever storefront or tally is reached from outside.",
            },
        },
        "channels": channels::all(topologies),
        "operations": operations::all(topologies),
        "components": { "messages": messages, "schemas": schemas },
    }))
}

const INTRODUCTION: &str = "Every event is a CloudEvents 1.0 envelope in structured JSON. Services append events to their own \
    store; publishers put them into the stream; the bridge forwards each, byte by byte, to the topic, which sends it to the \
    queues that subscribe to its type. Delivery is at least once and in no order that a consumer may rely on: \
    `aggregateversion` numbers the events of a `subject` without gaps. Attributes that a reader does not know are to be \
    ignored and passed on. Within a `dataversion` a payload only ever gains fields that may be missing. No event has \
    personal data or a payment token in it: a person is a `user_id`. Names are without an installation's prefix \
    (`RESOURCE_PREFIX`).";

fn server(host: &str, protocol: &str, description: &str) -> Value {
    let region = json!({ "description": "The installation's region.", "default": "ap-northeast-1" });
    json!({ "host": host, "protocol": protocol, "description": description, "variables": { "region": region } })
}

/// A reference within the document.
fn reference(path: &[&str]) -> Value {
    let path: Vec<String> = path.iter().map(|part| part.replace('~', "~0").replace('/', "~1")).collect();
    json!({ "$ref": format!("#/{}", path.join("/")) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::SHOTENGAI;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document(&[&SHOTENGAI]).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
