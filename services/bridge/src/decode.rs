//! Conditions for a record to pass.

use shotengai_contracts::envelope::without_noncharacters;
use shotengai_contracts::{DecodeError, Header};
use shotengai_kernel::{AggregateId, EventId};
use shotengai_messaging::ports::topic::PUBLISH_MAX_BYTES;
use shotengai_messaging::{Message, wire};
use shotengai_streaming::Unfit;

use crate::reasons::TOO_LARGE;

/// An event that may pass: its text as it came, and what has to be known of it on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passable {
    /// The whole envelope, byte by byte: attributes that this release does not know go on with the others.
    pub body: String,
    /// Its type; the contracts have it.
    pub event_type: &'static str,
    /// Its id.
    pub id: EventId,
    /// The aggregate it happened to.
    pub subject: AggregateId,
    /// The trace that it carries.
    pub traceparent: Option<String>,
}

/// The record as an event of a known type. The payload is the consumers' to read: a bridge that is older than the
/// event's newest version must still pass it on.
///
/// # Errors
/// [`Unfit`], with the same reasons that consumers use.
pub fn event(data: &[u8]) -> Result<Passable, Unfit> {
    let unfit = |error: DecodeError, trace| Unfit { reason: error.reason(), error: error.to_string(), trace };
    // JSON is UTF-8: no header is read of anything else.
    let text = std::str::from_utf8(data).unwrap_or_default();
    let header = Header::read(data).map_err(|error| unfit(error, None))?;
    let traceparent = header.traceparent.as_ref().map(|trace| trace.to_string());
    let event_type = header.known_type().map_err(|error| unfit(error, traceparent.clone()))?.as_str();
    // In place of two characters that no queue takes stand their escapes; everything else is as it came.
    let body = without_noncharacters(text).into_owned();
    Ok(Passable { body, event_type, id: header.id, subject: header.subject, traceparent })
}

/// The event as a message of the topic, under the trace context given, or else its own.
///
/// # Errors
/// [`Unfit`] when it is larger than the topic takes.
pub fn message(event: Passable, traceparent: Option<String>) -> Result<Message, Unfit> {
    let Passable { body, event_type, traceparent: own, .. } = event;
    let attributes = wire::attributes(event_type, traceparent.as_deref().or(own.as_deref()));
    let message = Message { body, attributes, ..Message::default() };
    let size = message.size();
    if size > PUBLISH_MAX_BYTES {
        let error = format!("{size} bytes, {PUBLISH_MAX_BYTES} are the most");
        return Err(Unfit { reason: TOO_LARGE.word, error, trace: own });
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{Envelope, EventType, samples};

    use super::*;

    fn passable(envelope: &Envelope) -> Passable {
        event(envelope.to_json().as_bytes()).unwrap()
    }

    #[test]
    fn garbage_is_told_from_an_unknown_type() {
        assert_eq!(event(&[0xff]).unwrap_err().reason, "not_json");
        assert_eq!(event(b"{}").unwrap_err().reason, "not_an_envelope");
        let mut unknown = samples::envelope(EventType::OrderPaid).unwrap();
        unknown.event_type = "OrderEaten".to_owned();
        let unfit = event(unknown.to_json().as_bytes()).unwrap_err();
        assert_eq!((unfit.reason, unfit.trace), ("unknown_type", unknown.traceparent));
    }

    #[test]
    fn text_that_is_no_utf8_never_passes() {
        let mut text = samples::envelope(EventType::OrderPaid).unwrap().to_json().into_bytes();
        let place = text.len() - 20;
        text[place] = 0xff;
        assert_eq!(event(&text).unwrap_err().reason, "not_json");
    }

    #[test]
    fn a_future_version_passes() {
        let mut future = samples::envelope(EventType::OrderPaid).unwrap();
        future.dataversion = 99;
        assert!(event(future.to_json().as_bytes()).is_ok());
    }

    #[test]
    fn an_event_passes_byte_by_byte_with_attributes_that_nobody_knows() {
        let text = samples::envelope(EventType::OrderPaid).unwrap().to_json();
        let strange = text.replacen('{', "{ \"shelf\" : [1.50, {\"b\":1,\"a\":2}],\n", 1);
        let strange = format!("{},\"zone\":\"\\u6771\",\"zero\":0.10}}", strange.strip_suffix('}').unwrap());
        let message = message(event(strange.as_bytes()).unwrap(), None).unwrap();
        assert_eq!(message.body, strange);
    }

    #[test]
    fn a_message_carries_type_and_trace_and_the_envelope_raw() {
        let sample = samples::envelope(EventType::OrderPaid).unwrap();
        let message = message(passable(&sample), Some("00-1-2-01".to_owned())).unwrap();
        assert_eq!(message.body, sample.to_json());
        assert_eq!(
            message.attributes,
            [("event_type", "OrderPaid"), ("traceparent", "00-1-2-01")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
    }

    #[test]
    fn every_text_and_trace_fits_a_queue() {
        let mut odd = samples::envelope(EventType::OrderPaid).unwrap();
        odd.data = serde_json::json!({"note": "a\u{fffe}b\u{ffff}c\u{0}"});
        odd.traceparent = Some(String::new());
        // As another writer may put it: with the characters themselves.
        for text in [odd.to_json(), serde_json::to_string(&odd).unwrap()] {
            let message = message(event(text.as_bytes()).unwrap(), None).unwrap();
            assert!(
                message.body.chars().all(|c| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')),
                "{}",
                message.body
            );
            assert_eq!(Envelope::from_json(message.body.as_bytes()).unwrap(), odd);
            assert_eq!(message.attributes.len(), 1);
        }
    }

    #[test]
    fn what_the_topic_can_not_take_is_unfit() {
        let mut large = samples::envelope(EventType::OrderPaid).unwrap();
        large.data = serde_json::json!({"x": "y".repeat(PUBLISH_MAX_BYTES)});
        let unfit = message(passable(&large), None).unwrap_err();
        assert_eq!((unfit.reason, unfit.trace), ("too_large", large.traceparent));
    }
}
