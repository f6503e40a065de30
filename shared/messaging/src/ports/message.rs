//! A message of queues and topics.

use std::collections::BTreeMap;
use std::time::Duration;

/// A message to send to a queue or to publish to a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The body; a topic delivers it raw.
    pub body: String,
    /// Attributes by name, 10 at the most; a topic's filter policies look at `event_type`.
    pub attributes: BTreeMap<String, String>,
    /// How long a queue hides it at first; [`super::queue::MAX_DELAY`] at the most, whole seconds. Topics hide nothing
    /// and refuse a message that has one.
    pub delay: Duration,
}

impl Message {
    /// What it counts against the limits of a call ([`super::queue::SEND_MAX_BYTES`],
    /// [`super::topic::PUBLISH_MAX_BYTES`]): body, and each attribute's name, type and value.
    #[must_use]
    pub fn size(&self) -> usize {
        let attribute_type = "String".len();
        self.body.len()
            + self.attributes.iter().map(|(name, value)| name.len() + attribute_type + value.len()).sum::<usize>()
    }
}
