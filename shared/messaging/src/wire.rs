//! An envelope as a message of topics and queues.

use shotengai_contracts::Envelope;

use crate::trace::TRACEPARENT;

/// The attribute that subscriptions filter on.
pub const EVENT_TYPE: &str = "event_type";

/// Far longer than W3C trace contexts are.
const MAX_TRACEPARENT: usize = 256;

/// The body: the envelope in JSON that queues take.
#[must_use]
pub fn body(envelope: &Envelope) -> String {
    // Two characters are fine in JSON and refused by queues, whose messages must be possible in XML 1.0. They can stand
    // in strings only, where their escapes mean the same; so a customer's note can't stop an order's events.
    envelope.to_json().replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

/// The attributes: the event's type, and a trace context: this one, or else the envelope's own.
#[must_use]
pub fn attributes(envelope: &Envelope, traceparent: Option<String>) -> Vec<(String, String)> {
    let mut attributes = vec![(EVENT_TYPE.to_owned(), envelope.event_type.clone())];
    // A trace is never worth a failure: what can't stand in an attribute is left out.
    let traceparent = traceparent
        .or_else(|| envelope.traceparent.clone())
        .filter(|text| (1..=MAX_TRACEPARENT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    attributes.extend(traceparent.map(|traceparent| (TRACEPARENT.to_owned(), traceparent)));
    attributes
}
