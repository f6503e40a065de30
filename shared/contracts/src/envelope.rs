//! An event as it travels: CloudEvents 1.0, structured mode, JSON.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shotengai_kernel::{AggregateId, EventId, Version};
use uuid::Uuid;

use crate::events::{Event, EventType};
use crate::header::check;
use crate::upcast::upcast;

/// The media type of a payload.
pub(crate) const JSON: &str = "application/json";
pub(crate) const SPEC: &str = "1.0";

/// One event with everything a receiver needs to decode, order, deduplicate and trace it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// This event's id, the same on every copy.
    pub id: EventId,
    /// Who wrote it: `/shotengai/<owner>`.
    pub source: String,
    /// The event's type, as in [`EventType`]. Kept as text, so that an unknown one can be told from garbage.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The aggregate it happened to.
    pub subject: AggregateId,
    /// When it was decided, by the writer's clock.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// The version of the payload's shape, from 1.
    pub dataversion: u32,
    /// Its number among the aggregate's events, from 1, without gaps.
    pub aggregateversion: Version,
    /// The same on everything that follows from one request.
    pub correlationid: Uuid,
    /// What caused it: the id of an event, or of a request.
    pub causationid: Uuid,
    /// W3C trace context of the moment it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// When its cause was received by whoever decided it, by the clock that `time` is of. Left out where a request was the cause,
    /// and by releases before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub receivedtime: Option<Timestamp>,
    /// How often its cause had been received by then, where that was more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receivedcount: Option<u32>,
    /// The payload.
    pub data: Value,
    /// Attributes that this release does not know: kept, so that an envelope that is written again loses none.
    #[serde(flatten)]
    pub extensions: Map<String, Value>,
}

/// Where an event comes from: what it shares with everything that follows from the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The request that started it all.
    pub correlation_id: Uuid,
    /// Event or request that led to this step directly.
    pub causation_id: Uuid,
    /// W3C trace context of this step.
    pub traceparent: Option<String>,
    /// The receipt that led to it, where it was an event's.
    pub receipt: Option<Received>,
}

/// Receipt of an event by whoever acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// When it was, by the receiver's clock.
    pub at: Timestamp,
    /// How often its message has been received, that time included; about right.
    pub count: u32,
}

impl Metadata {
    /// The start of something new: a request.
    #[must_use]
    pub const fn request(id: Uuid, traceparent: Option<String>) -> Self {
        Self { correlation_id: id, causation_id: id, traceparent, receipt: None }
    }

    /// Metadata of the events that an event leads to.
    #[must_use]
    pub fn caused_by(envelope: &Envelope, traceparent: Option<String>) -> Self {
        Self {
            correlation_id: envelope.correlationid,
            causation_id: envelope.id.uuid(),
            traceparent: traceparent.or_else(|| envelope.traceparent.clone()),
            receipt: None,
        }
    }

    /// The same after this receipt of the event.
    #[must_use]
    pub const fn received(mut self, receipt: Option<Received>) -> Self {
        self.receipt = receipt;
        self
    }
}

/// Why an envelope can't be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON: garbage, cut off, or not even UTF-8.
    #[error("not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// JSON that is no envelope.
    #[error("not an envelope: {0}")]
    NotAnEnvelope(#[source] serde_json::Error),
    /// A CloudEvents version or content type that we don't speak.
    #[error("unsupported {field}: only {expected} is spoken")]
    Unsupported {
        /// The attribute.
        field: &'static str,
        /// Value that it must have.
        expected: &'static str,
    },
    /// A type the contracts don't have.
    #[error("unknown event type {0:?}")]
    UnknownType(String),
    /// Written by a newer release than this.
    #[error("{event_type} version {found} is from the future: version {known} is the newest known")]
    FutureVersion {
        /// The event's type.
        event_type: EventType,
        /// The version that came.
        found: u32,
        /// The newest that this release reads.
        known: u32,
    },
    /// The payload is not what its type and version promise.
    #[error("{event_type} version {version} has bad data: {source}")]
    BadData {
        /// The event's type.
        event_type: EventType,
        /// The version it says it is.
        version: u32,
        /// Fault, in words.
        source: serde_json::Error,
    },
}

impl DecodeError {
    /// A stable word for metrics and dead letters.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "not_json",
            Self::NotAnEnvelope(_) | Self::Unsupported { .. } => "not_an_envelope",
            Self::UnknownType(_) => "unknown_type",
            Self::FutureVersion { .. } => "future_version",
            Self::BadData { .. } => "bad_data",
        }
    }
}

impl Envelope {
    /// Wraps an event that was decided as the aggregate's `version`th.
    #[must_use]
    pub fn wrap(
        id: EventId,
        time: Timestamp,
        subject: AggregateId,
        version: Version,
        meta: &Metadata,
        event: &Event,
    ) -> Self {
        let event_type = event.event_type();
        Self {
            specversion: SPEC.to_owned(),
            id,
            source: format!("/shotengai/{}", event_type.owner().as_str()),
            event_type: event_type.as_str().to_owned(),
            subject,
            time,
            datacontenttype: JSON.to_owned(),
            dataversion: event_type.version(),
            aggregateversion: version,
            correlationid: meta.correlation_id,
            causationid: meta.causation_id,
            traceparent: meta.traceparent.clone(),
            receivedtime: meta.receipt.map(|receipt| receipt.at),
            receivedcount: meta.receipt.map(|receipt| receipt.count).filter(|count| *count > 1),
            data: event.to_data(),
            extensions: Map::new(),
        }
    }

    /// Reads an envelope and checks what every receiver relies on. The payload is left for [`Envelope::event`].
    ///
    /// # Errors
    /// [`DecodeError::NotJson`], [`DecodeError::NotAnEnvelope`] and [`DecodeError::Unsupported`].
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        let envelope: Self = serde_json::from_slice(json).map_err(|error| not_an_envelope(json, error))?;
        check(&envelope.specversion, &envelope.datacontenttype)?;
        Ok(envelope)
    }

    /// The envelope as JSON text, as it stands in streams, topics and queues. For events that are new: one that came goes
    /// on as the text that came.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Maps with text keys and numbers that are finite always serialize.
        let text = serde_json::to_string(self).unwrap_or_default();
        match without_noncharacters(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(text) => text,
        }
    }

    /// The type, if the contracts have it.
    ///
    /// # Errors
    /// [`DecodeError::UnknownType`].
    pub fn known_type(&self) -> Result<EventType, DecodeError> {
        EventType::parse(&self.event_type).ok_or_else(|| DecodeError::UnknownType(self.event_type.clone()))
    }

    /// The payload, brought to today's shape.
    ///
    /// # Errors
    /// [`DecodeError`] when the type is unknown, the version is from the future, or the data don't fit.
    pub fn event(&self) -> Result<Event, DecodeError> {
        let event_type = self.known_type()?;
        let known = event_type.version();
        if self.dataversion > known {
            return Err(DecodeError::FutureVersion { event_type, found: self.dataversion, known });
        }
        let data = match self.dataversion {
            newest if newest == known => Cow::Borrowed(&self.data),
            older => Cow::Owned(upcast(event_type, older, self.data.clone())),
        };
        Event::from_data(event_type, &data).map_err(|source| DecodeError::BadData {
            event_type,
            version: self.dataversion,
            source,
        })
    }
}

/// JSON without the two characters that it allows and queues refuse, whose messages must be possible in XML 1.0. They can
/// stand in strings only, where their escapes mean the same; so a customer's note can't stop an order's events.
#[must_use]
pub fn without_noncharacters(json: &str) -> Cow<'_, str> {
    if !json.contains(['\u{fffe}', '\u{ffff}']) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

/// The parser stops at the first thing it can't use, which may stand before text that is no JSON at all; the whole of it
/// decides which of the two it is.
pub(crate) fn not_an_envelope(json: &[u8], error: serde_json::Error) -> DecodeError {
    let Ok(text) = std::str::from_utf8(json) else { return DecodeError::NotJson(error) };
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => DecodeError::NotAnEnvelope(error),
        Err(error) => DecodeError::NotJson(error),
    }
}
