//! A delivery: one receipt of an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use shotengai_contracts::{Envelope, Event, Metadata, Received};
use shotengai_kernel::Timestamp;
use tracing::Span;

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
    /// When it was received this time, by this process's clock; to the microsecond. None outside any queue.
    pub received_at: Option<Timestamp>,
    /// The message's id in its queue.
    pub message_id: String,
    /// What else the sender wrote on it.
    pub attributes: Arc<BTreeMap<String, String>>,
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
            received_at: None,
            attributes: Arc::default(),
            span: Span::none(),
        })
    }

    /// What events that follow from this one carry.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::caused_by(&self.envelope, traceparent_of(&self.span)).received(self.receipt())
    }

    /// This receipt, as what follows from it says.
    #[must_use]
    pub fn receipt(&self) -> Option<Received> {
        self.received_at.map(|at| Received { at, count: self.receive_count })
    }
}
