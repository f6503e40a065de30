//! A consumer's queue.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use shotengai_kernel::Timestamp;

use super::fault::Fault;
use super::message::Message;

/// The most entries of one receive, delete, visibility change or send.
pub const QUEUE_MAX_BATCH: usize = 10;
/// The most bytes of one send, bodies and attributes together (256 KiB).
pub const SEND_MAX_BYTES: usize = 256 * 1024;
/// The longest a message may be delayed at first.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// The longest wait of one receive.
pub const MAX_WAIT: Duration = Duration::from_secs(20);
/// The longest a message may stay invisible.
pub const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);

/// Whether queues take this character: only those that XML 1.0 allows.
#[must_use]
pub const fn is_permitted(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The right to settle one delivery. Void once the message became visible again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(pub String);

/// One receipt of a message, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDelivery {
    /// The same on each delivery of this message.
    pub message_id: String,
    /// Settles this delivery.
    pub receipt: Receipt,
    /// The body.
    pub body: String,
    /// Message attributes of type String.
    pub attributes: BTreeMap<String, String>,
    /// How often it has been received, this time included; about right.
    pub receive_count: u32,
    /// When it was first received.
    pub first_received_at: Option<Timestamp>,
    /// When the queue took it.
    pub sent_at: Option<Timestamp>,
}

/// About how many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Waiting to be received.
    pub visible: u64,
    /// Received, not settled.
    pub in_flight: u64,
    /// Delayed.
    pub delayed: u64,
}

impl QueueDepth {
    /// All together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.visible + self.in_flight + self.delayed
    }
}

/// A standard queue: at least once, in any order. Batches have at most [`QUEUE_MAX_BATCH`] entries, sends also at most
/// [`SEND_MAX_BYTES`]; each answer is one entry's own, in order.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Its name, for logs and metrics.
    fn name(&self) -> &str;

    /// Receives up to `max` messages, waiting up to `wait` for the first. They stay hidden for `visibility`.
    /// **Safe to drop**: a message that was received by a dropped call comes back after its visibility.
    ///
    /// # Errors
    /// A [`Fault`] of the queue.
    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault>;

    /// Deletes messages for good.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any.
    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// Sets from now how long messages stay hidden; zero makes them visible at once.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any.
    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// Sends messages.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any; some may have been sent all the same.
    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// About how many messages there are. Eventually right.
    ///
    /// # Errors
    /// A [`Fault`] of the queue.
    async fn depth(&self) -> Result<QueueDepth, Fault>;
}
