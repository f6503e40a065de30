//! An event as a message of topics and queues: its text as it came, and the attributes by which the topic routes.

use std::collections::BTreeMap;

use crate::trace::TRACEPARENT;

/// The attribute that subscriptions filter on.
pub const EVENT_TYPE: &str = "event_type";

/// Far longer than W3C trace contexts are.
const MAX_TRACEPARENT: usize = 256;

/// The attributes: the event's type, and a trace context.
#[must_use]
pub fn attributes(event_type: &str, traceparent: Option<&str>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([(EVENT_TYPE.to_owned(), event_type.to_owned())]);
    // A trace is never worth a failure: what can't stand in an attribute is left out.
    let traceparent = traceparent
        .filter(|text| (1..=MAX_TRACEPARENT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    attributes.extend(traceparent.map(|traceparent| (TRACEPARENT.to_owned(), traceparent.to_owned())));
    attributes
}
