//! An installation as data: what `shotengai describe` prints, and what the chart and the documents are held against.

use serde::Serialize;

use super::{BucketSpec, Installation, PRICE_STREAM, Purpose, QueueSpec, STREAM, Service, Source, TOPIC};
use crate::events::{EventType, Owner};

/// Everything that an installation consists of. Names are without its `RESOURCE_PREFIX`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Its services, in the order in which they are built.
    pub services: Vec<ServiceDescription>,
    /// Its queues, dead-letter queues apart.
    pub queues: Vec<QueueDescription>,
    /// Its tables: events and snapshots, then rows.
    pub tables: Vec<TableDescription>,
    /// Its buckets.
    pub buckets: Vec<BucketDescription>,
    /// The topic.
    pub topic: &'static str,
    /// The stream, unless `KINESIS_STREAM_NAME` says otherwise.
    pub stream: &'static str,
    /// The stream that prices come by.
    pub price_stream: &'static str,
    /// Subscriptions of the topic.
    pub subscriptions: Vec<SubscriptionDescription>,
    /// Every event type.
    pub events: Vec<EventDescription>,
}

/// A service, and what it needs to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceDescription {
    /// Its name: the role of `shotengai serve`.
    pub name: &'static str,
    /// Whether events are its own.
    pub owns_events: bool,
    /// The queues that it empties.
    pub queues: Vec<&'static str>,
    /// The services whose API it calls, and why.
    pub calls: Vec<CallDescription>,
    /// Needs beside AWS and other services.
    pub needs: Vec<&'static str>,
}

/// A call of one service's API by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallDescription {
    /// Who is called.
    pub service: &'static str,
    /// `forward` (a client's request goes on), `keys` (of access tokens) or `ask` (an internal question).
    pub purpose: &'static str,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueDescription {
    /// Its name.
    pub name: &'static str,
    /// The service that consumes it, or that sets aside here what it can't pass on.
    pub service: &'static str,
    /// Who takes messages out of it, as logs, metrics and dead letters say.
    pub consumer: &'static str,
    /// How messages get into it: `topic`, `own` (the service sends them), `bucket`, `stream` or `price_stream` (records set aside).
    pub source: &'static str,
    /// The events that the topic sends it.
    pub events: Vec<&'static str>,
    /// The queue for what can't be handled; itself where `source` is a stream.
    pub dead_letters: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableDescription {
    /// Its name.
    pub name: String,
    /// The only service that writes it.
    pub service: &'static str,
    /// `events`, `snapshots` or `rows`.
    pub kind: &'static str,
    /// Whether rows may expire.
    pub expires: bool,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketDescription {
    /// Its name, unless the installation chose another.
    pub name: &'static str,
    /// The only service that writes it.
    pub service: &'static str,
    /// The queue that hears of new objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tells: Option<&'static str>,
    /// How the keys of those objects begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<&'static str>,
}

/// A subscription of a queue to the topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionDescription {
    /// The queue.
    pub queue: &'static str,
    /// Which values of the attribute `event_type` it gets.
    pub event_types: Vec<&'static str>,
    /// The queue for what could not be delivered.
    pub dead_letters: String,
}

/// An event type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventDescription {
    /// Its name, `type` in the envelope.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// The only service that writes it.
    pub owner: &'static str,
    /// The newest version of its payload.
    pub version: u32,
}

impl Description {
    /// Parts of this installation.
    #[must_use]
    pub fn of(installation: &Installation) -> Self {
        Self {
            services: services(installation),
            queues: installation.queues().map(queue).collect(),
            tables: tables(installation),
            buckets: installation.buckets().map(bucket).collect(),
            topic: TOPIC,
            stream: STREAM,
            price_stream: PRICE_STREAM,
            subscriptions: installation.subscribed_queues().map(subscription).collect(),
            events: EventType::ALL.iter().copied().map(event).collect(),
        }
    }
}

fn services(installation: &Installation) -> Vec<ServiceDescription> {
    let describe = |service: Service| ServiceDescription {
        name: service.as_str(),
        owns_events: Owner::of(service).is_some(),
        queues: installation
            .consumed_queues()
            .filter(|queue| queue.service == service)
            .map(|queue| queue.name)
            .collect(),
        calls: installation
            .calls()
            .filter(|call| call.from == service)
            .map(|call| CallDescription { service: call.to.as_str(), purpose: purpose(call.purpose) })
            .collect(),
        needs: installation.needs().filter(|(of, _)| *of == service).map(|(_, need)| need.as_str()).collect(),
    };
    installation.services().map(describe).collect()
}

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Forward => "forward",
        Purpose::Keys => "keys",
        Purpose::Ask => "ask",
    }
}

fn queue(spec: &QueueSpec) -> QueueDescription {
    QueueDescription {
        name: spec.name,
        service: spec.service.as_str(),
        consumer: spec.consumer(),
        source: match spec.source {
            Source::Topic(_) => "topic",
            Source::Own => "own",
            Source::Bucket => "bucket",
            Source::Stream => "stream",
            Source::PriceStream => "price_stream",
        },
        events: names(spec.events()),
        dead_letters: spec.dead_letters(),
    }
}

fn bucket(spec: &BucketSpec) -> BucketDescription {
    BucketDescription {
        name: spec.name,
        service: spec.service.as_str(),
        tells: spec.tells.map(|tells| tells.queue.name),
        prefix: spec.tells.map(|tells| tells.prefix),
    }
}

fn subscription(spec: &QueueSpec) -> SubscriptionDescription {
    SubscriptionDescription { queue: spec.name, event_types: names(spec.events()), dead_letters: spec.dead_letters() }
}

fn names(events: &[EventType]) -> Vec<&'static str> {
    events.iter().map(|event| event.as_str()).collect()
}

fn tables(installation: &Installation) -> Vec<TableDescription> {
    let owned = Owner::ALL.into_iter().flat_map(|owner| {
        let describe = |name, kind| TableDescription { name, service: owner.as_str(), kind, expires: false };
        [describe(owner.events_table(), "events"), describe(owner.snapshots_table(), "snapshots")]
    });
    let rows = installation.tables().map(|table| TableDescription {
        name: table.name.to_owned(),
        service: table.service.as_str(),
        kind: "rows",
        expires: table.expires(),
    });
    owned.chain(rows).collect()
}

const fn event(event_type: EventType) -> EventDescription {
    EventDescription {
        event_type: event_type.as_str(),
        owner: event_type.owner().as_str(),
        version: event_type.version(),
    }
}
