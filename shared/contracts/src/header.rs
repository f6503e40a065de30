//! The header of an event, borrowed from its text: what whoever passes an event on has to know of it.
//!
//! CloudEvents asks intermediaries to forward what they don't understand. So the bridge, the reminders of order and the
//! dead letters publish the bytes that came, and read no more of them than this: a release that is older than an event's
//! writer drops none of its attributes.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use shotengai_kernel::{AggregateId, EventId, Version};
use uuid::Uuid;

use crate::envelope::{DecodeError, JSON, SPEC, not_an_envelope};
use crate::events::EventType;

/// An envelope whose payload is not looked into. Has every attribute that an [`crate::Envelope`] must have, so that both
/// call the same texts envelopes.
#[derive(Debug, Clone, Deserialize)]
pub struct Header<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    /// This event's id, the same on every copy.
    pub id: EventId,
    /// Who wrote it: `/shotengai/<owner>`.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// The event's type; not always one that the contracts have.
    #[serde(rename = "type", borrow)]
    pub event_type: Cow<'a, str>,
    /// The aggregate it happened to.
    pub subject: AggregateId,
    /// When it was decided, by the writer's clock.
    pub time: Timestamp,
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    /// The version of the payload's shape.
    pub dataversion: u32,
    /// Its number among the aggregate's events.
    pub aggregateversion: Version,
    /// The same on everything that follows from one request.
    pub correlationid: Uuid,
    /// Cause of it.
    pub causationid: Uuid,
    /// W3C trace context of the moment it was decided.
    #[serde(default, borrow)]
    pub traceparent: Option<Cow<'a, str>>,
    /// The payload as it stands in the text.
    #[serde(borrow)]
    pub data: &'a RawValue,
}

impl<'a> Header<'a> {
    /// Reads the header of an event, and checks what every receiver relies on.
    ///
    /// # Errors
    /// As of [`crate::Envelope::from_json`].
    pub fn read(json: &'a [u8]) -> Result<Self, DecodeError> {
        let header: Self = serde_json::from_slice(json).map_err(|error| not_an_envelope(json, error))?;
        check(&header.specversion, &header.datacontenttype)?;
        Ok(header)
    }

    /// The type, if the contracts have it.
    ///
    /// # Errors
    /// [`DecodeError::UnknownType`].
    pub fn known_type(&self) -> Result<EventType, DecodeError> {
        EventType::parse(&self.event_type).ok_or_else(|| DecodeError::UnknownType(self.event_type.clone().into_owned()))
    }
}

/// Whether we speak this version of CloudEvents and this kind of payload.
pub(crate) fn check(specversion: &str, datacontenttype: &str) -> Result<(), DecodeError> {
    if specversion != SPEC {
        return Err(DecodeError::Unsupported { field: "specversion", expected: SPEC });
    }
    if datacontenttype != JSON {
        return Err(DecodeError::Unsupported { field: "datacontenttype", expected: JSON });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Envelope, samples};

    fn sample() -> Envelope {
        samples::envelope(EventType::OrderPaid).unwrap()
    }

    #[test]
    fn a_header_is_the_envelopes_own() {
        let (envelope, text) = (sample(), sample().to_json());
        let header = Header::read(text.as_bytes()).unwrap();
        assert_eq!(header.id, envelope.id);
        assert_eq!(header.event_type, envelope.event_type);
        assert_eq!(header.subject, envelope.subject);
        assert_eq!(header.traceparent.as_deref(), envelope.traceparent.as_deref());
        assert_eq!(header.data.get(), envelope.data.to_string());
        assert_eq!(header.known_type().unwrap(), EventType::OrderPaid);
    }

    #[test]
    fn whatever_an_envelope_must_have_its_header_must_have() {
        let whole = serde_json::to_value(sample()).unwrap();
        let fields: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
        assert!(fields.len() >= 13);
        for field in fields {
            for value in [None, Some(serde_json::json!(null)), Some(serde_json::json!([1]))] {
                let mut changed = whole.clone();
                match value {
                    Some(value) => changed[&field] = value,
                    None => drop(changed.as_object_mut().unwrap().remove(&field)),
                }
                let text = changed.to_string();
                let header = Header::read(text.as_bytes()).map(drop).map_err(|error| error.to_string());
                let envelope = Envelope::from_json(text.as_bytes()).map(drop).map_err(|error| error.to_string());
                assert_eq!(header.is_ok(), envelope.is_ok(), "{text}: {header:?} {envelope:?}");
            }
        }
    }
}
