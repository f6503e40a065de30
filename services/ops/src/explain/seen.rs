//! What was seen of the street when somebody asked for an order.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_contracts::api::ops::explanations::Certainty;
use shotengai_contracts::api::ops::street::{Street, StreetConsumer, StreetProcess, StreetQueue, StreetShard, Unknown};
use shotengai_contracts::topology::{QueueSpec, Service};
use shotengai_kernel::{EventId, OrderId, Timestamp, Version};

use super::facts::Fact;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The street at a glance, some seconds old.
    pub street: Street,
    /// Whether its processes are all that there are: none that is missing runs elsewhere.
    pub all_processes: bool,
    /// Whether change capture feeds the stream, and commits have no marker.
    pub is_captured: bool,
    /// Events whose commit has its marker: not in the stream, as far as is known.
    pub marked: BTreeSet<EventId>,
    /// Events that were found in the stream before the bridge, and in which shard.
    pub ahead: BTreeMap<EventId, String>,
    /// Whether all that lies before the bridge was looked through for them.
    pub is_searched: bool,
    /// Shards that nobody holds while others are held.
    pub unheld: BTreeSet<String>,
    /// Dead letters about the order.
    pub letters: Vec<SeenLetter>,
    /// What could not be looked at, beside what the street says itself.
    pub unknown: Vec<Unknown>,
}

/// A dead letter about the order, its body covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLetter {
    /// Where it is.
    pub queue: String,
    /// Its id.
    pub id: String,
    /// The reason that its consumer declared.
    pub reason: String,
    /// What went wrong; quotes no body.
    pub error: String,
    /// Which event it holds, where that can be read.
    pub event: Option<(String, Version)>,
    /// The order that it names.
    pub order: Option<OrderId>,
    /// When trouble with it began.
    pub since: Option<Timestamp>,
}

impl SeenLetter {
    /// Whether it holds this very event.
    #[must_use]
    pub fn holds(&self, fact: &Fact) -> bool {
        self.event
            .as_ref()
            .is_some_and(|(subject, version)| subject == fact.subject.as_str() && *version == fact.version)
    }
}

impl Seen {
    /// How sure it is that no process has this role; none where one has it, or the processes could not be asked.
    #[must_use]
    pub fn away(&self, role: Service) -> Option<Certainty> {
        let processes = &self.street.processes;
        if processes.is_empty() || self.having(role).next().is_some() {
            return None;
        }
        // One that does not answer may be the one that has it; then it is not well either.
        let is_silent = processes.iter().any(|process| process.fault.is_some());
        Some(match (self.all_processes, is_silent) {
            (false, _) => Certainty::Possible,
            (true, true) => Certainty::Likely,
            (true, false) => Certainty::Certain,
        })
    }

    fn having(&self, role: Service) -> impl Iterator<Item = &StreetProcess> {
        self.street.processes.iter().filter(move |process| process.roles.iter().any(|has| has == role.as_str()))
    }

    /// What the processes that have this role say does not answer, and what that said.
    #[must_use]
    pub fn down(&self, role: Service) -> BTreeMap<String, String> {
        // A process of several roles says of each dependency whose it is.
        let own = format!("{role}/");
        let down = self.having(role).flat_map(|process| &process.down);
        down.filter(|(name, _)| name.starts_with(&own)).map(|(name, said)| (name.clone(), said.clone())).collect()
    }

    /// This queue, if the queues could be asked.
    #[must_use]
    pub fn queue(&self, queue: &QueueSpec) -> Option<&StreetQueue> {
        self.street.queues.iter().find(|seen| seen.queue == queue.name)
    }

    /// The consumer of this queue, if the processes could be asked.
    #[must_use]
    pub fn consumer(&self, queue: &QueueSpec) -> Option<&StreetConsumer> {
        self.street.consumers.iter().find(|seen| seen.queue == queue.name)
    }

    /// Shards that are not read to their end.
    pub fn shards(&self) -> impl Iterator<Item = &StreetShard> {
        self.street.stream.shards.iter().filter(|shard| !shard.ended)
    }
}
