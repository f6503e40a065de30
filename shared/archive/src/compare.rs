//! Archive and event stores, event by event.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Timestamp};

use crate::line::Line;

/// Where an event was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// In an object.
    Archive,
    /// In its event store.
    Store,
}

/// An event that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where.
    pub side: Side,
    /// The place of its owner among [`Owner::ALL`].
    owner: u8,
    /// The aggregate.
    pub aggregate: AggregateId,
    /// Its number there.
    pub version: u64,
    /// When it was decided.
    pub time: Timestamp,
    /// Its type.
    pub event_type: String,
    /// What it says, as a number: texts that say the same have the same.
    meaning: u128,
}

impl Entry {
    /// An event of this owner, found on this side.
    #[must_use]
    pub fn of(side: Side, owner: Owner, line: &Line) -> Self {
        let place = Owner::ALL.iter().position(|each| *each == owner).unwrap_or_default();
        Self {
            side,
            owner: u8::try_from(place).unwrap_or_default(),
            aggregate: line.aggregate.clone(),
            version: line.version.get(),
            time: line.time,
            event_type: line.event_type.clone(),
            meaning: meaning(&line.text),
        }
    }

    fn place(&self) -> (u8, &AggregateId, u64) {
        (self.owner, &self.aggregate, self.version)
    }

    fn owner(&self) -> Option<Owner> {
        Owner::ALL.get(usize::from(self.owner)).copied()
    }
}

/// What a text says, whatever the order of its attributes and the space between them.
#[must_use]
pub fn meaning(text: &str) -> u128 {
    // Objects are read into sorted maps.
    let said = serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string());
    let digest = Sha256::digest(said.as_bytes());
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A fault of some events of an aggregate that stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub fault: Fault,
    /// The service whose events they are.
    pub owner: &'static str,
    /// The aggregate.
    pub aggregate: String,
    /// The number of the first of them.
    pub first: u64,
    /// The number of the last.
    pub last: u64,
    /// The type of the first.
    pub event_type: String,
}

/// What can be wrong with events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The event store has them, the archive does not.
    Missing,
    /// The archive has them, the event store does not.
    Unknown,
    /// They are told in two ways.
    Different,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, owner, aggregate, first, last, event_type } = self;
        let events = if first == last { format!("event {first}") } else { format!("events {first} to {last}") };
        let what = match fault {
            Fault::Missing => "not in the archive",
            Fault::Unknown => "in the archive and not in the event store",
            Fault::Different => "told in two ways",
        };
        write!(f, "{owner}: {events} of {aggregate} ({event_type}): {what}")
    }
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Events that both have, told alike.
    pub same: u64,
    /// Lines that say once more what another says. Harmless.
    pub duplicates: u64,
    /// Events that one side has and that are too young to be missed.
    pub young: u64,
    /// Events that the archive lacks.
    pub missing: u64,
    /// Events that the event stores lack.
    pub unknown: u64,
    /// Events that are told in two ways.
    pub different: u64,
}

impl Compared {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.missing == 0 && self.unknown == 0 && self.different == 0
    }
}

/// Compares all that was found of some aggregates. What was decided at `settled` or later is not missed on either side.
pub fn compare(mut entries: Vec<Entry>, settled: Timestamp, total: &mut Compared, mut found: impl FnMut(Finding)) {
    entries.sort_unstable_by(|a, b| a.place().cmp(&b.place()).then(a.side.cmp(&b.side)));
    let mut open: Option<Finding> = None;
    for event in entries.chunk_by(|a, b| a.place() == b.place()) {
        let (Some(first), archived) = (event.first(), event.iter().filter(|it| it.side == Side::Archive).count())
        else {
            continue;
        };
        let stored = event.len() - archived;
        total.duplicates += u64::try_from(archived.saturating_sub(1)).unwrap_or(u64::MAX);
        let fault = if event.iter().any(|other| other.meaning != first.meaning) {
            total.different += 1;
            Some(Fault::Different)
        } else if archived > 0 && stored > 0 {
            total.same += 1;
            None
        } else if first.time >= settled {
            total.young += 1;
            None
        } else if archived == 0 {
            total.missing += 1;
            Some(Fault::Missing)
        } else {
            total.unknown += 1;
            Some(Fault::Unknown)
        };
        let finding = fault.and_then(|fault| {
            let owner = first.owner()?.as_str();
            let (aggregate, event_type) = (first.aggregate.to_string(), first.event_type.clone());
            Some(Finding { fault, owner, aggregate, first: first.version, last: first.version, event_type })
        });
        open = match (open.take(), finding) {
            (Some(before), Some(now)) if follows(&before, &now) => Some(Finding { last: now.last, ..before }),
            (before, now) => {
                before.into_iter().for_each(&mut found);
                now
            }
        };
    }
    open.into_iter().for_each(found);
}

fn follows(before: &Finding, now: &Finding) -> bool {
    let of = |finding: &Finding| (finding.fault, finding.owner);
    of(before) == of(now) && before.aggregate == now.aggregate && before.last.checked_add(1) == Some(now.first)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{EventType, samples};
    use shotengai_kernel::Version;

    use super::*;

    fn line(version: u64) -> Line {
        let mut sample = samples::envelope(EventType::OrderPaid).unwrap();
        sample.aggregateversion = Version::new(version);
        Line::read(&sample.to_json()).unwrap()
    }

    fn entry(side: Side, version: u64) -> Entry {
        Entry::of(side, Owner::Order, &line(version))
    }

    fn compared(entries: Vec<Entry>, settled: Timestamp) -> (Compared, Vec<String>) {
        let (mut total, mut found) = (Compared::default(), Vec::new());
        compare(entries, settled, &mut total, |finding| found.push(finding.to_string()));
        (total, found)
    }

    #[test]
    fn what_both_have_is_the_same_and_repetition_is_harmless() {
        let both = [Side::Archive, Side::Store, Side::Archive].map(|side| entry(side, 1)).to_vec();
        let (total, found) = compared(both, Timestamp::MAX);
        assert_eq!((total, found), (Compared { same: 1, duplicates: 1, ..Compared::default() }, vec![]));
    }

    #[test]
    fn gaps_are_told_as_ranges_of_an_aggregate() {
        let mut entries: Vec<_> = (1..=6).map(|version| entry(Side::Store, version)).collect();
        entries.extend([1, 4, 7].map(|version| entry(Side::Archive, version)));
        let (total, found) = compared(entries, Timestamp::MAX);
        assert_eq!((total.same, total.missing, total.unknown, total.is_right()), (2, 4, 1, false));
        let id = line(1).aggregate;
        assert_eq!(
            found,
            [
                format!("order: events 2 to 3 of {id} (OrderPaid): not in the archive"),
                format!("order: events 5 to 6 of {id} (OrderPaid): not in the archive"),
                format!("order: event 7 of {id} (OrderPaid): in the archive and not in the event store"),
            ]
        );
    }

    #[test]
    fn young_events_are_not_missed_on_either_side() {
        let entries = || vec![entry(Side::Store, 1), entry(Side::Archive, 2)];
        assert_eq!(compared(entries(), line(1).time).0, Compared { young: 2, ..Compared::default() });
        assert_eq!(compared(entries(), Timestamp::MAX).0.young, 0);
    }

    #[test]
    fn an_event_that_is_told_in_two_ways_is_named_whoever_tells_it() {
        let mut changed = line(1);
        changed.text = changed.text.replace("ord_", "ard_");
        let changed = |side| Entry::of(side, Owner::Order, &changed);
        for entries in [
            vec![entry(Side::Archive, 1), changed(Side::Store)],
            vec![entry(Side::Archive, 1), changed(Side::Archive), entry(Side::Store, 1)],
        ] {
            let (total, found) = compared(entries, Timestamp::MAX);
            assert_eq!((total.different, found.len()), (1, 1));
            assert!(found[0].ends_with("told in two ways"), "{found:?}");
        }
    }

    #[test]
    fn the_order_of_attributes_means_nothing() {
        assert_eq!(meaning(r#"{"a":1,"b":[1.5,"東"]}"#), meaning(" {\"b\": [1.50,\"\\u6771\"],\n\"a\":1}"));
        assert_ne!(meaning(r#"{"a":1}"#), meaning(r#"{"a":2}"#));
    }
}
