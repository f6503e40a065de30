//! Commits out of events: as they were written, as far as events tell.
//!
//! Events of a commit have the same time and stand side by side in their aggregate's history. Which attempt a commit was stands
//! in no event, so its id is made of its first event's: the same archive gives the same commits, and what was restored once is
//! its own success when it is restored again.

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, CommitId, Version};
use shotengai_messaging::{Commit, CommitEvents};

use crate::compare::meaning;
use crate::line::Line;

/// The most bytes of a commit's events that are put together: an item of a table has 400 KB.
const COMMIT_MOST_BYTES: usize = 350_000;

/// What keeps a history from being whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The service whose history it is.
    pub owner: &'static str,
    /// The aggregate.
    pub aggregate: String,
    /// The first event that can't be had.
    pub version: u64,
    /// Why, in words.
    pub why: String,
}

/// The commits of some aggregates.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Commits by their owners, each aggregate's in order.
    pub commits: Vec<(Owner, Commit)>,
    /// Events in them.
    pub events: u64,
    /// Lines that said once more what another says.
    pub duplicates: u64,
    /// Histories that are not whole; what stands before the first event that can't be had is among the commits.
    pub broken: Vec<Broken>,
}

/// Puts together all that was found of some aggregates. Lines without an owner are not looked at.
#[must_use]
pub fn assemble(mut lines: Vec<Line>) -> Assembled {
    lines.retain(|line| line.owner.is_some());
    lines.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
    let mut all = Assembled::default();
    for history in lines.chunk_by(|a, b| (a.owner, &a.aggregate) == (b.owner, &b.aggregate)) {
        if let Some((owner, aggregate)) = history.first().and_then(|line| Some((line.owner?, &line.aggregate))) {
            all.add(owner, aggregate, history);
        }
    }
    all
}

fn place(line: &Line) -> (Option<Owner>, &AggregateId, Version) {
    (line.owner, &line.aggregate, line.version)
}

impl Assembled {
    fn add(&mut self, owner: Owner, aggregate: &AggregateId, history: &[Line]) {
        let broken = |version: Version, why: &str| Broken {
            owner: owner.as_str(),
            aggregate: aggregate.to_string(),
            version: version.get(),
            why: why.to_owned(),
        };
        let (mut whole, mut expected) = (Vec::<&Line>::new(), Version::FIRST);
        for event in history.chunk_by(|a, b| a.version == b.version) {
            let [first, others @ ..] = event else { continue };
            self.duplicates += u64::try_from(others.len()).unwrap_or(u64::MAX);
            if first.version != expected {
                self.broken.push(broken(expected, "it is not in the archive"));
                break;
            }
            if others.iter().any(|other| other.text != first.text && meaning(&other.text) != meaning(&first.text)) {
                self.broken.push(broken(expected, "it is told in two ways"));
                break;
            }
            whole.push(first);
            expected = expected.next();
        }
        for events in pieces(&whole) {
            match commit(aggregate, events) {
                Some(commit) => {
                    self.events += u64::try_from(events.len()).unwrap_or(u64::MAX);
                    self.commits.push((owner, commit));
                }
                None => {
                    let at = events.first().map_or(Version::FIRST, |line| line.version);
                    self.broken.push(broken(at, "it can't be read by this release"));
                    return;
                }
            }
        }
    }
}

/// Cuts a history into commits.
fn pieces<'a, 'l>(history: &'a [&'l Line]) -> Vec<&'a [&'l Line]> {
    let mut pieces = Vec::new();
    for same_time in history.chunk_by(|a, b| moment(a.time) == moment(b.time)) {
        let (mut begin, mut bytes) = (0, 0);
        for (at, line) in same_time.iter().enumerate() {
            if bytes + line.text.len() > COMMIT_MOST_BYTES && at > begin {
                pieces.extend(same_time.get(begin..at));
                (begin, bytes) = (at, 0);
            }
            bytes += line.text.len();
        }
        pieces.extend(same_time.get(begin..));
    }
    pieces
}

/// As stores keep times: whole microseconds.
fn moment(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

fn commit(aggregate: &AggregateId, events: &[&Line]) -> Option<Commit> {
    let first = events.first()?;
    let texts: Vec<&str> = events.iter().map(|line| line.text.as_str()).collect();
    Some(Commit {
        aggregate_id: aggregate.clone(),
        first_version: first.version,
        commit_id: commit_id(first),
        created_at: moment(first.time),
        events: CommitEvents::read(&format!("[{}]", texts.join(","))).ok()?,
    })
}

/// Spread evenly, as its last byte says where a commit stands in the time index.
fn commit_id(first: &Line) -> CommitId {
    let digest = Sha256::digest(first.id.uuid().as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    CommitId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use proptest::prelude::*;
    use shotengai_contracts::{EventType, Metadata, samples};
    use shotengai_kernel::{ManualClock, Ports};
    use shotengai_messaging::CommitFactory;
    use uuid::Uuid;

    use super::*;

    /// A history of commits with so many events each, some time apart.
    fn history(aggregate: &str, sizes: &[usize]) -> Vec<Commit> {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(7, Arc::clone(&clock) as _);
        let factory = CommitFactory::new(ports.clone());
        let id = AggregateId::parse(aggregate).unwrap();
        let (mut version, mut commits) = (Version::ZERO, Vec::new());
        for size in sizes {
            clock.advance(jiff::SignedDuration::from_millis(1));
            let event = samples::event(EventType::OrderPaid).unwrap();
            let meta = Metadata::request(ports.ids.uuid_v7(), None);
            let commit = factory.commit(id.clone(), version, &vec![event; *size], &meta).unwrap();
            version = commit.last_version();
            commits.push(commit);
        }
        commits
    }

    fn lines(commits: &[Commit]) -> Vec<Line> {
        commits.iter().flat_map(|commit| commit.events.texts()).map(|text| Line::read(text).unwrap()).collect()
    }

    fn without_ids(commits: impl IntoIterator<Item = Commit>) -> Vec<Commit> {
        commits.into_iter().map(|commit| Commit { commit_id: CommitId::new(Uuid::nil()), ..commit }).collect()
    }

    proptest! {
        #[test]
        fn commits_come_back_from_their_events_in_any_order(
            sizes in prop::collection::vec(1_usize..4, 1..8), seed in any::<u64>(), twice in any::<bool>(),
        ) {
            let commits = history("ord_1", &sizes);
            let mut events = lines(&commits);
            if twice { events.extend(events.clone()); }
            // Any order will do.
            events.sort_by_key(|line| meaning(&format!("{seed}{}", line.text)));
            let count = sizes.iter().sum::<usize>() as u64;
            let assembled = assemble(events);
            prop_assert_eq!(assembled.broken, vec![]);
            prop_assert_eq!((assembled.events, assembled.duplicates), (count, if twice { count } else { 0 }));
            let back = assembled.commits.into_iter().map(|(_, commit)| commit);
            prop_assert_eq!(without_ids(back), without_ids(commits));
        }
    }

    #[test]
    fn ids_of_commits_are_the_same_each_time_and_spread_over_the_index() {
        let ids = || assemble(lines(&history("ord_1", &[1; 200]))).commits.into_iter().map(|(_, it)| it.commit_id);
        assert!(ids().eq(ids()));
        let shards: BTreeSet<u8> =
            assemble(lines(&history("ord_1", &[1; 200]))).commits.iter().map(|(_, it)| it.index_shard()).collect();
        assert_eq!(shards.len(), 16);
    }

    #[test]
    fn a_history_with_a_gap_ends_before_it_and_is_named() {
        let mut events = lines(&history("ord_1", &[1, 2, 1]));
        events.remove(1);
        let assembled = assemble(events);
        assert_eq!((assembled.commits.len(), assembled.events), (1, 1));
        let Broken { owner, aggregate, version, why } = &assembled.broken[0];
        assert_eq!((*owner, aggregate.as_str(), *version), ("order", "ord_1", 2));
        assert_eq!(why, "it is not in the archive");
    }

    #[test]
    fn an_event_that_is_told_in_two_ways_is_believed_in_neither() {
        let mut events = lines(&history("ord_1", &[1, 1]));
        let mut other = events[1].clone();
        other.text = other.text.replace("OrderPaid", "OrderFree");
        events.push(other);
        let assembled = assemble(events);
        assert_eq!((assembled.events, assembled.broken[0].version), (1, 2));
    }

    #[test]
    fn a_commit_that_no_item_holds_is_cut() {
        let mut commits = history("ord_1", &[3]);
        for event in commits[0].events.iter_mut() {
            event.data["note"] = "x".repeat(200_000).into();
        }
        let assembled = assemble(lines(&commits));
        assert_eq!((assembled.commits.len(), assembled.events, assembled.broken.len()), (3, 3, 0));
    }
}
