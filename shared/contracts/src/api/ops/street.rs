//! The street at a glance.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Timestamp, UserId};

use super::super::{Administrator, Route};
use super::{PRIVATE, ROLE, TAG};

/// All of the street at a glance.
pub const STREET: Route<Administrator, (), (), Street> = Route::get("/ops/street", ROLE, "getStreet")
    .about(
        TAG,
        "The street at a glance",
        "Processes, commits that wait for the stream, its shards, queues with their dead letters, and consumers with their figures. \
         Many who look at the same time cost one look: each part is at least a second old before it is looked at again, commits ten. \
         What doesn't answer within two seconds is named in `unknown`; the rest is shown, with what that part was last.",
    )
    .cached(PRIVATE);

/// All of the street.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "at": "2026-11-28T12:34:56.789Z",
    "processes": [{ "address": "http://10.0.0.7:9090", "roles": ["order"], "ready": true, "dependencies": 9, "down": {} }],
    "stores": [{ "service": "order", "unpublished": 0 }],
    "topic": "order-events",
    "stream": { "name": "ec-events", "shards": [{
        "shard": "shardId-000000000000", "parents": [], "owner": "bridge-7d9f", "epoch": 3, "ended": false, "lag_ms": 0
    }] },
    "queues": [{
        "queue": "order-queue", "service": "order", "waiting": 2, "in_flight": 1, "delayed": 0, "oldest_seconds": 0.4,
        "dead_letter_queue": "order-dlq", "dead_letters": 1
    }],
    "set_aside": [{ "service": "bridge", "dead_letter_queue": "bridge-dlq", "dead_letters": 0 }],
    "consumers": [{
        "consumer": "order", "queue": "order-queue", "service": "order", "processes": 1, "handled": 120, "failed": 1,
        "handled_per_second": 4.5, "failed_per_second": 0.0, "age_seconds": 0.21, "breaker_open": false
    }],
    "unknown": []
}]))]
pub struct Street {
    /// When that was so.
    pub at: Timestamp,
    /// Processes, each with its roles.
    pub processes: Vec<StreetProcess>,
    /// Event stores of the services that own events.
    pub stores: Vec<StreetStore>,
    /// The topic that fans events out.
    pub topic: String,
    /// The stream that events go through.
    pub stream: StreetStream,
    /// Queues that have a consumer.
    pub queues: Vec<StreetQueue>,
    /// Dead letters that were in no queue before: records of a stream that its reader set aside.
    pub set_aside: Vec<StreetAside>,
    /// What takes messages out of the queues.
    pub consumers: Vec<StreetConsumer>,
    /// What could not be asked, and why. Empty when all of it is known.
    pub unknown: Vec<Unknown>,
}

/// A process, as its health says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreetProcess {
    /// Where its health is served; `here` for the process that answers.
    pub address: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Whether it takes requests.
    pub ready: bool,
    /// How many dependencies it has.
    pub dependencies: usize,
    /// Dependencies that answered badly last, and what they said.
    pub down: BTreeMap<String, String>,
    /// Why it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub fault: Option<String>,
}

/// An event store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreetStore {
    /// Whose it is.
    pub service: String,
    /// Commits that are not yet in the stream, as far as is known; 25 of each shard of the outbox at the most.
    pub unpublished: usize,
    /// Whether there are more, or may be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpublished_at_least: bool,
    /// How old the oldest of them is, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub oldest_seconds: Option<i64>,
}

/// The stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreetStream {
    /// Its name.
    pub name: String,
    /// Its shards.
    pub shards: Vec<StreetShard>,
}

/// A shard of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreetShard {
    /// Its name.
    pub shard: String,
    /// The shards that it was split or merged from.
    pub parents: Vec<String>,
    /// Who reads it, or wrote its checkpoint last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub owner: Option<String>,
    /// How often its checkpoint was claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub epoch: Option<u64>,
    /// Whether it is closed and read to its end.
    pub ended: bool,
    /// How long the oldest record that is not passed on has been waiting, in milliseconds; 0 where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub lag_ms: Option<i64>,
    /// Why something of it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub fault: Option<String>,
}

/// A queue and its dead letters. Numbers are those of SQS: about right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreetQueue {
    /// Its name.
    pub queue: String,
    /// Who empties it.
    pub service: String,
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages in a consumer's hands.
    pub in_flight: u64,
    /// Messages that are hidden until later. Of `order-deadline-queue` they are reminders, and no backlog.
    pub delayed: u64,
    /// How long the oldest message of the last receive had been in the queue, in seconds, as its consumers saw it. None while nothing
    /// waits, and where no process has received from it since it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub oldest_seconds: Option<f64>,
    /// Where what can't be handled goes.
    pub dead_letter_queue: String,
    /// Messages in that.
    pub dead_letters: u64,
}

/// Records of a stream that its reader set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreetAside {
    /// The service that reads the stream.
    pub service: String,
    /// Where they are.
    pub dead_letter_queue: String,
    /// How many.
    pub dead_letters: u64,
}

/// A consumer of a queue, in all processes that could be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreetConsumer {
    /// Its name, as logs and dead letters have it.
    pub consumer: String,
    /// The queue that it empties.
    pub queue: String,
    /// Its service.
    pub service: String,
    /// How many processes have it.
    pub processes: usize,
    /// Deliveries that its handler has answered with "done", since those processes began.
    pub handled: u64,
    /// Deliveries that it has answered otherwise: to be tried again, or set aside.
    pub failed: u64,
    /// The first of these a second, since the look before this one. None at the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub handled_per_second: Option<f64>,
    /// The second of these a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub failed_per_second: Option<f64>,
    /// From an event's decision to the end of its handling, in seconds: the mean of those handled since the look before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub age_seconds: Option<f64>,
    /// Whether it receives nothing because something that it needs is away or denied, in any process.
    pub breaker_open: bool,
    /// Who paused it, and why; none while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Pause")]
    pub paused: Option<Pause>,
}

/// That somebody paused a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// Who.
    pub by: UserId,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// A part of the street that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// Which: `processes`, `stores`, `stream`, `queues`, `consumers`, `pauses`.
    pub part: String,
    /// Why. No secrets.
    pub why: String,
}
