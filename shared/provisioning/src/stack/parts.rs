//! What a stack consists of.

use serde_json::{Map, Value};
use shotengai_aws::admin::{BucketSpec, QueueSpec, StreamSpec, SubscriptionSpec, TableSpec};
use shotengai_contracts::topology::Service;

use super::Alarm;

/// What an account may choose beside what an installation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StackOptions {
    /// How pods become IAM roles.
    pub trust: Trust,
    /// How tables are paid.
    pub capacity: Capacity,
}

/// How pods of a cluster become IAM roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// EKS Pod Identity: its agent on the node, and an association for each role.
    #[default]
    PodIdentity,
    /// IAM roles for service accounts: the cluster's OpenID Connect provider.
    Irsa,
}

impl Trust {
    /// As an option calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PodIdentity => "pod-identity",
            Self::Irsa => "irsa",
        }
    }
}

/// How tables are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Capacity {
    /// By request.
    #[default]
    OnDemand,
    /// By the hour, for a capacity that follows what is used between two bounds.
    Provisioned,
}

/// A part and its id in the document: letters and digits.
#[derive(Debug, Clone)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// What it is.
    pub part: Part,
}

/// A part of a stack. Names are whole.
#[derive(Debug, Clone)]
pub enum Part {
    /// The key that everything is encrypted with.
    Key {
        /// Who may use it.
        policy: Value,
    },
    /// Its name.
    Alias {
        /// `alias/…`.
        name: String,
    },
    /// A stream.
    Stream {
        /// Its name.
        name: String,
        /// What it looks like.
        spec: StreamSpec,
    },
    /// A stream's consumer of enhanced fan-out.
    Consumer {
        /// The stream's id.
        stream: &'static str,
        /// The consumer's name.
        name: String,
    },
    /// A table.
    Table {
        /// Its name.
        name: String,
        /// What it looks like.
        spec: TableSpec,
        /// Whether its changes go into the stream of events.
        captured: bool,
        /// How it is paid.
        capacity: Capacity,
    },
    /// The topic.
    Topic {
        /// Its name.
        name: String,
    },
    /// A queue.
    Queue {
        /// Its name.
        name: String,
        /// What it looks like.
        spec: QueueSpec,
    },
    /// Who may send to a queue beside the account's own roles.
    QueuePolicy {
        /// The queue's id.
        queue: String,
        /// The document.
        policy: Value,
    },
    /// A queue's subscription to the topic.
    Subscription(SubscriptionSpec),
    /// A bucket.
    Bucket(Bucket),
    /// What is refused on a bucket.
    BucketPolicy {
        /// The bucket's id.
        bucket: String,
        /// The document.
        policy: Value,
    },
    /// An alarm.
    Alarm(Alarm),
    /// An IAM role.
    Role(Role),
    /// A role's association with the service account of its pods.
    Association {
        /// The service.
        service: Service,
        /// The role's id.
        role: String,
    },
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name in the world.
    pub name: String,
    /// What it looks like.
    pub spec: BucketSpec,
}

/// The IAM role of a service.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: Service,
    /// Who may become it.
    pub trust: Value,
    /// What it may do.
    pub policy: Value,
}

/// `order-events` → `OrderEvents`.
pub(crate) fn pascal(name: &str) -> String {
    let mut out = String::new();
    let mut begins = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            begins = true;
            continue;
        }
        out.push(if begins { c.to_ascii_uppercase() } else { c });
        begins = false;
    }
    out
}

/// `OrderEventsTable` → `order_events_table`.
pub(crate) fn snake(id: &str) -> String {
    let mut out = String::new();
    for c in id.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// An object's properties, and another's.
pub(super) fn merged(one: Value, other: Value) -> Value {
    let of = |value| if let Value::Object(map) = value { map } else { Map::new() };
    of(one).into_iter().chain(of(other)).collect()
}

/// The id of what has this name: `order-events`, `Table` → `OrderEventsTable`.
pub(crate) fn id(name: &str, kind: &str) -> String {
    format!("{}{kind}", pascal(name))
}

/// The id of a queue, whose name says already what it is: `order-dlq` → `OrderDlq`.
pub(crate) fn queue_id(name: &str) -> String {
    pascal(name)
}
