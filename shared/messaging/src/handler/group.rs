//! A group of deliveries, each with its own answer.

use std::ops::Deref;

use crate::delivery::Delivery;
use crate::disposition::Disposition;

/// Deliveries that are handled together. Sorting them is fine: each keeps its answer.
#[derive(Debug)]
pub struct Group {
    entries: Vec<Entry>,
}

/// A delivery of a group and what became of it.
#[derive(Debug)]
pub struct Entry {
    place: usize,
    delivery: Delivery,
    answer: Option<Disposition>,
}

impl Entry {
    pub(super) const fn new(place: usize, delivery: Delivery) -> Self {
        Self { place, delivery, answer: None }
    }

    /// The delivery.
    #[must_use]
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Says what became of it, instead of what was said before.
    pub fn answer(&mut self, answer: impl Into<Disposition>) {
        self.answer = Some(answer.into());
    }

    /// Says that nobody here takes it.
    pub fn unexpected(&mut self) {
        self.answer = Some(Disposition::unexpected(&self.delivery));
    }

    pub(super) fn into_answer(self) -> (usize, Option<Disposition>) {
        (self.place, self.answer)
    }
}

impl Deref for Entry {
    type Target = Delivery;

    fn deref(&self) -> &Delivery {
        &self.delivery
    }
}

impl Group {
    pub(super) const fn new(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    /// How many there are; one at least.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never, when a handler is given it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries, to be answered.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// Oldest version first: of one aggregate's events fewer then find a gap before them.
    pub fn sort_by_version(&mut self) {
        self.entries.sort_by_key(|entry| entry.envelope.aggregateversion);
    }

    /// Says the same of all of them that have no answer yet.
    pub fn answer_rest(&mut self, answer: impl Into<Disposition>) {
        let answer = answer.into();
        for entry in &mut self.entries {
            entry.answer.get_or_insert_with(|| answer.clone());
        }
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

impl<'a> IntoIterator for &'a Group {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Group {
    type Item = &'a mut Entry;
    type IntoIter = std::slice::IterMut<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
