//! Units of work: several aggregates together, first slots, refusals, and how often a command is decided.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shotengai_contracts::{EventType, InventoryEvent, Metadata, Misplaced, samples};
use shotengai_kernel::Version;
use shotengai_messaging::{
    Aggregate, Aggregates, CommandError, CommitWriter, Contest, Count, EventStore, FaultKind, Loaded, Outbox,
    UnitOfWork,
};
use shotengai_testing::contract::CountingStore;
use shotengai_testing::memory::InjectedFault;

use super::{Street, aggregate, moved};

/// How many pieces came in; knows no other fact.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Heap {
    pieces: u32,
}

impl Aggregate for Heap {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        let InventoryEvent::StockMoved(moved) = event else { return Err(Misplaced::of(event)) };
        self.pieces += moved.added;
        Ok(())
    }
}

fn more(pieces: u32) -> InventoryEvent {
    InventoryEvent::try_from(moved(pieces)).unwrap()
}

/// A process whose reads of commits are counted.
fn process(street: &Street) -> (Arc<CountingStore>, Aggregates<Heap>) {
    let store = Arc::new(CountingStore::new(street.store()));
    let writer = CommitWriter::new(Arc::clone(&store) as Arc<dyn EventStore>, Outbox::disabled(), street.ports.clone());
    (store, Aggregates::new(writer))
}

async fn pieces(street: &Street, id: &str) -> u32 {
    process(street).1.load(&aggregate(id)).await.unwrap().state.pieces
}

/// Takes pieces from one heap to another; both are written or neither.
async fn swap(
    heaps: &Aggregates<Heap>,
    contest: &mut Contest,
    [one, other]: [&str; 2],
    meta: &Metadata,
) -> Result<(u32, u32), CommandError<Infallible>> {
    let (one, other) = (&aggregate(one), &aggregate(other));
    let attempt = |mut unit: UnitOfWork| async move {
        let mut first = unit.load(heaps, one).await?;
        let mut second = unit.load(heaps, other).await?;
        unit.record(heaps, &mut first, vec![more(1)], meta)?;
        unit.record(heaps, &mut second, vec![more(1)], meta)?;
        Ok(unit.decided((first.state.pieces, second.state.pieces)))
    };
    heaps.writer().run(contest, attempt).await
}

#[tokio::test(start_paused = true)]
async fn aggregates_that_are_written_together_are_decided_again_together() {
    let street = Street::new();
    let meta = street.meta();
    let processes: Vec<_> = (0..4).map(|_| process(&street).1).collect();
    let swaps = processes.iter().enumerate().map(|(index, heaps)| {
        let (meta, ids) = (&meta, if index % 2 == 0 { ["stock/a", "stock/b"] } else { ["stock/b", "stock/c"] });
        async move { swap(heaps, &mut Contest::default(), ids, meta).await }
    });
    assert!(join_all(swaps).await.iter().all(Result::is_ok));
    assert_eq!([pieces(&street, "stock/a").await, pieces(&street, "stock/b").await], [2, 4]);
    assert_eq!(pieces(&street, "stock/c").await, 2);
    assert_eq!(street.store().inconsistencies(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn events_on_one_aggregate_make_one_commit_with_each_its_cause() {
    let street = Street::new();
    let (heaps, id, causes) = (process(&street).1, aggregate("stock/a"), [street.meta(), street.meta()]);
    let (heaps, id, causes) = (&heaps, &id, &causes);
    let attempt = |mut unit: UnitOfWork| async move {
        let mut heap = unit.load(heaps, id).await?;
        for meta in causes {
            unit.record(heaps, &mut heap, vec![more(2)], meta)?;
        }
        unit.record(heaps, &mut heap, Vec::new(), &causes[0])?;
        Ok(unit.decided(heap.into_executed()))
    };
    let executed = heaps.writer().run::<_, Infallible, _, _>(&mut Contest::default(), attempt).await.unwrap();
    assert_eq!((executed.loaded.version, executed.loaded.state.pieces), (Version::new(2), 4));
    assert_eq!(executed.written, [more(2), more(2)]);
    let commits = street.store().all_commits();
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    let told: Vec<_> = commit.events.iter().map(|event| (event.aggregateversion.get(), event.causationid)).collect();
    assert_eq!(told, [(1, causes[0].causation_id), (2, causes[1].causation_id)]);
}

#[tokio::test(start_paused = true)]
async fn a_guarded_decision_is_made_anew_when_what_it_judged_has_moved() {
    let street = Street::new();
    let (heaps, rival, meta) = (&process(&street).1, &process(&street).1, &street.meta());
    let (judged, written) = (&aggregate("stock/a"), &aggregate("stock/b"));
    let seen = &std::sync::Mutex::new(Vec::new());
    let attempt = |mut unit: UnitOfWork| async move {
        let basis = unit.load(heaps, judged).await?;
        let mut heap = unit.load(heaps, written).await?;
        unit.guard(judged.clone(), basis.version);
        seen.lock().unwrap().push(basis.state.pieces);
        // Somebody is faster, once.
        if basis.state.pieces == 0 {
            rival.execute::<Infallible>(judged, meta, |_| Ok(vec![more(5)])).await?;
        }
        unit.record(heaps, &mut heap, vec![more(basis.state.pieces)], meta)?;
        Ok(unit.decided(()))
    };
    heaps.writer().run::<_, Infallible, _, _>(&mut Contest::default(), attempt).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [0, 5]);
    assert_eq!(pieces(&street, "stock/b").await, 5);

    // Whoever writes what he judged needs no guard, and a guard of nothing writes nothing.
    let attempt = |mut unit: UnitOfWork| async move {
        let mut heap = unit.load(heaps, judged).await?;
        unit.guard(judged.clone(), heap.version);
        unit.record(heaps, &mut heap, vec![more(1)], meta)?;
        Ok(unit.decided(()))
    };
    heaps.writer().run::<_, Infallible, _, _>(&mut Contest::default(), attempt).await.unwrap();
    let attempt = |mut unit: UnitOfWork| async move {
        unit.guard(judged.clone(), Version::ZERO);
        Ok(unit.decided(()))
    };
    heaps.writer().run::<_, Infallible, _, _>(&mut Contest::default(), attempt).await.unwrap();
    assert_eq!(pieces(&street, "stock/a").await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_first_slot_is_claimed_without_a_read_and_read_once_it_was_lost() {
    let street = Street::new();
    let (id, meta) = (aggregate("stock/a"), street.meta());
    let once = |heap: &Loaded<Heap>| {
        Ok::<_, Infallible>(if heap.version == Version::ZERO { vec![more(3)] } else { Vec::new() })
    };
    let first = process(&street).1.execute_first(&id, &meta, once).await.unwrap();
    assert_eq!((first.loaded.state.pieces, first.written.len(), street.faults.calls("store.load")), (3, 1, 0));
    let (store, other) = process(&street);
    let second = other.execute_first(&id, &meta, once).await.unwrap();
    assert_eq!((second.loaded.state.pieces, second.written, store.take_read()), (3, Vec::new(), 1));
    assert_eq!(street.store().all_commits().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_believed_only_on_a_state_that_was_read() {
    let street = Street::new();
    let (id, meta, decisions) = (aggregate("stock/a"), street.meta(), AtomicUsize::new(0));
    process(&street).1.execute(&id, &meta, |_| Ok::<_, Infallible>(vec![more(5)])).await.unwrap();
    // Nothing is there to take, as long as nobody has looked.
    let take = |heap: &Loaded<Heap>| {
        decisions.fetch_add(1, Ordering::Relaxed);
        if heap.state.pieces == 0 { Err("empty") } else { Ok(vec![more(1)]) }
    };
    let taken = process(&street).1.execute_first(&id, &meta, take).await.unwrap();
    assert_eq!((taken.loaded.state.pieces, decisions.load(Ordering::Relaxed)), (6, 2));
    let refused = process(&street).1.execute_first(&aggregate("stock/none"), &meta, take).await;
    assert!(matches!(refused, Err(CommandError::Refused("empty"))), "{refused:?}");
    assert_eq!(decisions.load(Ordering::Relaxed), 4, "once more after a read, and no oftener");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_always_loses_is_given_up() {
    let street = Street::new();
    let (heaps, id, meta, decisions) = (process(&street).1, aggregate("stock/a"), street.meta(), AtomicUsize::new(0));
    let (heaps, id, meta, decisions) = (&heaps, &id, &meta, &decisions);
    let mut contest = Contest::of(5);
    let attempt = |mut unit: UnitOfWork| async move {
        let mut heap = unit.load(heaps, id).await?;
        decisions.fetch_add(1, Ordering::Relaxed);
        // Somebody else is always faster.
        let faster = heaps.writer().commit(id.clone(), heap.version, &[moved(1)], meta).unwrap();
        heaps.writer().append(vec![faster]).await?;
        unit.record(heaps, &mut heap, vec![more(1)], meta)?;
        Ok(unit.decided(()))
    };
    let lost = heaps.writer().run::<_, Infallible, _, _>(&mut contest, attempt).await;
    assert!(matches!(lost, Err(CommandError::Contended)), "{lost:?}");
    assert_eq!(decisions.load(Ordering::Relaxed), 5);
    let again = heaps.writer().run::<_, Infallible, _, _>(&mut contest, attempt).await;
    assert!(matches!(again, Err(CommandError::Contended)), "a contest spans units of work");
    assert_eq!(decisions.load(Ordering::Relaxed), 6);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_ends_the_command_without_another_decision() {
    let street = Street::new();
    street.faults.next("store.append", InjectedFault::Refuse(FaultKind::Throttled));
    let decide = |_: &Loaded<Heap>| Ok::<_, Infallible>(vec![more(1)]);
    let failed = process(&street).1.execute(&aggregate("stock/a"), &street.meta(), decide).await;
    assert!(matches!(&failed, Err(CommandError::Fault(fault)) if fault.kind() == FaultKind::Throttled), "{failed:?}");
    assert_eq!(street.store().all_commits(), []);
}

#[tokio::test(start_paused = true)]
async fn a_history_with_an_event_of_another_kind_of_aggregate_is_a_fault() {
    let street = Street::new();
    let (heaps, id, meta) = (process(&street).1, aggregate("stock/a"), street.meta());
    for event_type in [EventType::StockReserved, EventType::OrderPaid] {
        let id = aggregate(&format!("stock/{event_type}"));
        let strange = samples::event(event_type).unwrap();
        let commit = heaps.writer().commit(id.clone(), Version::ZERO, &[strange], &meta).unwrap();
        heaps.writer().append(vec![commit]).await.unwrap();
        let fault = heaps.load(&id).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Permanent);
        assert!(fault.to_string().contains(event_type.as_str()), "{fault}");
    }
    // And nobody decides one.
    let strange = InventoryEvent::try_from(samples::event(EventType::StockReserved).unwrap()).unwrap();
    let decided = heaps.execute(&id, &meta, |_| Ok::<_, Infallible>(vec![strange.clone()])).await;
    assert!(matches!(&decided, Err(CommandError::Fault(_))), "{decided:?}");
    assert_eq!(heaps.load(&id).await.unwrap().version, Version::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_counted_once_an_event_and_what_is_lost_or_not_written_never() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let count: Count = |_, _| {
        WRITTEN.fetch_add(1, Ordering::Relaxed);
    };
    let street = Street::new();
    let meta = street.meta();
    let writer = |_| CommitWriter::new(street.store(), Outbox::disabled(), street.ports.clone()).counting(count);
    let processes: Vec<_> = (0..4).map(|index| Aggregates::<Heap>::new(writer(index))).collect();
    let swaps = processes.iter().map(|heaps| swap_a_and_b(heaps, &meta));
    assert!(join_all(swaps).await.iter().all(Result::is_ok), "all met and decided again");
    assert_eq!(WRITTEN.load(Ordering::Relaxed), 8);

    let heaps = &processes[0];
    let nothing = heaps.execute(&aggregate("stock/a"), &meta, |_| Ok::<_, Infallible>(Vec::new())).await;
    assert!(nothing.unwrap().written.is_empty());
    let refused = heaps.execute(&aggregate("stock/a"), &meta, |_| Err("no")).await;
    assert!(matches!(refused, Err(CommandError::Refused("no"))));
    assert_eq!(WRITTEN.load(Ordering::Relaxed), 8);
}

#[tokio::test(start_paused = true)]
async fn whoever_counts_hears_how_long_after_its_aggregate_began_an_event_was_decided() {
    static SINCE: Mutex<Vec<Option<SignedDuration>>> = Mutex::new(Vec::new());
    let count: Count = |_, since| SINCE.lock().unwrap().push(since);
    let street = Street::new();
    let (meta, id) = (street.meta(), aggregate("stock/a"));
    let process = || {
        let writer = CommitWriter::new(street.store(), Outbox::disabled(), street.ports.clone()).counting(count);
        Aggregates::<Heap>::new(writer)
    };
    let (one, other) = (process(), process());
    // The second remembers it as its own commit left it, the last reads it.
    for (heaps, pause) in [(&one, 3), (&one, 4), (&other, 0)] {
        let grown = heaps.execute(&id, &meta, |_| Ok::<_, Infallible>(vec![more(1)])).await;
        assert!(grown.is_ok());
        tokio::time::advance(Duration::from_secs(pause)).await;
    }
    let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
    assert_eq!(*SINCE.lock().unwrap(), [None, seconds(3), seconds(7)]);
}

async fn swap_a_and_b(heaps: &Aggregates<Heap>, meta: &Metadata) -> Result<(u32, u32), CommandError<Infallible>> {
    swap(heaps, &mut Contest::default(), ["stock/a", "stock/b"], meta).await
}
