//! The topic that fans out to the services' queues.

use async_trait::async_trait;

use super::fault::Fault;

/// The most messages of one [`Topic::publish`].
pub const PUBLISH_MAX_MESSAGES: usize = 10;
/// The most bytes of one [`Topic::publish`], bodies and attributes together (256 KiB).
pub const PUBLISH_MAX_BYTES: usize = 256 * 1024;

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMessage {
    /// The body, delivered raw.
    pub body: String,
    /// Attributes by name; filter policies look at `event_type`.
    pub attributes: Vec<(String, String)>,
}

impl TopicMessage {
    /// What it counts against [`PUBLISH_MAX_BYTES`]: body, and each attribute's name, type and value.
    #[must_use]
    pub fn size(&self) -> usize {
        let attribute_type = "String".len();
        self.body.len()
            + self.attributes.iter().map(|(name, value)| name.len() + attribute_type + value.len()).sum::<usize>()
    }
}

/// Publishes to every queue whose filter matches.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publishes up to [`PUBLISH_MAX_MESSAGES`] within [`PUBLISH_MAX_BYTES`]: one answer a message, in order. `Ok`
    /// means that the topic has it and every matching queue will.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came; some may have been published all the same.
    async fn publish(&self, messages: &[TopicMessage]) -> Result<Vec<Result<(), Fault>>, Fault>;
}
