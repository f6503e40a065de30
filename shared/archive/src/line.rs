//! An event in an object: one line, which is the text of its envelope.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use shotengai_contracts::{DecodeError, Header, Owner};
use shotengai_kernel::{AggregateId, EventId, Timestamp, Version};

/// How the `source` of an envelope begins.
const SOURCE: &str = "/shotengai/";

/// An event as the archive keeps it: the text that came, with all that this release doesn't know, and what has to be known of
/// it to find its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The envelope, without a line break. Only white space between values differs from what came, if anything.
    pub text: String,
    /// Whose event it is; none for a source that no event store is of.
    pub owner: Option<Owner>,
    /// Its type; not always one that the contracts have.
    pub event_type: String,
    /// Its id.
    pub id: EventId,
    /// The aggregate it happened to.
    pub aggregate: AggregateId,
    /// Its number among the aggregate's events.
    pub version: Version,
    /// When it was decided, by the writer's clock.
    pub time: Timestamp,
}

impl Line {
    /// Reads an envelope.
    ///
    /// # Errors
    /// [`DecodeError`] for what is none. A type that is not known is no error: it is a newer release's event.
    pub fn read(text: &str) -> Result<Self, DecodeError> {
        let header = Header::read(text.as_bytes())?;
        let name = header.source.strip_prefix(SOURCE);
        Ok(Self {
            owner: Owner::ALL.into_iter().find(|owner| name == Some(owner.as_str())),
            event_type: header.event_type.into_owned(),
            id: header.id,
            aggregate: header.subject,
            version: header.aggregateversion,
            time: header.time,
            text: on_one_line(text).into_owned(),
        })
    }

    /// The day that it was decided on, in UTC: `2026-01-31`.
    #[must_use]
    pub fn date(&self) -> String {
        self.time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
    }
}

/// In JSON a line break can only stand between values, where a space means the same.
fn on_one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) { Cow::Owned(text.replace(['\n', '\r'], " ")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{Envelope, EventType, samples};

    use super::*;

    #[test]
    fn a_line_is_the_envelope_byte_by_byte() {
        let sample = samples::envelope(EventType::OrderPaid).unwrap();
        let strange = sample.to_json().replacen('{', "{ \"shelf\" : 1.50, \"zone\":\"\\u6771\",", 1);
        let line = Line::read(&strange).unwrap();
        assert_eq!((line.text.as_str(), line.owner), (strange.as_str(), Some(Owner::Order)));
        assert_eq!((line.id, line.version, &line.aggregate), (sample.id, sample.aggregateversion, &sample.subject));
        assert_eq!(line.date(), sample.time.to_string()[..10]);
    }

    #[test]
    fn line_breaks_between_values_become_spaces() {
        let sample = samples::envelope(EventType::OrderPaid).unwrap();
        let line = Line::read(&serde_json::to_string_pretty(&sample).unwrap()).unwrap();
        assert!(!line.text.contains('\n'));
        assert_eq!(Envelope::from_json(line.text.as_bytes()).unwrap(), sample);
    }

    #[test]
    fn types_and_sources_of_tomorrow_are_kept() {
        let mut sample = samples::envelope(EventType::OrderPaid).unwrap();
        sample.event_type = "OrderEaten".to_owned();
        sample.source = "/shotengai/kitchen".to_owned();
        let line = Line::read(&sample.to_json()).unwrap();
        assert_eq!((line.event_type.as_str(), line.owner), ("OrderEaten", None));
        assert_eq!(Line::read("{}").unwrap_err().reason(), "not_an_envelope");
    }
}
