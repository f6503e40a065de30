//! An installation: the topologies that run together under one `RESOURCE_PREFIX`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Access, BucketSpec, Call, Need, QueueSpec, SHOTENGAI, Service, TableSpec, Topology};
use crate::events::Owner;

/// Topologies that run together: this platform's, and those of applications that bring roles of their own.
///
/// Names are unique in it, so that a queue or a table has one meaning and one owner.
#[derive(Debug, Clone)]
pub struct Installation(Arc<[Topology]>);

/// Why topologies can't run together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// Two of them name the same thing.
    #[error("the {kind} {name} is named twice")]
    Twice {
        /// A service, a queue or a table.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A queue, a table, a call or a need of a service that none of them has.
    #[error("the {kind} {name} belongs to {service}, which is not installed")]
    Stray {
        /// A queue, a table, a call or a need.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The service it belongs to.
        service: Service,
    },
}

impl Default for Installation {
    /// This platform alone.
    fn default() -> Self {
        Self(Arc::new([SHOTENGAI]))
    }
}

impl Installation {
    /// This platform and what an application adds to it.
    ///
    /// # Errors
    /// [`TopologyError`] when a name is given twice, or a resource belongs to nobody.
    pub fn with(additional: &[Topology]) -> Result<Self, TopologyError> {
        let installation = Self([SHOTENGAI].into_iter().chain(additional.iter().copied()).collect());
        installation.check()?;
        Ok(installation)
    }

    /// Every service, in the order in which they are built and listed.
    pub fn services(&self) -> impl Iterator<Item = Service> + '_ {
        self.0.iter().flat_map(|topology| topology.services.iter().copied())
    }

    /// Every queue but the dead letters beside the consumed ones.
    pub fn queues(&self) -> impl Iterator<Item = &'static QueueSpec> + '_ {
        self.0.iter().flat_map(|topology| topology.queues.iter().copied())
    }

    /// Every table of rows.
    pub fn tables(&self) -> impl Iterator<Item = &'static TableSpec> + '_ {
        self.0.iter().flat_map(|topology| topology.tables.iter().copied())
    }

    /// Every bucket.
    pub fn buckets(&self) -> impl Iterator<Item = &'static BucketSpec> + '_ {
        self.0.iter().flat_map(|topology| topology.buckets.iter().copied())
    }

    /// The queues that have a consumer, and so dead letters beside them.
    pub fn consumed_queues(&self) -> impl Iterator<Item = &'static QueueSpec> + '_ {
        self.queues().filter(|queue| queue.is_consumed())
    }

    /// The queues that the topic feeds.
    pub fn subscribed_queues(&self) -> impl Iterator<Item = &'static QueueSpec> + '_ {
        self.queues().filter(|queue| queue.is_subscribed())
    }

    /// Every call of one service by another.
    pub fn calls(&self) -> impl Iterator<Item = Call> + '_ {
        self.0.iter().flat_map(|topology| topology.calls.iter().copied())
    }

    /// Needs of services beside tables, queues and each other.
    pub fn needs(&self) -> impl Iterator<Item = (Service, Need)> + '_ {
        self.0.iter().flat_map(|topology| topology.needs.iter().copied())
    }

    /// What services do with resources, beyond what follows from who owns them.
    pub fn accesses(&self) -> impl Iterator<Item = Access> + '_ {
        self.0.iter().flat_map(|topology| topology.accesses.iter().copied())
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<Service> {
        self.services().find(|service| service.as_str() == name)
    }

    /// The queue of this name; dead letters beside a queue are not named by it.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&'static QueueSpec> {
        self.queues().find(|queue| queue.name == name)
    }

    fn check(&self) -> Result<(), TopologyError> {
        let services = unique("service", self.services().map(|service| service.as_str().to_owned()))?;
        let queues = self.queues().flat_map(|queue| {
            // A queue that is its own dead letters is one queue.
            [queue.is_consumed().then(|| queue.name.to_owned()), Some(queue.dead_letters())].into_iter().flatten()
        });
        unique("queue", queues)?;
        let owned = Owner::ALL.iter().flat_map(|owner| [owner.events_table(), owner.snapshots_table()]);
        unique("table", owned.chain(self.tables().map(|table| table.name.to_owned())))?;
        unique("bucket", self.buckets().map(|bucket| bucket.name.to_owned()))?;
        let buckets = self.buckets().map(|bucket| ("bucket", bucket.name, bucket.service));
        let queues = self.queues().map(|queue| ("queue", queue.name, queue.service));
        let tables = self.tables().map(|table| ("table", table.name, table.service));
        let calls = self
            .calls()
            .flat_map(|call| [("call of", call.to.as_str(), call.from), ("call of", call.to.as_str(), call.to)]);
        let needs = self.needs().map(|(service, need)| ("need of", need.as_str(), service));
        let accesses = self.accesses().map(|access| ("access of", access.service.as_str(), access.service));
        match queues
            .chain(tables)
            .chain(buckets)
            .chain(calls)
            .chain(needs)
            .chain(accesses)
            .find(|(_, _, service)| !services.contains(service.as_str()))
        {
            Some((kind, name, service)) => Err(TopologyError::Stray { kind, name, service }),
            None => Ok(()),
        }
    }
}

fn unique(kind: &'static str, names: impl Iterator<Item = String>) -> Result<BTreeSet<String>, TopologyError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(TopologyError::Twice { kind, name });
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventType::OrderPaid;
    use crate::topology::Source;

    const LOYALTY: Service = Service::new("loyalty");
    const POINTS: TableSpec = TableSpec { name: "loyalty-points", service: LOYALTY, expiring: &[] };
    const PAID: QueueSpec = QueueSpec { name: "loyalty-queue", service: LOYALTY, source: Source::Topic(&[OrderPaid]) };

    fn loyalty(queues: &'static [&'static QueueSpec], tables: &'static [&'static TableSpec]) -> Topology {
        Topology { services: &[LOYALTY], queues, tables, ..Topology::EMPTY }
    }

    fn refused(topology: Topology) -> String {
        Installation::with(&[topology]).unwrap_err().to_string()
    }

    #[test]
    fn an_application_adds_a_role_without_touching_the_platform() {
        let both = Installation::with(&[loyalty(&[&PAID], &[&POINTS])]).unwrap();
        assert_eq!(both.service("loyalty"), Some(LOYALTY));
        assert_eq!(both.queue("loyalty-queue"), Some(&PAID));
        assert!(both.consumed_queues().any(|queue| queue.dead_letters() == "loyalty-dlq"));
        assert_eq!(both.tables().last(), Some(&POINTS));
        assert_eq!(Installation::default().service("loyalty"), None);
    }

    #[test]
    fn the_platform_alone_is_consistent() {
        assert_eq!(Installation::default().check(), Ok(()));
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        const QUEUE: QueueSpec = QueueSpec { name: "order-queue", service: LOYALTY, source: Source::Own };
        const LETTERS: QueueSpec = QueueSpec { name: "order-dlq", service: LOYALTY, source: Source::Stream };
        const EVENTS: TableSpec = TableSpec { name: "billing-events", service: LOYALTY, expiring: &[] };
        assert_eq!(refused(loyalty(&[&QUEUE], &[])), "the queue order-queue is named twice");
        assert_eq!(refused(loyalty(&[&LETTERS], &[])), "the queue order-dlq is named twice");
        assert_eq!(refused(loyalty(&[], &[&EVENTS])), "the table billing-events is named twice");
        assert_eq!(refused(SHOTENGAI), "the service storefront is named twice");
    }

    #[test]
    fn a_resource_of_a_service_that_is_not_there_is_refused() {
        let nobodys = Topology { services: &[], ..loyalty(&[], &[&POINTS]) };
        assert_eq!(refused(nobodys), "the table loyalty-points belongs to loyalty, which is not installed");
    }
}
