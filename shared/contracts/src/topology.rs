//! The topology: every service, queue, table, bucket, topic and stream of an installation, each named once.
//!
//! - [`Service`]: a role of the binary, or one that an application brings along.
//! - [`queues`], [`tables`], [`buckets`], [`TOPIC`], [`STREAM`], [`PRICE_STREAM`]: the resources, as constants that code refers to.
//! - [`Topology`]: a list of them. [`SHOTENGAI`] is this platform's; an application with roles of its own has another.
//! - [`Installation`]: the topologies that run together. [`Description`]: one as data.
//!
//! Provisioning, the in-memory infrastructure, the dead-letter routes, status and `shotengai describe` are derived from
//! here, and the chart is held against `describe`. Names are without an installation's `RESOURCE_PREFIX`.

pub mod access;
pub mod buckets;
mod description;
mod installation;
pub mod queues;
pub mod tables;

use std::fmt;

use jiff::SignedDuration;

pub use access::{ACCESSES, Access, HistoryUse, RowUse, StreamUse, To};
pub use buckets::{BucketSpec, BucketUse, Tells};
pub use description::Description;
pub use installation::{Installation, TopologyError};
pub use queues::{QueueSpec, Source, dead_letters_of};
pub use tables::{Expiring, TableSpec, Wanted};

/// A service: one role of the binary, one workload of the chart.
///
/// Not an enum: an application that builds on these crates brings services of its own (`examples/`), and what is
/// installed is the [`Topology`] it names, not a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service(&'static str);

impl Service {
    /// Web pages, accounts and the gateway to the others.
    pub const STOREFRONT: Self = Self::new("storefront");
    /// Orders and their saga.
    pub const ORDER: Self = Self::new("order");
    /// Products.
    pub const CATALOG: Self = Self::new("catalog");
    /// Stock and reservations.
    pub const INVENTORY: Self = Self::new("inventory");
    /// Payments.
    pub const BILLING: Self = Self::new("billing");
    /// E-mail.
    pub const NOTIFICATION: Self = Self::new("notification");
    /// Live counts.
    pub const TALLY: Self = Self::new("tally");
    /// Read models.
    pub const QUERY: Self = Self::new("query");
    /// From the stream to the topic.
    pub const BRIDGE: Self = Self::new("bridge");
    /// What operators ask and do.
    pub const OPS: Self = Self::new("ops");
    /// From the stream to the archive.
    pub const ARCHIVER: Self = Self::new("archiver");

    /// A service of this name: lower-case ASCII letters, as a workload's name may be.
    ///
    /// # Panics
    /// On any other name; at compile time where it makes a constant.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty() && bytes.len() <= 20, "a service's name has 1 to 20 letters");
        let mut at = 0;
        while at < bytes.len() {
            assert!(bytes[at].is_ascii_lowercase(), "a service's name has lower-case ASCII letters only");
            at += 1;
        }
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why a service calls another's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It hands a client's request on.
    Forward,
    /// It fetches the public keys of access tokens.
    Keys,
    /// It asks on an internal path.
    Ask,
}

/// A call of one service's API by another; the chart opens the network for these and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Who calls.
    pub from: Service,
    /// Who is called.
    pub to: Service,
    /// Why.
    pub purpose: Purpose,
}

impl Call {
    /// This call.
    #[must_use]
    pub const fn new(from: Service, to: Service, purpose: Purpose) -> Self {
        Self { from, to, purpose }
    }
}

/// Something that a service needs beside tables, queues and other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To read the stream.
    Stream,
    /// Leases, which Kubernetes may keep.
    Leases,
    /// A PostgreSQL database.
    Database,
    /// A mail relay.
    Smtp,
}

impl Need {
    /// As `shotengai describe` and the chart call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Leases => "leases",
            Self::Database => "database",
            Self::Smtp => "smtp",
        }
    }
}

/// Services, queues, tables and calls that an installation consists of.
#[derive(Debug, Clone, Copy)]
pub struct Topology {
    /// Services, in the order in which they are built and listed.
    pub services: &'static [Service],
    /// Queues.
    pub queues: &'static [&'static QueueSpec],
    /// Tables of rows.
    pub tables: &'static [&'static TableSpec],
    /// Buckets.
    pub buckets: &'static [&'static BucketSpec],
    /// Calls between services.
    pub calls: &'static [Call],
    /// Needs of services beside all that.
    pub needs: &'static [(Service, Need)],
    /// What services do with resources, beyond what follows from who owns them.
    pub accesses: &'static [Access],
}

impl Topology {
    /// Nothing: what a topology does not name comes from here.
    pub const EMPTY: Self =
        Self { services: &[], queues: &[], tables: &[], buckets: &[], calls: &[], needs: &[], accesses: &[] };

    /// The queues that have a consumer, and so dead letters.
    pub fn consumed_queues(&self) -> impl Iterator<Item = &'static QueueSpec> {
        self.queues.iter().copied().filter(|queue| queue.is_consumed())
    }

    /// The queues that the topic feeds.
    pub fn subscribed_queues(&self) -> impl Iterator<Item = &'static QueueSpec> {
        self.queues.iter().copied().filter(|queue| queue.is_subscribed())
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<Service> {
        self.services.iter().copied().find(|service| service.as_str() == name)
    }
}

/// The topic that fans events out to the queues.
pub const TOPIC: &str = "order-events";
/// The stream that events go through, unless `KINESIS_STREAM_NAME` says otherwise.
pub const STREAM: &str = "ec-events";

/// The stream's consumer of enhanced fan-out, by which bridges read it where they subscribe to its shards (`STREAM_READ=push`).
pub const STREAM_CONSUMER: &str = "bridge";

/// The stream that prices come by, from outside: [`queues::PRICE_DEAD_LETTERS`] has what is no price.
pub const PRICE_STREAM: &str = "ProductPricesStream";

/// How long a stream keeps a record.
pub const STREAM_KEEPS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a queue keeps a message.
pub const QUEUE_KEEPS: SignedDuration = SignedDuration::from_hours(4 * 24);
/// How long a dead-letter queue keeps one. The time of a message that the queue's redrive policy moved goes on from when it
/// was sent; one that its consumer moved is a new message.
pub const DEAD_LETTERS_KEEP: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long an event can be on its way from the stream to a handler, by a dead-letter queue once. A redrive begins another
/// passage, and they may be without number.
pub const LONGEST_PASSAGE: SignedDuration =
    SignedDuration::from_hours(STREAM_KEEPS.as_hours() + QUEUE_KEEPS.as_hours() + DEAD_LETTERS_KEEP.as_hours());

/// This platform.
pub const SHOTENGAI: Topology = Topology {
    services: &[
        Service::STOREFRONT,
        Service::ORDER,
        Service::CATALOG,
        Service::INVENTORY,
        Service::BILLING,
        Service::NOTIFICATION,
        Service::TALLY,
        Service::QUERY,
        Service::BRIDGE,
        Service::OPS,
        Service::ARCHIVER,
    ],
    queues: &[
        &queues::ORDER,
        &queues::INVENTORY,
        &queues::BILLING,
        &queues::NOTIFICATION,
        &queues::TALLY,
        &queues::QUERY,
        &queues::ORDER_DEADLINE,
        &queues::PRODUCT_IMAGES,
        &queues::BRIDGE_DEAD_LETTERS,
        &queues::PRICE_DEAD_LETTERS,
    ],
    tables: &[
        &tables::ORDER_PRICES,
        &tables::ORDER_PENDING,
        &tables::PAYMENT_INTENTS,
        &tables::BILLING_LEDGER,
        &tables::NOTIFICATION_CLAIMS,
        &tables::TALLY_COUNTERS,
        &tables::USERS,
        &tables::CHECKPOINTS,
        &tables::PRICE_CHECKPOINTS,
        &tables::OPS_RECORDS,
        &tables::PAUSED_CONSUMERS,
        &tables::ARCHIVE_CHECKPOINTS,
        &tables::LETTER_OUTCOMES,
    ],
    buckets: &[&buckets::PRODUCT_IMAGES, &buckets::EVENT_ARCHIVE],
    calls: &[
        Call::new(Service::STOREFRONT, Service::ORDER, Purpose::Forward),
        Call::new(Service::STOREFRONT, Service::CATALOG, Purpose::Forward),
        Call::new(Service::STOREFRONT, Service::INVENTORY, Purpose::Forward),
        Call::new(Service::STOREFRONT, Service::QUERY, Purpose::Forward),
        Call::new(Service::STOREFRONT, Service::TALLY, Purpose::Forward),
        // What the live page shows without a script.
        Call::new(Service::STOREFRONT, Service::TALLY, Purpose::Ask),
        Call::new(Service::STOREFRONT, Service::OPS, Purpose::Forward),
        Call::new(Service::ORDER, Service::STOREFRONT, Purpose::Keys),
        Call::new(Service::ORDER, Service::CATALOG, Purpose::Ask),
        Call::new(Service::CATALOG, Service::STOREFRONT, Purpose::Keys),
        Call::new(Service::INVENTORY, Service::STOREFRONT, Purpose::Keys),
        Call::new(Service::NOTIFICATION, Service::STOREFRONT, Purpose::Ask),
        Call::new(Service::TALLY, Service::STOREFRONT, Purpose::Keys),
        Call::new(Service::QUERY, Service::STOREFRONT, Purpose::Keys),
        Call::new(Service::OPS, Service::STOREFRONT, Purpose::Keys),
        // Rehearsals of mails: whether there is an address, and in which language.
        Call::new(Service::OPS, Service::STOREFRONT, Purpose::Ask),
        // Receipts: what each of them has done for an order.
        Call::new(Service::QUERY, Service::STOREFRONT, Purpose::Ask),
        Call::new(Service::QUERY, Service::ORDER, Purpose::Ask),
        Call::new(Service::QUERY, Service::CATALOG, Purpose::Ask),
        Call::new(Service::QUERY, Service::INVENTORY, Purpose::Ask),
        Call::new(Service::QUERY, Service::BILLING, Purpose::Ask),
        Call::new(Service::QUERY, Service::NOTIFICATION, Purpose::Ask),
        Call::new(Service::QUERY, Service::TALLY, Purpose::Ask),
        Call::new(Service::QUERY, Service::BRIDGE, Purpose::Ask),
        Call::new(Service::QUERY, Service::OPS, Purpose::Ask),
    ],
    needs: &[
        (Service::NOTIFICATION, Need::Smtp),
        (Service::QUERY, Need::Database),
        (Service::BRIDGE, Need::Stream),
        (Service::BRIDGE, Need::Leases),
    ],
    accesses: ACCESSES,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_given_once_and_belongs_to_a_service_that_is_there() {
        let queues: BTreeSet<&str> = SHOTENGAI.queues.iter().map(|queue| queue.name).collect();
        let tables: BTreeSet<&str> = SHOTENGAI.tables.iter().map(|table| table.name).collect();
        let services: BTreeSet<Service> = SHOTENGAI.services.iter().copied().collect();
        assert_eq!(
            (queues.len(), tables.len(), services.len()),
            (SHOTENGAI.queues.len(), SHOTENGAI.tables.len(), SHOTENGAI.services.len())
        );
        assert!(SHOTENGAI.queues.iter().all(|queue| services.contains(&queue.service)));
        assert!(SHOTENGAI.tables.iter().all(|table| services.contains(&table.service)));
    }
}
