//! Who goes with whom, and what an answer means: without I/O.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use shotengai_contracts::{EventType, Metadata, samples};
use shotengai_kernel::{AggregateId, ManualClock, Ports, Version};
use tokio::time::Instant;

use super::line::{Batch, CAPACITY, Line};
use super::outcome::{Outcome, outcomes};
use crate::commit::{Commit, CommitFactory};
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::store::{APPEND_EACH_MAX, AppendError};
use crate::ports::table::{Key, Row, WriteError};

fn factory() -> CommitFactory {
    CommitFactory::new(Ports::seeded(1, Arc::new(ManualClock::default())))
}

fn commit(factory: &CommitFactory, aggregate: usize) -> Commit {
    let event = samples::event(EventType::ProductCreated).unwrap();
    let meta = Metadata::request(uuid::Uuid::nil(), None);
    let id = AggregateId::parse(&format!("prod_{aggregate}")).unwrap();
    factory.commit(id, Version::ZERO, &[event], &meta).unwrap()
}

fn next(line: &mut Line<Commit, usize>) -> Option<Batch<Commit, usize>> {
    line.next(None, |_| true)
}

#[test]
fn a_commit_that_finds_nobody_goes_alone_and_those_that_come_meanwhile_go_together() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    for ticket in 0..3 {
        assert!(!line.goes_alone(), "one is on its way");
        line.join(commit(&factory, ticket), ticket).unwrap();
        assert!(next(&mut line).is_none(), "nothing is due");
    }
    line.finished(1);
    assert!(!line.goes_alone(), "others wait");
    assert_eq!(next(&mut line).unwrap().tickets, [0, 1, 2]);
    assert!(next(&mut line).is_none());
    line.finished(1);
    assert!(line.goes_alone(), "at rest nobody waits");
}

#[test]
fn whoever_follows_on_company_waits_for_some_where_nobody_would_feel_it() {
    let (factory, mut line) = (factory(), Line::lingering());
    assert!(line.goes_alone());
    for ticket in 0..2 {
        line.join(commit(&factory, ticket), ticket).unwrap();
    }
    line.finished(1);
    assert_eq!(next(&mut line).unwrap().tickets, [0, 1], "the first to meet wait for nobody else");
    line.finished(2);
    assert!(!line.goes_alone());
    let place = line.join(commit(&factory, 2), 2).unwrap();
    assert!(next(&mut line).is_none());
    assert_eq!(line.next(Some(place), |_| true).unwrap().tickets, [2]);
    line.finished(1);
    assert!(line.goes_alone(), "nobody came");
}

#[test]
fn company_of_long_ago_is_not_waited_for() {
    let (factory, mut line) = (factory(), Line::lingering());
    let now = Instant::now();
    line.it_is(now);
    assert!(line.goes_alone());
    for ticket in 0..2 {
        line.join(commit(&factory, ticket), ticket).unwrap();
    }
    line.finished(1);
    assert_eq!(next(&mut line).unwrap().tickets, [0, 1]);
    line.finished(2);
    line.it_is(now + Duration::from_millis(50));
    assert!(!line.goes_alone());
    line.it_is(now + Duration::from_millis(100));
    assert!(line.goes_alone());
}

#[test]
fn a_full_request_and_one_that_has_waited_wait_for_no_answer() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    let first = line.join(commit(&factory, 0), 0).unwrap();
    assert_eq!(line.next(Some(first), |_| true).unwrap().tickets, [0]);
    let second = line.join(commit(&factory, 1), 1).unwrap();
    assert!(line.next(Some(first), |_| true).is_none(), "it has gone, and says nothing of those behind it");
    for ticket in 2..=APPEND_EACH_MAX {
        assert!(next(&mut line).is_none());
        line.join(commit(&factory, ticket), ticket).unwrap();
    }
    assert_eq!(next(&mut line).unwrap().tickets, (1..=APPEND_EACH_MAX).collect::<Vec<_>>());
    assert!(line.next(Some(second), |_| true).is_none(), "nothing is left");
}

#[test]
fn of_two_for_one_slot_the_later_one_waits_for_the_next_request() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    for (ticket, aggregate) in [(0, 7), (1, 7), (2, 8), (3, 7)] {
        line.join(commit(&factory, aggregate), ticket).unwrap();
    }
    let mut before = 1;
    for tickets in [&[0, 2][..], &[1], &[3]] {
        line.finished(before);
        assert_eq!(next(&mut line).unwrap().tickets, tickets);
        before = tickets.len();
    }
}

#[test]
fn what_nobody_waits_for_is_not_sent() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    for ticket in 0..4 {
        line.join(commit(&factory, ticket), ticket).unwrap();
    }
    line.finished(1);
    assert_eq!(line.next(None, |ticket| ticket % 2 == 1).unwrap().tickets, [1, 3]);
    line.finished(1);
    assert!(next(&mut line).is_none());
}

#[test]
fn large_commits_go_in_several_requests() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    let padding = serde_json::Value::String("x".repeat(300 * 1024));
    for ticket in 0..5 {
        let mut commit = commit(&factory, ticket);
        commit.events.iter_mut().for_each(|event| event.data = padding.clone());
        line.join(commit, ticket).unwrap();
    }
    let mut before = 1;
    for tickets in [&[0, 1, 2][..], &[3, 4]] {
        line.finished(before);
        assert_eq!(next(&mut line).unwrap().tickets, tickets);
        before = tickets.len();
    }
}

#[test]
fn a_store_that_does_not_answer_holds_a_bounded_number() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    let joined = (0..).map(|ticket| {
        let place = line.join(commit(&factory, ticket), ticket);
        assert!(next(&mut line).is_none_or(|batch| batch.writes.len() == APPEND_EACH_MAX));
        place
    });
    let joined = joined.take_while(Option::is_some).count();
    assert_eq!(joined + 1, CAPACITY, "with the one that went alone");
}

#[test]
fn requests_that_hang_keep_no_others_from_going() {
    let (factory, mut line) = (factory(), Line::default());
    assert!(line.goes_alone());
    for ticket in 1..CAPACITY {
        let place = line.join(commit(&factory, ticket), ticket).unwrap();
        assert_eq!(line.next(Some(place), |_| true).unwrap().tickets, [ticket]);
    }
    assert!(line.join(commit(&factory, 0), 0).is_none());
    line.finished(1);
    assert!(line.join(commit(&factory, 0), 0).is_some(), "one has its answer");
}

proptest! {
    /// Whatever comes, is given up, is answered and has waited for too long: each commit that somebody waits for goes out
    /// once, in a request that has no slot twice and is not too large, and nothing stays behind.
    #[test]
    fn each_commit_goes_out_once(steps in prop::collection::vec((0_usize..5, 0_usize..12), 1..300)) {
        let (factory, mut line) = (factory(), Line::<Commit, usize>::default());
        let (mut given_up, mut places, mut on_the_way) = (BTreeSet::new(), Vec::new(), Vec::new());
        let mut sent = Vec::new();
        let mut came = 0;
        let mut take = |batch: Option<Batch<Commit, usize>>, on_the_way: &mut Vec<usize>| {
            let Some(batch) = batch else { return };
            on_the_way.push(batch.writes.len());
            let slots: BTreeSet<_> = batch.writes.iter().map(|it| it.aggregate_id.clone()).collect();
            assert_eq!(slots.len(), batch.writes.len());
            assert!((1..=APPEND_EACH_MAX).contains(&batch.tickets.len()));
            sent.extend(batch.tickets);
        };
        let mut alone = Vec::new();
        for (step, number) in steps {
            match step {
                0 | 1 if line.goes_alone() => {
                    alone.push(came);
                    on_the_way.push(1);
                    came += 1;
                }
                0 | 1 => {
                    places.extend(line.join(commit(&factory, number), came));
                    came += 1;
                    take(line.next(None, |ticket| !given_up.contains(ticket)), &mut on_the_way);
                }
                2 => { given_up.insert(came.saturating_sub(number)); }
                3 if !on_the_way.is_empty() => {
                    line.finished(on_the_way.remove(0));
                    take(line.next(None, |ticket| !given_up.contains(ticket)), &mut on_the_way);
                }
                _ => {
                    let overdue = places.get(places.len().saturating_sub(number)).copied();
                    take(line.next(overdue, |ticket| !given_up.contains(ticket)), &mut on_the_way);
                }
            }
        }
        while let Some(writes) = on_the_way.pop() {
            line.finished(writes);
            take(line.next(None, |ticket| !given_up.contains(ticket)), &mut on_the_way);
        }
        sent.extend(alone);
        let once: BTreeSet<_> = sent.iter().copied().collect();
        prop_assert_eq!(once.len(), sent.len(), "nothing goes twice");
        prop_assert!((0..came).all(|ticket| once.contains(&ticket) || given_up.contains(&ticket)));
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "test", "refused")
}

#[test]
fn each_entry_of_an_answer_is_of_its_own_commit() {
    let conflict = || AppendError::Conflict { indexes: vec![0] };
    let answers = vec![
        Ok(()),
        Err(conflict()),
        Err(fault(FaultKind::Throttled).into()),
        Err(fault(FaultKind::Transient).into()),
        Err(fault(FaultKind::Denied).into()),
        Err(fault(FaultKind::Permanent).into()),
        Err(AppendError::Unwritable("too large".to_owned())),
    ];
    let outcomes = outcomes(8, Ok(answers));
    let words: Vec<_> = outcomes.iter().map(word).collect();
    assert_eq!(words, ["written", "conflict", "later", "later", "later", "later", "unwritable", "later"]);
}

#[test]
fn a_row_that_is_refused_asks_by_itself_what_stands_there() {
    let standing = Row::new(Key::new("a", "b"), 2, serde_json::Value::Null);
    let answers = vec![Ok(()), Err(WriteError::Condition(None)), Err(WriteError::Condition(Some(Box::new(standing))))];
    let outcomes = outcomes(3, Ok(answers));
    assert!(matches!(
        outcomes.as_slice(),
        [Outcome::Done(Ok(())), Outcome::Alone, Outcome::Done(Err(WriteError::Condition(Some(_))))]
    ));
}

fn word(outcome: &Outcome<(), AppendError>) -> &'static str {
    match outcome {
        Outcome::Alone => "alone",
        Outcome::AloneLater => "later",
        Outcome::Done(Ok(())) => "written",
        Outcome::Done(Err(AppendError::Conflict { .. })) => "conflict",
        Outcome::Done(Err(AppendError::Unwritable(_))) => "unwritable",
        Outcome::Done(Err(AppendError::Fault(fault))) => fault.kind().as_str(),
    }
}

#[test]
fn a_request_that_is_refused_for_more_than_now_is_taken_apart() {
    let of = |kind| outcomes::<(), AppendError>(2, Err(fault(kind))).iter().map(word).collect::<Vec<_>>();
    for kind in [FaultKind::Permanent, FaultKind::Denied] {
        assert_eq!(of(kind), ["alone"; 2], "one commit may be to blame, or a right that a lone one doesn't need");
    }
    for kind in [FaultKind::Throttled, FaultKind::Transient] {
        assert_eq!(of(kind), [kind.as_str(); 2], "tried as often as any request");
    }
}
