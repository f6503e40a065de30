//! Decoding: from a message as it came to a [`Delivery`], or to what becomes of one that can't be read.

use std::sync::Arc;

use shotengai_contracts::{DecodeError, Envelope};
use tracing::Span;

use super::Consumer;
use super::policy::{Policy, Settlement};
use crate::delivery::Delivery;
use crate::ports::queue::RawDelivery;
use crate::trace::{TRACEPARENT, follow};

impl Consumer {
    pub(super) fn decode(&self, raw: &RawDelivery) -> Result<Delivery, Settlement> {
        let decoded = Envelope::from_json(raw.body.as_bytes()).and_then(|envelope| {
            let event = envelope.event()?;
            Ok((envelope, event))
        });
        match decoded {
            Ok((envelope, event)) => Ok(Delivery {
                span: self.span(raw, &envelope),
                envelope: Arc::new(envelope),
                event: Arc::new(event),
                body: raw.body.as_str().into(),
                receive_count: raw.receive_count,
                message_id: raw.message_id.clone(),
                attributes: Arc::new(raw.attributes.clone()),
            }),
            Err(error) => Err(self.unreadable(raw, &error)),
        }
    }

    /// The span of its handling, in the trace that the message belongs to.
    fn span(&self, raw: &RawDelivery, envelope: &Envelope) -> Span {
        let traceparent = raw.attributes.get(TRACEPARENT).or(envelope.traceparent.as_ref());
        let span = tracing::info_span!(
            "process",
            otel.name = format!("process {}", self.queue.name()),
            otel.kind = "consumer",
            messaging.system = "aws_sqs",
            messaging.destination.name = self.queue.name(),
            event.r#type = envelope.event_type,
            event.id = %envelope.id,
            event.subject = %envelope.subject,
        );
        follow(&span, traceparent.map(String::as_str));
        span
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
