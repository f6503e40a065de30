//! Load, decide, append: conflicts, snapshots, lost answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shotengai_contracts::{InventoryEvent, Misplaced};
use shotengai_kernel::Version;
use shotengai_messaging::{
    Aggregate, Aggregates, CommandError, CommitWriter, EventStore, FaultKind, Loaded, Outbox, Snapshot,
};
use shotengai_testing::contract::{CountingStore, Snapshots, exchange_contract};
use shotengai_testing::memory::InjectedFault;

use super::{Street, aggregate, moved};

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Pile {
    pieces: u32,
}

impl Aggregate for Pile {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 2;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        let InventoryEvent::StockMoved(moved) = event else { return Err(Misplaced::of(event)) };
        self.pieces += moved.added;
        Ok(())
    }
}

/// A pile that never grows high.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct SmallPile(Pile);

impl Aggregate for SmallPile {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 2;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        self.0.apply(event)
    }
}

const PILE: &str = "stock/pile";

fn more(pieces: u32) -> InventoryEvent {
    InventoryEvent::try_from(moved(pieces)).unwrap()
}

impl Street {
    /// As a process that has just started sees them: nothing remembered.
    fn piles(&self) -> Aggregates<Pile> {
        Aggregates::new(CommitWriter::new(self.store(), Outbox::disabled(), self.ports.clone()))
    }

    async fn grow(&self, piles: &Aggregates<Pile>, times: usize) -> Loaded<Pile> {
        for _ in 1..times {
            self.grow_once(piles).await;
        }
        self.grow_once(piles).await
    }

    async fn grow_once(&self, piles: &Aggregates<Pile>) -> Loaded<Pile> {
        let decide = |_: &Loaded<Pile>| Ok::<_, Infallible>(vec![more(1)]);
        piles.execute(&aggregate(PILE), &self.meta(), decide).await.unwrap().loaded
    }

    async fn keep(&self, version: u64, schema: u32, state: serde_json::Value) {
        let id = aggregate(PILE);
        let snapshot = Snapshot { aggregate_id: id, version: Version::new(version), schema, state, last_commit: None };
        self.store().save_snapshot(&snapshot).await.unwrap();
    }

    async fn load(&self) -> (u64, u32) {
        let loaded = self.piles().load(&aggregate(PILE)).await.unwrap();
        (loaded.version.get(), loaded.state.pieces)
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_lost_to_another_writer_is_decided_again() {
    let street = Street::new();
    let (id, meta, decisions) = (aggregate(PILE), street.meta(), AtomicUsize::new(0));
    let processes: Vec<_> = (0..5).map(|_| street.piles()).collect();
    let decide = |_: &Loaded<Pile>| {
        decisions.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(vec![more(1), more(1)])
    };
    let outcomes = join_all(processes.iter().map(|piles| piles.execute(&id, &meta, decide))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(decisions.load(Ordering::Relaxed) > 5, "some had to decide again");
    assert_eq!(street.load().await, (10, 10));
    assert_eq!(street.store().inconsistencies(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_decision_sees_what_other_processes_wrote() {
    let street = Street::new();
    let (one, other) = (street.piles(), street.piles());
    street.grow(&one, 2).await;
    street.grow(&other, 3).await;
    let loaded = street.grow_once(&one).await;
    assert_eq!((loaded.version, loaded.state.pieces), (Version::new(6), 6));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_a_decision_without_events_write_nothing() {
    let street = Street::new();
    let (piles, id, meta) = (street.piles(), aggregate(PILE), street.meta());
    let refused = piles.execute(&id, &meta, |_| Err::<Vec<InventoryEvent>, _>("no")).await;
    assert!(matches!(refused, Err(CommandError::Refused("no"))));
    let nothing = piles.execute(&id, &meta, |_| Ok::<_, Infallible>(Vec::new())).await.unwrap();
    assert_eq!((nothing.loaded.version, nothing.written), (Version::ZERO, Vec::new()));
    assert_eq!(street.store().all_commits(), []);
}

#[tokio::test(start_paused = true)]
async fn a_load_reads_only_what_comes_after_the_snapshot() {
    let street = Street::new();
    street.grow(&street.piles(), 53).await;
    // A number that no event explains: it can only come from here. An event from before would be a gap, and a fault.
    street.keep(50, Pile::SNAPSHOT_SCHEMA, json!({"pieces": 1000})).await;
    assert_eq!(street.load().await, (53, 1003));
}

#[tokio::test(start_paused = true)]
async fn a_load_says_when_the_last_event_was_decided_wherever_it_comes_from() {
    let street = Street::new();
    let piles = street.piles();
    assert_eq!(piles.load(&aggregate(PILE)).await.unwrap().changed_at, None);
    street.grow(&piles, 99).await;
    let last = street.store().load(&aggregate(PILE), Version::new(98)).await.unwrap().pop().unwrap().events[0].time;
    assert_eq!(street.piles().load(&aggregate(PILE)).await.unwrap().changed_at, Some(last));
    tokio::time::advance(Duration::from_secs(5)).await;
    // The hundredth is in a snapshot, which doesn't say when that was.
    street.grow(&piles, 1).await;
    let snapshot = street.store().load_snapshot(&aggregate(PILE)).await.unwrap();
    assert_eq!(snapshot.map(|snapshot| snapshot.version.get()), Some(100));
    let last = street.ports.clock.now();
    tokio::time::advance(Duration::from_secs(5)).await;
    for piles in [piles, street.piles()] {
        assert_eq!(piles.load(&aggregate(PILE)).await.unwrap().changed_at, Some(last));
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_another_shape_is_ignored() {
    let street = Street::new();
    street.grow(&street.piles(), 8).await;
    street.keep(5, Pile::SNAPSHOT_SCHEMA + 1, json!({"pieces": 1000})).await;
    assert_eq!(street.load().await, (8, 8));
    street.keep(6, Pile::SNAPSHOT_SCHEMA, json!("no pile at all")).await;
    assert_eq!(street.load().await, (8, 8));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_remembers_its_aggregates_saves_snapshots_too() {
    let street = Street::new();
    street.grow(&street.piles(), 250).await;
    let snapshot = street.store().load_snapshot(&aggregate(PILE)).await.unwrap().unwrap();
    assert_eq!((snapshot.version.get(), snapshot.state), (200, json!({"pieces": 200})));
    assert_eq!(street.load().await, (250, 250));
    street.store().drop_snapshots();
    assert_eq!(street.load().await, (250, 250), "snapshots change no answer");
}

#[tokio::test(start_paused = true)]
async fn an_aggregate_without_snapshots_neither_saves_nor_reads_one() {
    let street = Street::new();
    let small =
        || Aggregates::<SmallPile>::new(CommitWriter::new(street.store(), Outbox::disabled(), street.ports.clone()));
    let (piles, id) = (small(), aggregate(PILE));
    for _ in 0..250 {
        piles.execute(&id, &street.meta(), |_| Ok::<_, Infallible>(vec![more(1)])).await.unwrap();
    }
    assert_eq!(street.store().snapshot_count(), 0);
    street.keep(250, SmallPile::SNAPSHOT_SCHEMA, json!({"pieces": 1000})).await;
    assert_eq!(small().load(&id).await.unwrap().state, SmallPile(Pile { pieces: 250 }));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_not_saved_fails_no_command() {
    let street = Street::new();
    street.faults.always("store.save_snapshot", InjectedFault::Refuse(FaultKind::Throttled));
    let loaded = street.grow(&street.piles(), 101).await;
    assert_eq!(loaded.state.pieces, 101);
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_answer_was_lost_is_executed_once() {
    let street = Street::new();
    let (piles, id, meta) = (street.piles(), aggregate(PILE), street.meta());
    let decide = |loaded: &Loaded<Pile>| {
        let is_done = loaded.state.pieces > 0;
        Ok::<_, Infallible>(if is_done { Vec::new() } else { vec![more(3)] })
    };
    street.faults.next("store.append", InjectedFault::LoseAnswer);
    let first = piles.execute(&id, &meta, decide).await;
    assert!(matches!(first, Err(CommandError::Fault(fault)) if fault.kind() == FaultKind::Transient));
    let second = piles.execute(&id, &meta, decide).await.unwrap();
    assert_eq!((second.loaded.version, second.loaded.state.pieces, second.written), (Version::new(1), 3, Vec::new()));
    assert_eq!(street.store().all_commits().len(), 1);
    assert_eq!(street.store().pending_count(), 1, "the sweeper will find it");
}

#[tokio::test(start_paused = true)]
async fn several_are_loaded_in_the_order_asked() {
    let street = Street::new();
    let piles = street.piles();
    street.grow(&piles, 2).await;
    let ids = [aggregate("stock/none"), aggregate(PILE), aggregate("stock/neither")];
    let loaded = piles.load_many(&ids).await.unwrap();
    let versions: Vec<_> = loaded.iter().map(|loaded| (loaded.id.clone(), loaded.version.get())).collect();
    assert_eq!(versions, ids.into_iter().zip([0, 2, 0]).collect::<Vec<_>>());
}

/// A process whose loads are counted.
fn counted(street: &Street) -> (Arc<CountingStore>, Aggregates<Pile>) {
    let store = Arc::new(CountingStore::new(street.store()));
    let writer = CommitWriter::new(Arc::clone(&store) as Arc<dyn EventStore>, Outbox::disabled(), street.ports.clone());
    (store, Aggregates::new(writer))
}

#[tokio::test(start_paused = true)]
async fn a_load_of_thousands_of_events_reads_no_more_than_came_after_the_snapshot() {
    let street = Street::new();
    let (id, events) = (aggregate(PILE), 3210);
    street.grow(&street.piles(), events).await;
    let (store, piles) = counted(&street);
    let loaded = piles.load(&id).await.unwrap();
    // The last one that the snapshot has is read again: it tells whether the store is still the same.
    assert_eq!((loaded.version.get(), store.take_read()), (3210, 1 + 10));
    piles.load(&id).await.unwrap();
    assert_eq!(store.take_read(), 1, "of what is remembered only the last is read again");
    street.store().drop_snapshots();
    let (store, piles) = counted(&street);
    assert_eq!(piles.load(&id).await.unwrap().state, loaded.state);
    assert_eq!(store.take_read(), events, "without snapshots all of it is read, once");
    let (store, piles) = counted(&street);
    piles.load(&id).await.unwrap();
    assert_eq!(store.take_read(), 1, "that load left a snapshot");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_absorbs_what_it_appends_saves_snapshots_too() {
    let street = Street::new();
    let (id, meta, piles) = (aggregate(PILE), street.meta(), street.piles());
    for _ in 0..1234 {
        let loaded = piles.load(&id).await.unwrap();
        let commit = piles.writer().commit(id.clone(), loaded.version, &[moved(1)], &meta).unwrap();
        piles.writer().append(vec![commit.clone()]).await.unwrap();
        piles.absorb(&commit);
    }
    let (store, fresh) = counted(&street);
    assert_eq!(fresh.load(&id).await.unwrap().state, Pile { pieces: 1234 });
    assert_eq!(store.take_read(), 1 + 34);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_with_other_commits_is_not_written_from_memory() {
    for commits_before in [1, 4, 5, 30] {
        for commits_after in [0, 1, 3, 4, 5, 6, 40] {
            for snapshots in [Snapshots::Own, Snapshots::OfBefore] {
                let (before, after) = (Street::new(), Street::new());
                let (before_store, after_store) = (before.store(), after.store());
                exchange_contract(
                    (before_store, commits_before),
                    (after_store, commits_after),
                    snapshots,
                    &after.ports,
                )
                .await;
                assert_eq!(after.store().inconsistencies(), Vec::<String>::new());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_ids_push_nothing_out_of_what_is_remembered() {
    let street = Street::new();
    let (store, piles) = counted(&street);
    street.grow(&piles, 3).await;
    let _until_here = store.take_read();
    // More than are remembered.
    for number in 0..5_000 {
        assert_eq!(piles.load(&aggregate(&format!("stock/prod_{number}"))).await.unwrap().version, Version::ZERO);
    }
    piles.load(&aggregate(PILE)).await.unwrap();
    assert_eq!(store.take_read(), 1, "of what is remembered only the last is read again");
}
