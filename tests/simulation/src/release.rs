//! Releases and feeds side by side: a rolling change of the feed, process by process, and a newer release whose envelopes have
//! an attribute that nobody here knows, and which may have a type of events that the older one does not know.
//!
//! That type is one of ours under another name: whoever is of the newer release writes it so, wherever it goes, and knows it
//! where it meets it. To the older release it is unknown, until its processes are upgraded one after the other.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use shotengai_contracts::topology::dead_letters_of;
use shotengai_contracts::{Envelope, EventType};
use shotengai_kernel::EventId;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Commit, Message, RawDelivery, StreamRecord};

use crate::process::PROCESSES;
use crate::ways::event_of;
use crate::world::World;

/// The attribute by which the topic tells its queues apart.
const EVENT_TYPE: &str = "event_type";

/// What the newer release adds.
const ADDED: &str = r#""shotengainewer":"yes","#;

/// An event's text without what the newer release added.
#[must_use]
pub(crate) fn as_committed(text: &str) -> String {
    text.replacen(ADDED, "", 1)
}

/// A type as the newer release calls it.
fn new_name(event_type: EventType) -> String {
    format!("Newer{}", event_type.as_str())
}

/// How an envelope says its type.
fn attribute(name: &str) -> String {
    format!(r#""type":"{name}""#)
}

/// What the newer release wrote.
#[derive(Debug, Default)]
pub struct Newer {
    /// Events that it put into the stream.
    streamed: Mutex<BTreeSet<EventId>>,
    /// Events of its new type.
    of_new_type: Mutex<BTreeSet<EventId>>,
    /// Those that consumers of the older release set aside, or began to, by their dead letters.
    set_aside: Mutex<BTreeSet<(String, EventId)>>,
}

impl Newer {
    /// The record as the newer release writes it.
    #[must_use]
    pub fn written(&self, record: &StreamRecord) -> StreamRecord {
        let Ok(envelope) = Envelope::from_json(&record.data) else { return record.clone() };
        let Ok(text) = std::str::from_utf8(&record.data) else { return record.clone() };
        let Some(rest) = text.strip_prefix('{') else { return record.clone() };
        self.streamed.lock().unwrap_or_else(PoisonError::into_inner).insert(envelope.id);
        StreamRecord { data: format!("{{{ADDED}{rest}").into_bytes(), ..record.clone() }
    }

    /// Whether a message has lost what the newer release wrote on its event. A copy that came by another way never had it.
    #[must_use]
    pub fn has_lost(&self, world: &World, body: &str) -> bool {
        let Ok(envelope) = Envelope::from_json(body.as_bytes()) else { return false };
        let is_newer = self.streamed.lock().unwrap_or_else(PoisonError::into_inner).contains(&envelope.id);
        is_newer && !body.contains(ADDED) && !world.came_otherwise(envelope.id)
    }
}

impl World {
    /// Whether a process that begins a life now marks its commits for an outbox; change capture feeds the stream otherwise.
    #[must_use]
    pub fn marks_outbox(&self) -> bool {
        let is_changed = self.plan.changes_feed.is_some_and(|at| self.elapsed() >= at);
        self.plan.captured == is_changed
    }

    /// Whether a process that begins a life now is of the newer release.
    #[must_use]
    pub fn is_newer(&self, process: usize) -> bool {
        process < PROCESSES.len()
            && (self.plan.newer.is_some_and(|remainder| process % 2 == remainder)
                || self.plan.new_type.is_some_and(|(_, upgraded)| self.elapsed() >= upgraded))
    }

    /// A process of the newer release has written these.
    pub fn wrote_newer(&self, commits: &[Commit]) {
        let Some((new, _)) = self.plan.new_type else { return };
        let mut known = self.newer.of_new_type.lock().unwrap_or_else(PoisonError::into_inner);
        let events = commits.iter().flat_map(|commit| &commit.events);
        known.extend(events.filter(|event| event.event_type == new.as_str()).map(|event| event.id));
    }

    /// Whether an event's text is of the type that only the newer release knows.
    #[must_use]
    pub fn is_of_new_type(&self, text: &str) -> bool {
        self.plan.new_type.is_some_and(|(new, _)| text.contains(&attribute(&new_name(new))))
    }

    /// A consumer sets a message aside that its release does not know.
    pub fn set_aside(&self, dead_letters: &str, body: &str) {
        let mut known = self.newer.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(event_of(body).map(|id| (dead_letters.to_owned(), id)));
    }

    /// Whether a consumer of the older release may acknowledge this: it knows it, or it is set aside.
    #[must_use]
    pub fn is_set_aside(&self, queue: &str, body: &str) -> bool {
        let known = || self.newer.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_of_new_type(body) || event_of(body).is_some_and(|id| known().contains(&(dead_letters_of(queue), id)))
    }

    /// A text as it travels: of the new type, if its event is.
    #[must_use]
    pub fn as_it_travels(&self, text: &str) -> String {
        let Some((new, _)) = self.plan.new_type else { return text.to_owned() };
        let known = self.newer.of_new_type.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = Envelope::from_json(text.as_bytes()).is_ok_and(|event| known.contains(&event.id));
        if !is_new {
            return text.to_owned();
        }
        text.replacen(&attribute(new.as_str()), &attribute(&new_name(new)), 1)
    }

    /// A text as the newer release understands it.
    #[must_use]
    pub fn as_understood(&self, text: &str) -> String {
        let Some((new, _)) = self.plan.new_type else { return text.to_owned() };
        text.replacen(&attribute(&new_name(new)), &attribute(new.as_str()), 1)
    }

    /// A message as it travels.
    #[must_use]
    pub fn message_as_it_travels(&self, message: &Message) -> Message {
        let body = self.as_it_travels(&message.body);
        let mut message = Message { body, ..message.clone() };
        if let (true, Some((new, _))) = (self.is_of_new_type(&message.body), self.plan.new_type)
            && let Some(event_type) = message.attributes.get_mut(EVENT_TYPE)
        {
            *event_type = new_name(new);
        }
        message
    }

    /// A message as a process of the newer release receives it.
    pub fn understand(&self, delivery: &mut RawDelivery) {
        let Some((new, _)) = self.plan.new_type else { return };
        delivery.body = self.as_understood(&delivery.body);
        if let Some(event_type) = delivery.attributes.get_mut(EVENT_TYPE).filter(|it| **it == new_name(new)) {
            new.as_str().clone_into(event_type);
        }
    }

    /// All records that the stream took, as the newer release understands them.
    #[must_use]
    pub fn records(&self) -> Vec<ReadRecord> {
        let mut records = self.infra.memory_stream().records();
        if self.plan.new_type.is_some() {
            for record in &mut records {
                if let Ok(text) = std::str::from_utf8(&record.data) {
                    record.data = self.as_understood(text).into_bytes();
                }
            }
        }
        records
    }

    /// Whether the stream has an event also as somebody else wrote it: a sweeper of the older release, change capture.
    fn came_otherwise(&self, event: EventId) -> bool {
        let records = self.records();
        let plain = records.iter().filter(|record| !record.data.windows(ADDED.len()).any(|it| it == ADDED.as_bytes()));
        plain.flat_map(|record| shotengai_bridge::change::parts(&record.data)).flatten().any(|part| part.id == event)
    }
}
