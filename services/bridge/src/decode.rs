//! What a record must be to pass.

use shotengai_contracts::{DecodeError, Envelope};
use shotengai_messaging::ports::topic::PUBLISH_MAX_BYTES;
use shotengai_messaging::{TopicMessage, wire};

/// Why a record is set aside.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit {
    /// A stable word.
    pub reason: &'static str,
    /// What exactly.
    pub error: String,
    /// The trace that the event carries, where that much could be read.
    pub trace: Option<String>,
}

/// The record as an envelope of a known type. The payload is the consumers' to read: a bridge that is older than the
/// event's newest version must still pass it on.
///
/// # Errors
/// [`Unfit`], with the same reasons that consumers use.
pub fn envelope(data: &[u8]) -> Result<Envelope, Unfit> {
    let unfit = |error: DecodeError, trace| Unfit { reason: error.reason(), error: error.to_string(), trace };
    let envelope = Envelope::from_json(data).map_err(|error| unfit(error, None))?;
    envelope.known_type().map_err(|error| unfit(error, envelope.traceparent.clone()))?;
    Ok(envelope)
}

/// The envelope as a message of the topic, under the trace context given.
///
/// # Errors
/// [`Unfit`] when it is larger than the topic takes.
pub fn message(envelope: &Envelope, traceparent: Option<String>) -> Result<TopicMessage, Unfit> {
    let message = TopicMessage { body: wire::body(envelope), attributes: wire::attributes(envelope, traceparent) };
    let size = message.size();
    if size > PUBLISH_MAX_BYTES {
        let error = format!("{size} bytes, {PUBLISH_MAX_BYTES} are the most");
        return Err(Unfit { reason: "too_large", error, trace: envelope.traceparent.clone() });
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{EventType, samples};

    use super::*;

    #[test]
    fn garbage_is_told_from_an_unknown_type() {
        assert_eq!(envelope(&[0xff]).unwrap_err().reason, "not_json");
        assert_eq!(envelope(b"{}").unwrap_err().reason, "not_an_envelope");
        let mut unknown = samples::envelope(EventType::OrderPaid).unwrap();
        unknown.event_type = "OrderEaten".to_owned();
        assert_eq!(envelope(unknown.to_json().as_bytes()).unwrap_err().reason, "unknown_type");
    }

    #[test]
    fn a_future_version_passes() {
        let mut future = samples::envelope(EventType::OrderPaid).unwrap();
        future.dataversion = 99;
        assert!(envelope(future.to_json().as_bytes()).is_ok());
    }

    #[test]
    fn a_message_carries_type_and_trace_and_the_envelope_raw() {
        let sample = samples::envelope(EventType::OrderPaid).unwrap();
        let message = message(&sample, Some("00-1-2-01".to_owned())).unwrap();
        assert_eq!(Envelope::from_json(message.body.as_bytes()).unwrap(), sample);
        assert_eq!(
            message.attributes,
            [("event_type".to_owned(), "OrderPaid".to_owned()), ("traceparent".to_owned(), "00-1-2-01".to_owned())]
        );
    }

    #[test]
    fn every_text_and_trace_fits_a_queue() {
        let mut odd = samples::envelope(EventType::OrderPaid).unwrap();
        odd.data = serde_json::json!({"note": "a\u{fffe}b\u{ffff}c\u{0}"});
        odd.traceparent = Some(String::new());
        let message = message(&odd, None).unwrap();
        assert!(message.body.chars().all(|c| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')), "{}", message.body);
        assert_eq!(Envelope::from_json(message.body.as_bytes()).unwrap(), odd);
        assert_eq!(message.attributes.len(), 1);
    }

    #[test]
    fn what_the_topic_can_not_take_is_unfit() {
        let mut large = samples::envelope(EventType::OrderPaid).unwrap();
        large.data = serde_json::json!({"x": "y".repeat(PUBLISH_MAX_BYTES)});
        assert_eq!(message(&large, None).unwrap_err().reason, "too_large");
    }
}
