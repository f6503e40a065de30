//! Commands on what a process remembers: when nothing is read, and when something is.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use shotengai_contracts::{InventoryEvent, Misplaced};
use shotengai_kernel::AggregateId;
use shotengai_messaging::{
    Aggregate, Aggregates, CommandError, CommitWriter, Contest, EventStore, FaultKind, Loaded, Outbox, UnitOfWork,
};
use shotengai_testing::contract::CountingStore;
use shotengai_testing::memory::InjectedFault;
use tokio::time::{Instant, advance};

use super::{Street, aggregate, moved};

/// How long what was read is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(10);
const SHARED_FOR: Duration = Duration::from_secs(10);

/// How many pieces came in.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Shelf(u32);

impl Aggregate for Shelf {
    type Event = InventoryEvent;

    const SNAPSHOT_SCHEMA: u32 = 1;
    const SNAPSHOT_EVERY: u64 = 0;

    fn apply(&mut self, event: &InventoryEvent) -> Result<(), Misplaced> {
        let InventoryEvent::StockMoved(moved) = event else { return Err(Misplaced::of(event)) };
        self.0 += moved.added;
        Ok(())
    }
}

type Shelves = Aggregates<Shelf>;

fn process_over(street: &Street, store: Arc<dyn EventStore>) -> Shelves {
    Aggregates::new(CommitWriter::new(store, Outbox::disabled(), street.ports.clone()))
}

fn process(street: &Street) -> Shelves {
    process_over(street, street.store())
}

fn shelf() -> AggregateId {
    aggregate("stock/shelf")
}

fn more(pieces: u32) -> InventoryEvent {
    InventoryEvent::try_from(moved(pieces)).unwrap()
}

/// One piece more; answers how many there are.
async fn add(street: &Street, shelves: &Shelves) -> u32 {
    let added = shelves.execute(&shelf(), &street.meta(), |_| Ok::<_, Infallible>(vec![more(1)])).await;
    added.unwrap().loaded.state.0
}

fn loads(street: &Street) -> usize {
    street.faults.calls("store.load")
}

#[tokio::test(start_paused = true)]
async fn a_command_on_what_the_process_knows_reads_nothing() {
    let street = Street::new();
    let shelves = process(&street);
    for pieces in 1..=20 {
        assert_eq!(add(&street, &shelves).await, pieces);
    }
    assert_eq!(loads(&street), 1, "before its first commit");
    let first = aggregate("stock/first");
    let once = |_: &Loaded<Shelf>| Ok::<_, Infallible>(vec![more(1)]);
    shelves.execute_first(&first, &street.meta(), once).await.unwrap();
    shelves.execute(&first, &street.meta(), once).await.unwrap();
    assert_eq!(loads(&street), 1, "whose first slot was claimed is known");
    assert_eq!(street.store().inconsistencies(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_read_sees_what_others_wrote_whatever_is_remembered() {
    let street = Street::new();
    let (one, other) = (process(&street), process(&street));
    add(&street, &one).await;
    add(&street, &other).await;
    assert_eq!(one.load(&shelf()).await.unwrap().state, Shelf(2));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_another_process_took_is_read_at_once_and_for_a_while() {
    let street = Street::new();
    let (one, other) = (process(&street), process(&street));
    add(&street, &one).await;
    add(&street, &other).await;
    let (began, before) = (Instant::now(), loads(&street));
    assert_eq!(add(&street, &one).await, 3);
    assert_eq!((loads(&street) - before, began.elapsed()), (1, Duration::ZERO), "nobody is waited for");
    for pieces in 4..8 {
        assert_eq!(add(&street, &one).await, pieces);
    }
    assert_eq!(loads(&street) - before, 5, "what others write is read each time");
    advance(SHARED_FOR).await;
    assert_eq!((add(&street, &one).await, add(&street, &one).await), (8, 9));
    assert_eq!(loads(&street) - before, 6, "until they have not for a while");
}

#[tokio::test(start_paused = true)]
async fn commands_of_one_process_that_meet_read_nothing_either() {
    let street = Street::new();
    let shelves = process(&street);
    add(&street, &shelves).await;
    let before = loads(&street);
    let answers = join_all((0..5).map(|_| add(&street, &shelves))).await;
    assert_eq!(answers.into_iter().max(), Some(6));
    assert_eq!(loads(&street), before);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_nothing_to_do_are_believed_only_on_what_was_read() {
    let street = Street::new();
    let (one, other, decisions) = (process(&street), process(&street), AtomicUsize::new(0));
    add(&street, &one).await;
    add(&street, &other).await;
    let take = |shelf: &Loaded<Shelf>| {
        decisions.fetch_add(1, Ordering::Relaxed);
        if shelf.state.0 < 2 { Err("too few") } else { Ok(vec![more(1)]) }
    };
    let taken = one.execute(&shelf(), &street.meta(), take).await.unwrap();
    assert_eq!((taken.loaded.state.0, decisions.swap(0, Ordering::Relaxed)), (3, 2));
    add(&street, &other).await;
    let fill = |shelf: &Loaded<Shelf>| {
        decisions.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(if shelf.state.0 == 3 { Vec::new() } else { vec![more(1)] })
    };
    let filled = one.execute(&shelf(), &street.meta(), fill).await.unwrap();
    assert_eq!((filled.loaded.state.0, filled.written.len(), decisions.load(Ordering::Relaxed)), (5, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_decision_judges_and_does_not_write_is_read_or_guarded() {
    let street = Street::new();
    let (one, other) = (process(&street), process(&street));
    add(&street, &one).await;
    let (judged, written) = (&shelf(), &aggregate("stock/written"));
    let (one, meta) = (&one, &street.meta());
    one.execute(written, meta, |_| Ok::<_, Infallible>(vec![more(1)])).await.unwrap();
    for guards in [false, true] {
        let pieces = add(&street, &other).await;
        let attempt = |mut unit: UnitOfWork| async move {
            let basis = unit.load(one, judged).await?;
            let mut shelf = unit.load(one, written).await?;
            if guards {
                unit.guard(judged.clone(), basis.version);
            }
            unit.record(one, &mut shelf, vec![more(1)], meta)?;
            Ok(unit.decided(basis.state.0))
        };
        let seen = one.writer().run::<_, Infallible, _, _>(&mut Contest::default(), attempt).await.unwrap();
        assert_eq!(seen, pieces, "guards: {guards}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_believed_after_a_fault_but_a_throttle() {
    let street = Street::new();
    let shelves = process(&street);
    add(&street, &shelves).await;
    for (fault, reads) in [(FaultKind::Throttled, 0), (FaultKind::Transient, 1)] {
        let before = loads(&street);
        street.faults.next("store.append", InjectedFault::Refuse(fault));
        let failed = shelves.execute(&shelf(), &street.meta(), |_| Ok::<_, Infallible>(vec![more(1)])).await;
        assert!(matches!(failed, Err(CommandError::Fault(_))));
        add(&street, &shelves).await;
        assert_eq!(loads(&street) - before, reads, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_set_back_without_a_fault_is_noticed_after_a_while() {
    let (street, emptied) = (Street::new(), Street::new());
    let store = Arc::new(CountingStore::new(street.store()));
    let shelves = process_over(&street, Arc::clone(&store) as Arc<dyn EventStore>);
    for _ in 0..3 {
        add(&street, &shelves).await;
        advance(BELIEVED_FOR / 3).await;
    }
    store.become_one(emptied.store());
    advance(BELIEVED_FOR / 3).await;
    assert_eq!(add(&street, &shelves).await, 1, "appends make nothing younger than it was read");
    assert_eq!(emptied.store().inconsistencies(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_first_slot_that_the_process_took_itself_long_ago_is_read() {
    let street = Street::new();
    let (shelves, decisions) = (process(&street), AtomicUsize::new(0));
    let once = |shelf: &Loaded<Shelf>| {
        decisions.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(if shelf.state.0 == 0 { vec![more(1)] } else { Vec::new() })
    };
    shelves.execute_first(&shelf(), &street.meta(), once).await.unwrap();
    advance(BELIEVED_FOR).await;
    let again = shelves.execute_first(&shelf(), &street.meta(), once).await.unwrap();
    assert_eq!((again.loaded.state.0, again.written.len()), (1, 0));
    assert_eq!((decisions.load(Ordering::Relaxed), loads(&street)), (3, 1));
}
