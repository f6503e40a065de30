//! Work of a consumer: what it reads messages as, and who handles them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use shotengai_contracts::DecodeError;
use shotengai_kernel::Timestamp;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::decode;
use crate::delivery::Delivery;
use crate::disposition::Disposition;
use crate::handler::{Handler, MessageHandler};
use crate::ports::queue::RawDelivery;
use crate::reason::Reason;
use crate::trace::{TRACEPARENT, follow};

/// Work of a consumer on its messages. Either it reads them as events, or it hands them on as they came.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// A message that was read.
    type Item: Clone + Send + Sync + 'static;

    /// Its own reasons for dead letters.
    fn reasons(&self) -> &'static [Reason];

    /// The kinds of messages that are known beforehand; see `About::kind`.
    fn kinds(&self) -> Vec<&'static str>;

    /// Reads a message of the queue of this name, which was received at this time.
    ///
    /// # Errors
    /// Why it can't be read.
    fn read(&self, queue: &str, raw: &RawDelivery, at: Timestamp) -> Result<Self::Item, DecodeError>;

    /// Facts about a message for logs and metrics.
    fn about<'a>(&self, item: &'a Self::Item) -> About<'a>;

    /// Handles a batch; one answer a message, in order.
    async fn handle(&self, batch: &[Self::Item]) -> Vec<Disposition>;
}

/// Facts about a message for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The event's type, or what kind of message it is.
    pub kind: &'a str,
    /// The event's aggregate, or the message's id.
    pub subject: &'a str,
    /// When the event was decided; none where that is not known.
    pub time: Option<Timestamp>,
    /// How often it has been received.
    pub receive_count: u32,
    /// The event's id, which what follows from it names as its cause; none of another sender's message.
    pub event: Option<Uuid>,
    /// The span of its handling.
    pub span: &'a Span,
}

/// Messages that are events of ours.
pub struct Events(pub(super) Arc<dyn Handler>);

#[async_trait]
impl Work for Events {
    type Item = Delivery;

    fn reasons(&self) -> &'static [Reason] {
        self.0.reasons()
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.0.events().iter().map(|event| event.as_str()).collect()
    }

    fn read(&self, queue: &str, raw: &RawDelivery, at: Timestamp) -> Result<Delivery, DecodeError> {
        decode::delivery(queue, raw, at)
    }

    fn about<'a>(&self, delivery: &'a Delivery) -> About<'a> {
        About {
            kind: &delivery.envelope.event_type,
            subject: delivery.envelope.subject.as_str(),
            time: Some(delivery.envelope.time),
            receive_count: delivery.receive_count,
            event: Some(delivery.envelope.id.uuid()),
            span: &delivery.span,
        }
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        self.0.handle(batch).await
    }
}

/// Messages of another sender's form.
pub struct Messages(pub(super) Arc<dyn MessageHandler>);

/// A message, and the span of its handling.
#[derive(Clone)]
pub struct Foreign {
    raw: Arc<RawDelivery>,
    span: Span,
}

#[async_trait]
impl Work for Messages {
    type Item = Foreign;

    fn reasons(&self) -> &'static [Reason] {
        self.0.reasons()
    }

    fn kinds(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn read(&self, queue: &str, raw: &RawDelivery, _: Timestamp) -> Result<Foreign, DecodeError> {
        let span = tracing::info_span!(
            "process",
            otel.name = format!("process {queue}"),
            otel.kind = "consumer",
            messaging.system = "aws_sqs",
            messaging.destination.name = queue,
            messaging.message.id = raw.message_id,
        );
        follow(&span, raw.attributes.get(TRACEPARENT).map(String::as_str));
        Ok(Foreign { raw: Arc::new(raw.clone()), span })
    }

    fn about<'a>(&self, message: &'a Foreign) -> About<'a> {
        About {
            kind: self.0.kind(),
            subject: &message.raw.message_id,
            time: message.raw.sent_at,
            receive_count: message.raw.receive_count,
            event: None,
            span: &message.span,
        }
    }

    async fn handle(&self, batch: &[Foreign]) -> Vec<Disposition> {
        let each = batch.iter().map(|message| self.0.handle(&message.raw).instrument(message.span.clone()));
        join_all(each).await
    }
}
