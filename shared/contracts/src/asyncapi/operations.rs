//! The operations: who sends events where, and who receives them.

use serde_json::{Map, Value, json};

use super::channels::{LIVE, ORDER_STEPS, types_of};
use super::reference;
use crate::api::ops::steps::StepsKind;
use crate::events::{EventType, Owner};
use crate::live::LiveKind;
use crate::topology::{QueueSpec, STREAM, Service, Source, TOPIC, Topology};

pub(super) fn all(topologies: &[&Topology]) -> Map<String, Value> {
    let queues = || topologies.iter().flat_map(|topology| topology.consumed_queues());
    let mut operations = Map::new();
    let mut add = |name: String, operation: Value| drop(operations.insert(name, operation));
    for owner in Owner::ALL {
        let own = EventType::ALL.iter().copied().filter(|event_type| event_type.owner() == owner);
        let title = format!("{} publishes what happened to its aggregates", owner.as_str());
        add(format!("{}.publish", owner.as_str()), operation("send", STREAM, own, &title));
    }
    let all = || EventType::ALL.iter().copied();
    add(format!("{}.read", Service::BRIDGE), operation("receive", STREAM, all(), "The bridge reads the stream"));
    let mut forward = operation("send", TOPIC, all(), "The bridge forwards events as they came");
    let subscriptions: Vec<Value> = queues().filter(|queue| queue.is_subscribed()).map(subscription).collect();
    let topic = json!({ "name": TOPIC });
    forward["bindings"] = json!({ "sns": { "topic": topic, "consumers": subscriptions, "bindingVersion": "0.1.0" } });
    add(format!("{}.forward", Service::BRIDGE), forward);
    for queue in queues() {
        let types = types_of(queue);
        let stem = queue.name.strip_suffix("-queue").unwrap_or(queue.name);
        let title = format!("{} handles what comes", queue.service);
        add(format!("{stem}.receive"), operation("receive", queue.name, types.iter().copied(), &title));
        if queue.source == Source::Own {
            let title = format!("{} sends to itself", queue.service);
            add(format!("{stem}.send"), operation("send", queue.name, types.into_iter(), &title));
        }
    }
    let told = LiveKind::ALL.map(|kind| reference(&["channels", LIVE, "messages", kind.as_str()]));
    add(
        "tally.tell".to_owned(),
        json!({
            "action": "send",
            "channel": reference(&["channels", LIVE]),
            "title": "The tally tells its live clients",
            "messages": told,
        }),
    );
    let told = StepsKind::ALL.map(|kind| reference(&["channels", ORDER_STEPS, "messages", kind.as_str()]));
    add(
        "ops.tell".to_owned(),
        json!({
            "action": "send",
            "channel": reference(&["channels", ORDER_STEPS]),
            "title": "Ops tells who watches of the steps that orders make",
            "messages": told,
        }),
    );
    operations
}

fn operation(action: &str, channel: &str, types: impl Iterator<Item = EventType>, title: &str) -> Value {
    let messages: Vec<Value> =
        types.map(|event_type| reference(&["channels", channel, "messages", event_type.as_str()])).collect();
    json!({ "action": action, "channel": reference(&["channels", channel]), "title": title, "messages": messages })
}

/// A queue as a subscriber of the topic.
fn subscription(queue: &QueueSpec) -> Value {
    let types: Vec<&str> = queue.events().iter().map(|event_type| event_type.as_str()).collect();
    json!({
        "protocol": "sqs",
        "endpoint": { "name": queue.name },
        "rawMessageDelivery": true,
        "filterPolicy": { "event_type": types },
        "filterPolicyScope": "MessageAttributes",
        "redrivePolicy": { "deadLetterQueue": { "name": queue.dead_letters() } },
    })
}
