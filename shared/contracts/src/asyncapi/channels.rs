//! The channels: the stream, the topic, every queue that has a consumer, and the live feeds of tally and ops.

use serde_json::{Map, Value, json};

use super::messages::{live_name, of_types, steps_name};
use super::reference;
use crate::api::ops::steps::StepsKind;
use crate::api::{STEPS, TALLY_LIVE};
use crate::events::EventType;
use crate::live::LiveKind;
use crate::topology::{QueueSpec, STREAM, Source, TOPIC, Topology, queues};

/// The live feed's name among the channels.
pub(super) const LIVE: &str = "tally-live";
/// The name of the orders' steps among the channels.
pub(super) const ORDER_STEPS: &str = "ops-steps";

/// The types of the messages that a queue holds.
pub(super) fn types_of(queue: &QueueSpec) -> Vec<EventType> {
    match queue.source {
        Source::Topic(events) => events.to_vec(),
        Source::Own if queue.name == queues::ORDER_DEADLINE.name => vec![EventType::OrderPlaced],
        Source::Own | Source::Stream => EventType::ALL.to_vec(),
        Source::Bucket | Source::PriceStream => Vec::new(),
    }
}

pub(super) fn all(topologies: &[&Topology]) -> Map<String, Value> {
    let mut channels = Map::new();
    channels.insert(
        STREAM.to_owned(),
        json!({
            "address": STREAM,
            "title": "The stream",
            "description": "Every event of every service, in a shard by its aggregate (`subject`). Where change capture \
                feeds it (`PUBLISH=cdc`), a record is DynamoDB's change record of a commit and holds its events as text.",
            "servers": [reference(&["servers", "kinesis"])],
            "messages": of_types(EventType::ALL),
        }),
    );
    channels.insert(
        TOPIC.to_owned(),
        json!({
            "address": TOPIC,
            "title": "The topic",
            "description": "Every event of a type that the contracts have, delivered raw to the queues that subscribe to it.",
            "servers": [reference(&["servers", "sns"])],
            "messages": of_types(EventType::ALL),
            "bindings": { "sns": { "name": TOPIC, "bindingVersion": "0.1.0" } },
        }),
    );
    for queue in topologies.iter().flat_map(|topology| topology.consumed_queues()) {
        channels.insert(queue.name.to_owned(), queue_channel(queue));
    }
    channels.insert(LIVE.to_owned(), live());
    channels.insert(ORDER_STEPS.to_owned(), steps());
    channels
}

fn queue_channel(queue: &QueueSpec) -> Value {
    let fed = match queue.source {
        Source::Topic(_) => "The topic sends it the events of these types.",
        Source::Bucket => "S3 sends it event notifications of new objects, which are no events of ours.",
        Source::Own | Source::Stream | Source::PriceStream => "Its own consumer sends to it, with a delay.",
    };
    json!({
        "address": queue.name,
        "title": format!("{}'s queue", queue.service),
        "description": format!("{fed} What can't be handled goes to `{}`.", queue.dead_letters()),
        "servers": [reference(&["servers", "sqs"])],
        "messages": of_types(&types_of(queue)),
        "bindings": {
            "sqs": {
                "queue": { "name": queue.name, "fifoQueue": false },
                "deadLetterQueue": { "name": queue.dead_letters(), "fifoQueue": false },
                "bindingVersion": "0.2.0",
            },
        },
    })
}

fn live() -> Value {
    let entry = |kind: LiveKind| (kind.as_str().to_owned(), reference(&["components", "messages", &live_name(kind)]));
    let messages: Map<String, Value> = LiveKind::ALL.into_iter().map(entry).collect();
    json!({
        "address": TALLY_LIVE.spec().path,
        "title": "The tally, live",
        "description": "A WebSocket that anybody may open. First comes a snapshot, then a change whenever a number moved. \
            Clients have nothing to send.",
        "servers": [reference(&["servers", "web"])],
        "messages": messages,
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "products": {
                            "type": "string",
                            "description": "Only these products: ids with commas between them, 100 at the most.",
                        },
                    },
                },
                "bindingVersion": "0.1.0",
            },
        },
    })
}

fn steps() -> Value {
    let entry = |kind: StepsKind| (kind.as_str().to_owned(), reference(&["components", "messages", &steps_name(kind)]));
    let messages: Map<String, Value> = StepsKind::ALL.into_iter().map(entry).collect();
    json!({
        "address": STEPS.spec().path,
        "title": "Steps of orders, live",
        "description": "A WebSocket for administrators. First comes `begin`, then the steps that orders make, once a second at most. \
            Clients have nothing to send.",
        "servers": [reference(&["servers", "web"])],
        "messages": messages,
        "bindings": { "ws": { "method": "GET", "bindingVersion": "0.1.0" } },
    })
}
