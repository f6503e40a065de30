//! Which letters are meant.

use std::collections::BTreeSet;

use shotengai_kernel::Timestamp;

use crate::letter::Letter;

/// Letters that match everything that is set; the default matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The reason in the facts.
    pub reason: Option<String>,
    /// The consumer that gave up.
    pub consumer: Option<String>,
    /// The event's type; empty: letters of which none is known, as a [`crate::Cause`] without one means.
    pub event_type: Option<String>,
    /// The aggregate.
    pub subject: Option<String>,
    /// The message's id.
    pub message_id: Option<String>,
    /// The ids of several messages; none: any.
    pub message_ids: Option<BTreeSet<String>>,
    /// The error, with `#` for ids and numbers, as [`crate::Cause`] has it.
    pub error: Option<String>,
    /// Taken by the queue before this; a letter whose time is not known does not match.
    pub sent_before: Option<Timestamp>,
}

impl Filter {
    /// Whether this letter is meant.
    #[must_use]
    pub fn matches(&self, letter: &Letter) -> bool {
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| found == Some(wanted));
        is(&self.reason, Some(&letter.facts.reason))
            && is(&self.consumer, Some(&letter.facts.consumer))
            && is(&self.event_type, Some(letter.event_type().unwrap_or_default()))
            && is(&self.subject, letter.subject())
            && is(&self.message_id, Some(&letter.message_id))
            && self.message_ids.as_ref().is_none_or(|ids| ids.contains(&letter.message_id))
            && self.error.as_ref().is_none_or(|error| *error == letter.cause())
            && self.sent_before.is_none_or(|moment| letter.sent_at.is_some_and(|sent_at| sent_at < moment))
    }
}
