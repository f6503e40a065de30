//! Deliveries, what handlers answer, and the handler itself.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use shotengai_contracts::{Envelope, Event, Metadata};
use tracing::{Instrument, Span};

use crate::ports::fault::Fault;
use crate::trace::traceparent_of;

/// One receipt of an event. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The event as it travelled.
    pub envelope: Arc<Envelope>,
    /// Its payload in today's shape.
    pub event: Arc<Event>,
    /// The text that it came as: whoever passes it on sends this.
    pub body: Arc<str>,
    /// How often the message has been received, this time included.
    pub receive_count: u32,
    /// The message's id in its queue.
    pub message_id: String,
    /// The span its handling belongs to.
    pub span: Span,
}

impl Delivery {
    /// A delivery outside any queue, for tests and replays.
    ///
    /// # Errors
    /// When the envelope's payload can't be decoded.
    pub fn of(envelope: Envelope) -> Result<Self, shotengai_contracts::DecodeError> {
        let event = envelope.event()?;
        Ok(Self {
            message_id: envelope.id.to_string(),
            body: envelope.to_json().into(),
            envelope: Arc::new(envelope),
            event: Arc::new(event),
            receive_count: 1,
            span: Span::none(),
        })
    }

    /// What events that follow from this one carry.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::caused_by(&self.envelope, traceparent_of(&self.span))
    }
}

/// What became of a delivery. `Done` only once the effect is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// Handled, or nothing to do: delete the message.
    Done,
    /// Not now: let it come again.
    Retry {
        /// When; by the consumer's backoff if not said.
        after: Option<Duration>,
        /// Why, for the log. No personal data.
        cause: String,
    },
    /// Something that handling needs gave no answer or refused for now. Whether all of it is away, the consumer asks
    /// before it counts this as the message's own failure.
    Unavailable {
        /// What, for the log. No personal data.
        cause: String,
    },
    /// Never: to the dead letters, with the reason.
    Reject {
        /// A stable word.
        reason: &'static str,
        /// What exactly. No personal data.
        error: String,
    },
}

impl Disposition {
    /// Comes again by the consumer's backoff.
    pub fn retry(cause: impl Into<String>) -> Self {
        Self::Retry { after: None, cause: cause.into() }
    }

    /// A fault is never the message's own: it comes again, also when an operator has to act first.
    #[must_use]
    pub fn from_fault(fault: &Fault) -> Self {
        crate::metrics::count_fault(fault);
        if fault.is_retryable() {
            Self::Unavailable { cause: fault.to_string() }
        } else {
            Self::retry(fault.to_string())
        }
    }

    /// Whether the message will be received again.
    #[must_use]
    pub const fn comes_again(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Unavailable { .. })
    }

    /// A stable word for metrics.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry { .. } => "retry",
            Self::Unavailable { .. } => "unavailable",
            Self::Reject { .. } => "reject",
        }
    }
}

/// Reacts to events. Must be idempotent: events come at least once, late and in any order.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles up to ten deliveries; exactly one answer a delivery, in order. May be dropped at any await when the
    /// process ends: what was not answered comes again.
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition>;
}

/// Handles each delivery of a batch by itself, all at the same time, each inside its own span.
pub async fn each<F, Fut>(batch: &[Delivery], react: F) -> Vec<Disposition>
where
    F: Fn(Delivery) -> Fut,
    Fut: Future<Output = Disposition>,
{
    join_all(batch.iter().map(|delivery| react(delivery.clone()).instrument(delivery.span.clone()))).await
}
