//! A message as a letter.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use shotengai_contracts::Header;
use shotengai_kernel::{Timestamp, Version};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts, KEY};
pub use shotengai_messaging::dead_letter::{REDRIVEN_ATTRIBUTE, Redriven};
use shotengai_messaging::ports::queue::RawDelivery;

use crate::cause::normalised;
use crate::covered::covered;
use crate::record;

/// The reason of a letter that no consumer wrote: the queue moved it after too many receives, or the topic could not
/// deliver it.
pub const UNDELIVERED: &str = "undelivered";
/// The reason of a letter whose facts nobody can read.
pub const UNREADABLE_FACTS: &str = "unreadable_facts";
/// The attribute by which the topic routes.
const EVENT_TYPE: &str = "event_type";

/// Attributes of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// Its type; not always one that the contracts have.
    pub event_type: String,
    /// The aggregate.
    pub subject: String,
    /// The event's number among the aggregate's.
    pub version: Version,
}

/// A message in a dead-letter queue. The body may be anything, so what prints it must expect control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Its id in this queue; another one each time it dies.
    pub message_id: String,
    /// When its queue took it. For one that was moved by its queue: when that one took it.
    pub sent_at: Option<Timestamp>,
    /// Why it is here.
    pub facts: DeadLetterFacts,
    /// Attributes of its envelope, if it is one.
    pub heading: Option<Heading>,
    /// Whether it has been here before.
    pub redriven: Option<Redriven>,
    /// The attributes as they came.
    pub attributes: BTreeMap<String, String>,
    /// The body as it came.
    pub body: String,
}

impl Letter {
    /// Reads a message; there is none that is no letter.
    #[must_use]
    pub fn read(delivery: RawDelivery) -> Self {
        let RawDelivery { message_id, body, attributes, sent_at, .. } = delivery;
        let facts = match attributes.get(DEAD_LETTER_ATTRIBUTE).map(|text| serde_json::from_str(text)) {
            Some(Ok(facts)) => facts,
            Some(Err(_)) => made_up(UNREADABLE_FACTS, "its facts are not readable"),
            None => made_up(UNDELIVERED, "no consumer said why: its queue or the topic moved it"),
        };
        let redriven = Redriven::of(&attributes);
        let encoded = record::bytes(&attributes, &body);
        let header = Header::read(encoded.as_deref().unwrap_or(body.as_bytes()));
        let heading = header.ok().map(|header| Heading {
            event_type: header.event_type.into_owned(),
            subject: header.subject.as_str().to_owned(),
            version: header.aggregateversion,
        });
        Self { message_id, sent_at, facts, heading, redriven, attributes, body }
    }

    /// The event's type, by the envelope or else by the attribute that the topic routes by.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        let of_envelope = self.heading.as_ref().map(|heading| heading.event_type.as_str());
        of_envelope.or_else(|| self.attributes.get(EVENT_TYPE).map(String::as_str))
    }

    /// The aggregate, by the envelope or else by the record's key.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let of_envelope = self.heading.as_ref().map(|heading| heading.subject.as_str());
        of_envelope.or_else(|| self.attributes.get(KEY).map(String::as_str))
    }

    /// What went wrong, without what that quotes of the body.
    #[must_use]
    pub fn covered_error(&self) -> Cow<'_, str> {
        covered(&self.facts.reason, &self.facts.error)
    }

    /// The same with `#` for ids and numbers, as its [`crate::Cause`] has it.
    #[must_use]
    pub fn cause(&self) -> String {
        normalised(&self.covered_error())
    }

    /// When trouble with it began, as far as is known.
    #[must_use]
    pub fn seen_at(&self) -> Option<Timestamp> {
        self.facts.first_seen.or(self.sent_at)
    }

    /// Bytes that holding it costs.
    pub(super) fn bytes(&self) -> usize {
        self.body.len() + self.attributes.values().map(String::len).sum::<usize>()
    }
}

fn made_up(reason: &str, error: &str) -> DeadLetterFacts {
    DeadLetterFacts {
        reason: reason.to_owned(),
        error: error.to_owned(),
        consumer: String::new(),
        attempts: 0,
        first_seen: None,
        trace: None,
    }
}
