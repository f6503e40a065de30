//! The events of one command on one aggregate.

use jiff::Timestamp;
use shotengai_contracts::{Envelope, Event, Metadata};
use shotengai_kernel::{AggregateId, CommitId, EventId, OrderId, Ports, Version};

use crate::commit_events::CommitEvents;
use crate::receipts::Causes;

/// One command's events on one aggregate: one item in the table, atomic. Immutable once appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The aggregate.
    pub aggregate_id: AggregateId,
    /// The version of the first event; with the aggregate's id, the commit's slot.
    pub first_version: Version,
    /// Tells this attempt from another that wants the same slot.
    pub commit_id: CommitId,
    /// When it was decided.
    pub created_at: Timestamp,
    /// The events, one at least; their versions count up from `first_version`.
    pub events: CommitEvents,
}

impl Commit {
    /// The aggregate's version once this commit is in.
    #[must_use]
    pub fn last_version(&self) -> Version {
        let events = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        Version::new(self.first_version.get().saturating_add(events).saturating_sub(1))
    }

    /// Who bears what is done about it: the order that its first event names, nobody if none is named.
    #[must_use]
    pub fn causes(&self) -> Causes {
        let named = self.events.first().and_then(|event| event.data.get("order_id")?.as_str());
        Causes::of(named.and_then(|order| OrderId::parse(order).ok()))
    }

    /// The shard of outbox and time index it stands in: evenly spread, the same for ever.
    #[must_use]
    pub fn index_shard(&self) -> u8 {
        // The last byte of a UUIDv7 is random.
        self.commit_id.uuid().as_bytes().last().copied().unwrap_or(0) % crate::ports::store::OUTBOX_SHARDS
    }
}

/// Makes commits: gives each event its id, time, version and metadata.
#[derive(Clone)]
pub struct CommitFactory {
    ports: Ports,
}

impl CommitFactory {
    /// A factory over these ports.
    #[must_use]
    pub const fn new(ports: Ports) -> Self {
        Self { ports }
    }

    /// The commit of `events` on an aggregate that is at version `current`. `None` when there are no events.
    #[must_use]
    pub fn commit(
        &self,
        aggregate_id: AggregateId,
        current: Version,
        events: &[Event],
        meta: &Metadata,
    ) -> Option<Commit> {
        self.commit_of(aggregate_id, current, events.iter().map(|event| (event, meta)))
    }

    /// The same where each event has its own metadata.
    #[must_use]
    pub fn commit_of<'a>(
        &self,
        aggregate_id: AggregateId,
        current: Version,
        events: impl IntoIterator<Item = (&'a Event, &'a Metadata)>,
    ) -> Option<Commit> {
        // As stores keep it: a commit that is read back is the same to the last digit.
        let now = self.ports.clock.now();
        let created_at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let mut version = current;
        let envelopes: Vec<_> = events
            .into_iter()
            .map(|(event, meta)| {
                version = version.next();
                let id = EventId::new(self.ports.ids.uuid_v7());
                Envelope::wrap(id, created_at, aggregate_id.clone(), version, meta, event)
            })
            .collect();
        if envelopes.is_empty() {
            return None;
        }
        Some(Commit {
            aggregate_id,
            first_version: current.next(),
            commit_id: CommitId::new(self.ports.ids.uuid_v7()),
            created_at,
            events: envelopes.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shotengai_contracts::{EventType, samples};
    use shotengai_kernel::ManualClock;

    use super::*;

    #[test]
    fn a_commit_is_of_a_whole_microsecond() {
        let clock = ManualClock::new(Timestamp::from_nanosecond(1_767_225_600_123_456_789).unwrap());
        let ports = Ports::seeded(1, Arc::new(clock));
        let meta = Metadata::request(ports.ids.uuid_v7(), None);
        let event = samples::event(EventType::ProductCreated).unwrap();
        let id = AggregateId::parse("prod_1").unwrap();
        let commit = CommitFactory::new(ports).commit(id, Version::ZERO, &[event], &meta).unwrap();
        assert_eq!(commit.created_at.as_nanosecond(), 1_767_225_600_123_456_000);
        assert_eq!(commit.events.first().unwrap().time, commit.created_at);
    }
}
