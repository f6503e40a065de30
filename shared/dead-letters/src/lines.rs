//! Letters in the order in which they go.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use shotengai_kernel::{Timestamp, Version};
use shotengai_messaging::ports::queue::Receipt;

use crate::letter::Letter;
use crate::record;

/// A letter that this run may settle.
pub(super) struct Entry {
    pub(super) letter: Letter,
    pub(super) receipt: Receipt,
}

/// What waits for each other: the letters of one aggregate, or one letter of none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    Aggregate(String),
    Alone(String),
}

impl Line {
    pub(super) fn of(letter: &Letter) -> Self {
        match letter.subject() {
            Some(subject) => Self::Aggregate(subject.to_owned()),
            None => Self::Alone(letter.message_id.clone()),
        }
    }
}

/// Letters by line, each line in the order of its versions; what has none by its place in the stream, or by time.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<Line, VecDeque<Entry>>);

impl Lines {
    pub(super) fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        type Order = (Version, (usize, String), Option<Timestamp>);
        let mut sorted: Vec<(Order, Entry)> = entries.into_iter().map(|entry| (order(&entry.letter), entry)).collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut lines = Self::default();
        for (_, entry) in sorted {
            lines.0.entry(Line::of(&entry.letter)).or_default().push_back(entry);
        }
        lines
    }

    /// The next letters: at most one of each line, since of two in one request the second may pass without the first.
    /// Together `most_bytes` at the most by `size`, unless the first alone is larger.
    pub(super) fn next(&mut self, most: usize, most_bytes: usize, size: impl Fn(&Letter) -> usize) -> Vec<Entry> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for line in self.0.values_mut() {
            if batch.len() >= most {
                break;
            }
            let Some(size) = line.front().map(|entry| size(&entry.letter)) else { continue };
            if !batch.is_empty() && bytes + size > most_bytes {
                break;
            }
            bytes += size;
            batch.extend(line.pop_front());
        }
        self.0.retain(|_, line| !line.is_empty());
        batch
    }

    /// Takes out the lines that are blocked; answers how many letters that were.
    pub(super) fn block(&mut self, blocked: &BTreeSet<Line>) -> usize {
        blocked.iter().filter_map(|line| self.0.remove(line)).map(|line| line.len()).sum()
    }
}

fn order(letter: &Letter) -> (Version, (usize, String), Option<Timestamp>) {
    let version = letter.heading.as_ref().map_or(Version::ZERO, |heading| heading.version);
    (version, record::place(letter), letter.sent_at)
}
