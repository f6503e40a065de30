//! The topic that fans out to the services' queues.

use async_trait::async_trait;

use super::fault::Fault;
use super::message::Message;

/// The most messages of one [`Topic::publish`].
pub const PUBLISH_MAX_MESSAGES: usize = 10;
/// The most bytes of one [`Topic::publish`], bodies and attributes together (256 KiB).
pub const PUBLISH_MAX_BYTES: usize = 256 * 1024;

/// Publishes to every queue whose filter matches.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publishes up to [`PUBLISH_MAX_MESSAGES`] within [`PUBLISH_MAX_BYTES`]: one answer a message, in order. `Ok`
    /// means that the topic has it and every matching queue will.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came; some may have been published all the same.
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault>;
}
