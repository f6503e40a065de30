//! Handler of messages that are no events of ours.

use async_trait::async_trait;

use crate::disposition::Disposition;
use crate::ports::queue::RawDelivery;
use crate::reason::Reason;

/// Reacts to messages of another sender's form: S3's event notifications, say. Must be idempotent: messages come at least
/// once, late and in any order. All of a batch are handled at the same time, each inside a span of its own.
#[async_trait]
pub trait MessageHandler: Send + Sync + 'static {
    /// Kind of the messages, in metrics: what others have the event's type for.
    fn kind(&self) -> &'static str;

    /// Its own reasons for dead letters, beside those that every consumer has.
    fn reasons(&self) -> &'static [Reason] {
        &[]
    }

    /// Handles a message. May be dropped at any await when the process ends: what was not answered comes again.
    async fn handle(&self, message: &RawDelivery) -> Disposition;
}
