//! The events of a commit, with the text of each: written once, then stored, published and forwarded as it stands.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use shotengai_contracts::Envelope;

/// The events of a commit. Reads like a slice of envelopes.
///
/// An event that was read keeps the text that it was read from, with all that this release doesn't know; one that is new
/// is written when its text is first asked for. Changing any event forgets the texts. Clones share both.
#[derive(Clone, Default)]
pub struct CommitEvents {
    envelopes: Arc<Vec<Envelope>>,
    texts: OnceLock<Arc<[Box<str>]>>,
}

impl CommitEvents {
    /// Reads the JSON array in which a commit keeps its events.
    ///
    /// # Errors
    /// When it is no array of envelopes.
    pub fn read(json: &str) -> Result<Self, serde_json::Error> {
        let texts: Vec<&RawValue> = serde_json::from_str(json)?;
        let envelopes = texts.iter().map(|text| serde_json::from_str(text.get())).collect::<Result<Vec<_>, _>>()?;
        let texts: Arc<[Box<str>]> = texts.into_iter().map(|text| text.get().into()).collect();
        Ok(Self { envelopes: Arc::new(envelopes), texts: OnceLock::from(texts) })
    }

    /// Each event's text, in order.
    #[must_use]
    pub fn texts(&self) -> &[Box<str>] {
        self.texts.get_or_init(|| self.envelopes.iter().map(|envelope| envelope.to_json().into()).collect())
    }

    /// The JSON array in which a commit keeps its events.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("[{}]", self.texts().join(","))
    }
}

impl Deref for CommitEvents {
    type Target = [Envelope];
    fn deref(&self) -> &[Envelope] {
        &self.envelopes
    }
}

impl DerefMut for CommitEvents {
    fn deref_mut(&mut self) -> &mut [Envelope] {
        self.texts.take();
        Arc::<Vec<Envelope>>::make_mut(&mut self.envelopes)
    }
}

impl FromIterator<Envelope> for CommitEvents {
    fn from_iter<I: IntoIterator<Item = Envelope>>(envelopes: I) -> Self {
        Self { envelopes: Arc::new(envelopes.into_iter().collect()), texts: OnceLock::new() }
    }
}

impl Extend<Envelope> for CommitEvents {
    fn extend<I: IntoIterator<Item = Envelope>>(&mut self, envelopes: I) {
        self.texts.take();
        Arc::make_mut(&mut self.envelopes).extend(envelopes);
    }
}

impl IntoIterator for CommitEvents {
    type Item = Envelope;
    type IntoIter = std::vec::IntoIter<Envelope>;
    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.envelopes).into_iter()
    }
}

impl<'a> IntoIterator for &'a CommitEvents {
    type Item = &'a Envelope;
    type IntoIter = std::slice::Iter<'a, Envelope>;
    fn into_iter(self) -> Self::IntoIter {
        self.envelopes.iter()
    }
}

/// By the envelopes: a text that says the same otherwise is the same event.
impl PartialEq for CommitEvents {
    fn eq(&self, other: &Self) -> bool {
        self.envelopes == other.envelopes
    }
}

impl fmt::Debug for CommitEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.envelopes.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{EventType, samples};

    use super::*;

    fn sample() -> Envelope {
        samples::envelope(EventType::OrderPaid).unwrap()
    }

    /// As a newer release may have written it.
    fn strange() -> String {
        sample().to_json().replacen('{', "{ \"shelf\": 1.50,  \"zone\":\"\\u6771\",", 1)
    }

    #[test]
    fn what_was_read_is_written_as_it_was_read() {
        let json = format!(" [{} , {}]\n", strange(), sample().to_json());
        let events = CommitEvents::read(&json).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events.texts().iter().map(AsRef::as_ref).collect::<Vec<_>>(), [strange(), sample().to_json()]);
        let copy = CommitEvents::read(&events.to_json()).unwrap();
        assert_eq!((copy.texts(), &copy), (events.texts(), &events));
    }

    #[test]
    fn what_was_changed_is_written_anew_and_keeps_what_nobody_knows() {
        let mut events = CommitEvents::read(&format!("[{}]", strange())).unwrap();
        events[0].dataversion = 7;
        let written: serde_json::Value = serde_json::from_str(&events.texts()[0]).unwrap();
        assert_eq!(
            (&written["dataversion"], &written["shelf"], &written["zone"]),
            (&7.into(), &1.5.into(), &"東".into())
        );
        events.extend([sample()]);
        assert_eq!(events.texts().len(), 2);
    }

    #[test]
    fn what_is_no_array_of_envelopes_is_not_read() {
        for json in ["", "{}", "[{}]", "[1]", "[[]]"] {
            assert!(CommitEvents::read(json).is_err(), "{json}");
        }
    }
}
