//! What resources look like.

use std::time::Duration;

use shotengai_contracts::Owner;

use crate::dynamodb::schema;

/// A key attribute of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Of type S.
    Text(&'static str),
    /// Of type N.
    Number(&'static str),
}

impl Attribute {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) => name,
        }
    }
}

/// A global index, of keys alone. One that exists keeps what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSpec {
    /// Its name.
    pub name: &'static str,
    /// Partition key.
    pub partition: Attribute,
    /// Sort key.
    pub sort: Attribute,
}

/// A table, paid by request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Partition key.
    pub partition: Attribute,
    /// Sort key.
    pub sort: Option<Attribute>,
    /// Global indexes.
    pub indexes: Vec<IndexSpec>,
    /// The attribute whose time has items dropped.
    pub expires: Option<&'static str>,
}

impl TableSpec {
    /// The commits of a service.
    #[must_use]
    pub fn events(owner: Owner) -> Self {
        let created_at = Attribute::Text(schema::CREATED_AT);
        let index = |name, partition| IndexSpec { name, partition: Attribute::Text(partition), sort: created_at };
        Self {
            name: owner.events_table(),
            partition: Attribute::Text(schema::AGGREGATE_ID),
            sort: Some(Attribute::Number(schema::VERSION)),
            indexes: vec![index(schema::TIME_INDEX, schema::TIME_SHARD), index(schema::OUTBOX_INDEX, schema::OUTBOX)],
            expires: None,
        }
    }

    /// The snapshots of a service.
    #[must_use]
    pub fn snapshots(owner: Owner) -> Self {
        Self {
            name: owner.snapshots_table(),
            partition: Attribute::Text(schema::AGGREGATE_ID),
            sort: None,
            indexes: Vec::new(),
            expires: None,
        }
    }

    /// A table of rows; `expire` has rows dropped some time after their `expires_at`.
    #[must_use]
    pub fn rows(name: &str, expire: bool) -> Self {
        Self {
            name: name.to_owned(),
            partition: Attribute::Text(schema::PK),
            sort: Some(Attribute::Text(schema::SK)),
            indexes: Vec::new(),
            expires: expire.then_some(schema::EXPIRES_AT),
        }
    }
}

/// The stream; its name is the configuration's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSpec {
    /// How many shards it is created with. One that exists keeps its shards: resharding is an operator's decision.
    pub shards: u32,
    /// How long records stay; whole hours, 24 at least.
    pub retention: Duration,
}

/// Where a queue's undeliverable messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// The queue that takes them; must be there first.
    pub queue: String,
    /// After how many receipts.
    pub max_receives: u32,
}

/// A standard queue. Durations are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name.
    pub name: String,
    /// How long a message stays hidden unless its receiver says otherwise.
    pub visibility: Duration,
    /// How long a message stays.
    pub retention: Duration,
    /// How long a receive waits unless it says otherwise.
    pub wait: Duration,
    /// Where undeliverable messages go.
    pub dead_letters: Option<DeadLetters>,
    /// Whether the topic may send to it; the topic must be there first.
    pub fed_by_topic: bool,
    /// The bucket that may send to it; the topic must be there first, whose account is the bucket's.
    pub fed_by_bucket: Option<String>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name.
    pub name: String,
    /// The origins of web pages that may send and fetch by signed requests.
    pub origins: Vec<String>,
    /// Who hears of new objects; nobody where the bucket tells of none.
    pub tells: Option<BucketTells>,
    /// Whether it keeps what was put over or deleted. Never turned off.
    pub versions: bool,
}

/// Notifications of new objects of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketTells {
    /// The queue that hears of them.
    pub queue: String,
    /// How their keys begin.
    pub prefix: String,
}

/// A queue's subscription to the topic, raw delivery. All three must be there first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSpec {
    /// The queue that receives.
    pub queue: String,
    /// Which values of the attribute `event_type` it receives.
    pub event_types: Vec<&'static str>,
    /// The queue for what could not be delivered to the first.
    pub dead_letters: String,
}
