//! Ways of events: when each was committed, came into the stream and into each queue, and who received it there. For
//! invariants that ask what became of an event, and which part of its way took long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_bridge::change::parts;
use shotengai_contracts::Envelope;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_kernel::EventId;
use shotengai_messaging::{Commit, StreamRecord};

/// The ways of all events.
#[derive(Debug, Default)]
pub struct Ways(Mutex<BTreeMap<EventId, Way>>);

/// The way of one event, by the time since the beginning.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// When it was written; none of what was there before the first process.
    pub committed: Option<Duration>,
    /// By which process.
    pub process: Option<usize>,
    /// When it came into the stream first.
    pub streamed: Option<Duration>,
    /// Whether change capture was slow about it, or kept it while the stream was away.
    pub captured_late: bool,
    /// By queue, what became of it there.
    pub stops: BTreeMap<&'static str, Stop>,
}

/// An event in one queue.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// When it came in first.
    pub queued: Option<Duration>,
    /// When a process received it first.
    pub received: Option<Duration>,
    /// The processes that did.
    pub by: BTreeSet<usize>,
    /// Whether the topic brought it late, or not at all at first.
    pub astray: bool,
    /// Whether somebody discarded it from there.
    pub discarded: bool,
    /// Whether the topic brought it to the dead letters.
    pub undelivered: bool,
}

/// The event that a message has, if it has one.
#[must_use]
pub fn event_of(body: &str) -> Option<EventId> {
    Some(Envelope::from_json(body.as_bytes()).ok()?.id)
}

impl Ways {
    fn known(&self) -> MutexGuard<'_, BTreeMap<EventId, Way>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process has written these.
    pub fn commit(&self, at: Duration, process: usize, commits: &[Commit]) {
        let mut known = self.known();
        for event in commits.iter().flat_map(|commit| &commit.events) {
            let way = known.entry(event.id).or_default();
            way.committed.get_or_insert(at);
            way.process.get_or_insert(process);
        }
    }

    /// Change capture brings these late.
    pub fn capture_late(&self, commit: &Commit) {
        let mut known = self.known();
        for event in &commit.events {
            known.entry(event.id).or_default().captured_late = true;
        }
    }

    /// The stream has taken these.
    pub fn stream(&self, at: Duration, records: &[StreamRecord]) {
        let ids: Vec<_> =
            records.iter().flat_map(|record| parts(&record.data)).filter_map(|part| Some(part.ok()?.id)).collect();
        let mut known = self.known();
        for id in ids {
            known.entry(id).or_default().streamed.get_or_insert(at);
        }
    }

    /// A message comes into a queue at this time.
    pub fn queue(&self, at: Duration, body: &str, queue: &str) {
        self.at_stop(body, queue, |stop| {
            stop.queued = Some(stop.queued.map_or(at, |before| before.min(at)));
        });
    }

    /// The topic brings a message late to a queue, or not at all at first.
    pub fn astray(&self, body: &str, queue: &str) {
        self.at_stop(body, queue, |stop| stop.astray = true);
    }

    /// The topic brings a message to a queue's dead letters.
    pub fn undelivered(&self, body: &str, queue: &str) {
        self.at_stop(body, queue, |stop| (stop.astray, stop.undelivered) = (true, true));
    }

    /// Somebody discards a message from a queue's dead letters.
    pub fn discard(&self, body: &str, queue: &str) {
        self.at_stop(body, queue, |stop| stop.discarded = true);
    }

    /// Whether the topic has brought a message to this queue's dead letters.
    #[must_use]
    pub fn was_undelivered(&self, body: &str, queue: &str) -> bool {
        event_of(body).is_some_and(|id| self.of(id).stops.get(queue).is_some_and(|stop| stop.undelivered))
    }

    /// A process has received a message.
    pub fn receive(&self, at: Duration, body: &str, queue: &str, process: usize) {
        self.at_stop(body, queue, |stop| {
            stop.received.get_or_insert(at);
            stop.by.insert(process);
        });
    }

    fn at_stop(&self, body: &str, queue: &str, change: impl FnOnce(&mut Stop)) {
        let queue = SHOTENGAI.queues.iter().find(|spec| spec.name == queue);
        let (Some(id), Some(queue)) = (event_of(body), queue) else { return };
        change(self.known().entry(id).or_default().stops.entry(queue.name).or_default());
    }

    /// The way of an event.
    #[must_use]
    pub fn of(&self, event: EventId) -> Way {
        self.known().get(&event).cloned().unwrap_or_default()
    }
}
