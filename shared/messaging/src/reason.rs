//! Reasons: why a message becomes a dead letter, each declared by whoever sets it aside for it.
//!
//! Those of every consumer stand here. A service declares its own as constants, names them in its handler's `REASONS`, and
//! the program collects all of them: for `--reason`, for `shotengai describe`, and to hold `docs/dead-letters.md` against.

use serde::Serialize;

/// Why a message becomes a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable word that letters and metrics have.
    #[serde(rename = "reason")]
    pub word: &'static str,
    /// One line for people.
    pub means: &'static str,
}

impl Reason {
    /// A reason with this word: lower-case ASCII letters with underscores between.
    ///
    /// # Panics
    /// On any other word; at compile time where it makes a constant.
    #[must_use]
    pub const fn new(word: &'static str, means: &'static str) -> Self {
        let bytes = word.as_bytes();
        assert!(!bytes.is_empty(), "a reason has a word");
        let mut at = 0;
        while at < bytes.len() {
            let is_part = bytes[at].is_ascii_lowercase() || bytes[at] == b'_' && at > 0;
            assert!(is_part, "a reason's word has lower-case ASCII letters and underscores only");
            at += 1;
        }
        Self { word, means }
    }
}

/// All attempts failed.
pub const EXHAUSTED: Reason = Reason::new("exhausted", "all attempts failed");
/// The payload is not what type and version promise.
pub const BAD_DATA: Reason = Reason::new("bad_data", "the payload is not what type and version promise");
/// The consumer has no use for such an event.
pub const UNEXPECTED_TYPE: Reason = Reason::new("unexpected_type", "the consumer has no use for events of this type");
/// What follows from it can't be written.
pub const UNWRITABLE: Reason = Reason::new("unwritable", "what follows from it is larger than the store takes");

/// Those that any consumer may have.
pub const OF_EVERY_CONSUMER: [Reason; 8] = [
    EXHAUSTED,
    Reason::new("not_json", "no JSON, or no UTF-8"),
    Reason::new("not_an_envelope", "JSON, but no envelope of ours"),
    Reason::new("unknown_type", "an event of a type that this release does not know"),
    Reason::new("future_version", "an event in a shape newer than this release reads"),
    BAD_DATA,
    UNEXPECTED_TYPE,
    UNWRITABLE,
];

#[cfg(test)]
mod tests {
    use shotengai_contracts::{DecodeError, Envelope, EventType, samples};

    use super::*;

    #[test]
    fn what_can_not_be_decoded_has_a_reason_that_is_declared() {
        let broken = |change: fn(&mut Envelope)| {
            let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
            change(&mut envelope);
            envelope.to_json().into_bytes()
        };
        let texts = [
            b"{".to_vec(),
            b"{}".to_vec(),
            broken(|envelope| envelope.event_type = "OrderEaten".to_owned()),
            broken(|envelope| envelope.dataversion = 99),
        ];
        let decode = |text: &[u8]| Envelope::from_json(text).and_then(|envelope| envelope.event());
        let mut words: Vec<_> =
            texts.iter().map(|text| decode(text).map_err(|error: DecodeError| error.reason())).collect();
        words.sort_unstable_by_key(|word| word.as_ref().err().copied());
        for word in words {
            let word = word.unwrap_err();
            assert!(OF_EVERY_CONSUMER.iter().any(|reason| reason.word == word), "{word}");
        }
    }
}
