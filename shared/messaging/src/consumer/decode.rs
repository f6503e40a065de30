//! Decoding: from a message as it came to a [`Delivery`], or to what becomes of one that can't be read.

use std::sync::Arc;

use shotengai_contracts::{DecodeError, Envelope};
use shotengai_kernel::Timestamp;
use tracing::Span;

use super::policy::{Policy, Settlement};
use super::{Consumer, Work};
use crate::delivery::Delivery;
use crate::ports::queue::RawDelivery;
use crate::trace::{TRACEPARENT, follow};

/// The event that a message of this queue is.
pub(super) fn delivery(queue: &str, raw: &RawDelivery, at: Timestamp) -> Result<Delivery, DecodeError> {
    let envelope = Envelope::from_json(raw.body.as_bytes())?;
    let event = envelope.event()?;
    Ok(Delivery {
        span: span(queue, raw, &envelope),
        envelope: Arc::new(envelope),
        event: Arc::new(event),
        body: raw.body.as_str().into(),
        receive_count: raw.receive_count,
        // As events keep times.
        received_at: Some(Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)),
        message_id: raw.message_id.clone(),
        attributes: Arc::new(raw.attributes.clone()),
    })
}

/// The span of its handling, in the trace that the message belongs to.
fn span(queue: &str, raw: &RawDelivery, envelope: &Envelope) -> Span {
    let traceparent = raw.attributes.get(TRACEPARENT).or(envelope.traceparent.as_ref());
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {queue}"),
        otel.kind = "consumer",
        messaging.system = "aws_sqs",
        messaging.destination.name = queue,
        event.r#type = envelope.event_type,
        event.id = %envelope.id,
        event.subject = %envelope.subject,
    );
    follow(&span, traceparent.map(String::as_str));
    span
}

impl<W: Work> Consumer<W> {
    pub(super) fn decode(&self, raw: &RawDelivery, at: Timestamp) -> Result<W::Item, Settlement> {
        self.work.read(self.queue.name(), raw, at).map_err(|error| self.unreadable(raw, &error))
    }

    fn unreadable(&self, raw: &RawDelivery, error: &DecodeError) -> Settlement {
        let now = self.ports.clock.now();
        let known_for = now.duration_since(raw.first_received_at.unwrap_or(now));
        let settlement = Policy::of(&self.config).unreadable(error, known_for);
        match &settlement {
            Settlement::Dead { reason, .. } => {
                tracing::error!(consumer = self.config.name, message_id = raw.message_id, reason, "can't be read");
            }
            _ => {
                tracing::info!(consumer = self.config.name, attempt = raw.receive_count, %error, "will be tried again");
            }
        }
        settlement
    }
}
