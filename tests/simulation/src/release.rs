//! Releases and feeds side by side: a rolling change of the feed, process by process, and a newer release whose envelopes have
//! an attribute that nobody here knows.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use shotengai_contracts::Envelope;
use shotengai_kernel::EventId;
use shotengai_messaging::StreamRecord;

use crate::world::World;

/// What the newer release adds.
const ADDED: &str = r#""shotengainewer":"yes","#;

/// An event's text without what the newer release added.
#[must_use]
pub(crate) fn as_committed(text: &str) -> String {
    text.replacen(ADDED, "", 1)
}

/// The events that a process of the newer release put into the stream.
#[derive(Debug, Default)]
pub struct Newer(Mutex<BTreeSet<EventId>>);

impl Newer {
    /// The record as the newer release writes it.
    #[must_use]
    pub fn written(&self, record: &StreamRecord) -> StreamRecord {
        let Ok(envelope) = Envelope::from_json(&record.data) else { return record.clone() };
        let Ok(text) = std::str::from_utf8(&record.data) else { return record.clone() };
        let Some(rest) = text.strip_prefix('{') else { return record.clone() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(envelope.id);
        StreamRecord { data: format!("{{{ADDED}{rest}").into_bytes(), ..record.clone() }
    }

    /// Whether a message has lost what the newer release wrote on its event. A copy that came by another way never had it.
    #[must_use]
    pub fn has_lost(&self, world: &World, body: &str) -> bool {
        let Ok(envelope) = Envelope::from_json(body.as_bytes()) else { return false };
        let is_newer = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&envelope.id);
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

    /// Whether a process is of the newer release.
    #[must_use]
    pub fn is_newer(&self, process: usize) -> bool {
        self.plan.newer.is_some_and(|remainder| process % 2 == remainder)
    }

    /// Whether the stream has an event also as somebody else wrote it: a sweeper of the older release, change capture.
    fn came_otherwise(&self, event: EventId) -> bool {
        let records = self.infra.memory_stream().records();
        let plain = records.iter().filter(|record| !record.data.windows(ADDED.len()).any(|it| it == ADDED.as_bytes()));
        plain.flat_map(|record| shotengai_bridge::change::parts(&record.data)).flatten().any(|part| part.id == event)
    }
}
