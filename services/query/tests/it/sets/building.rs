//! A set is built beside running pods, goes on where it was broken off, and has no effect but its rows.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use shotengai_contracts::Owner;
use shotengai_contracts::events::OrderStage;
use shotengai_query::domain::{OrderRow, refold};
use shotengai_query::rebuild::{Kind, Rebuild, RebuildReport, Sources};
use shotengai_query::sets::{Begun, Phase};
use shotengai_query::store::Rows;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};
use tokio::time::Instant;

use super::{STRICTLY, Told, refused, street};
use crate::history::order;
use crate::support::{Street, deliveries, ports};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_is_built_while_events_come_holds_the_same_rows() {
    let street = street("built_under_events").await;
    let orders = street.furnish(80).await;
    let going_on = tokio::spawn({
        let street = Arc::clone(&street);
        async move {
            for (number, history) in orders.iter().enumerate() {
                street.ship(history).await;
                let young = order(&format!("young{number}"), "ken", 0, OrderStage::Paid);
                street.happen(Owner::Order, &young).await;
            }
        }
    });
    let built = street.build().await;
    assert!(built.aggregates >= 83 && built.failed == 0 && built.left_out == 0, "{built:?}");
    let meanwhile = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!(meanwhile.differences(), 0, "{meanwhile:?}");
    going_on.await.unwrap();
    let after = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!((after.differences(), after.tables[2].compared), (0, 160), "{after:?}");
    // Without a look at the other set: pods have written both.
    street.assert_same("public", "public_next").await;
    let status = street.sets().status().await.unwrap();
    assert_eq!((status.phase, status.folds_are_ours, status.holder), (Phase::Built, true, None));
    assert!(status.beside.iter().all(|table| table.behind == Some(0) && table.bytes > 0), "{:?}", status.beside);
    assert_eq!(status.beside[2].rows, Some(160));
}

#[tokio::test]
async fn what_only_the_live_set_was_told_is_brought_up_before_the_switch() {
    let street = street("brought_up").await;
    let orders = street.furnish(20).await;
    street.build().await;
    // A pod of a release that knows of one set only, and one that was killed before it wrote the other.
    for history in &orders {
        street.commit(Owner::Order, &history[3..]).await;
        let events = deliveries(history);
        let row: OrderRow =
            refold(events.iter().map(|delivery| (&*delivery.envelope, &*delivery.event))).unwrap().unwrap();
        let session = street.database.session().await.unwrap();
        Rows::save(&session, &[(shotengai_query::domain::Fold::aggregate_id(&row), row)].into()).await.unwrap();
    }
    let behind: Vec<_> = street.sets().status().await.unwrap().beside.iter().map(|table| table.behind).collect();
    assert_eq!(behind, [Some(0), Some(0), Some(20), Some(0), Some(0)]);
    street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    assert_eq!(street.number("SELECT count(*) FROM read_orders WHERE status = 'shipped'").await, 20);
    street.assert_same("public", "public_before").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_building_that_was_killed_goes_on_where_it_was() {
    let street = street("killed").await;
    street.furnish(60).await;
    let told = Arc::new(Told::default());
    let killed = tokio::spawn({
        let (street, told) = (Arc::clone(&street), Arc::clone(&told));
        async move { street.sets_of("who is killed").rebuild(false, told.as_ref()).await }
    });
    // Products and stock are two times sixteen shards; then comes the first of the orders'.
    for _ in 0..36 {
        told.built.notified().await;
    }
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    let half = street.sets().status().await.unwrap();
    assert_eq!((half.phase, half.holder.as_deref()), (Phase::Building, Some("who is killed")));
    let done: Vec<_> = half.progress.iter().map(|kind| kind.shards_done).collect();
    assert!(done[..2] == [16, 16] && (1..16).contains(&done[2]), "{done:?}");

    // Its lease runs out.
    street.sql("UPDATE read_sets SET held_until = now()").await;
    refused(street.sets().diff(&Told::default()).await, "not built to its end");
    let again = Told::default();
    let built = street.sets_of("the next").rebuild(false, &again).await.unwrap();
    assert_eq!((built.aggregates, built.failed), (79, 0), "none twice");
    assert_eq!(*again.begun.lock().unwrap(), [Begun::GoneOnWith]);
    street.assert_same("public", "public_next").await;
    assert!(street.build().await.already);
}

#[tokio::test]
async fn a_half_built_set_of_another_releases_folds_is_built_anew() {
    let street = street("other_folds").await;
    let orders = street.furnish(5).await;
    street.build().await;
    street.sql("UPDATE read_sets SET phase = 'building', folds = 'another release'").await;
    street.sql("UPDATE public_next.read_orders SET note = 'folded otherwise', status = 'pending'").await;
    // A pod leaves it to those who build it.
    street.ship(&orders[0]).await;
    assert_eq!(street.number("SELECT count(*) FROM public_next.read_orders WHERE status = 'shipped'").await, 0);
    let told = Told::default();
    street.sets().rebuild(false, &told).await.unwrap();
    assert_eq!(*told.begun.lock().unwrap(), [Begun::AnewForOtherFolds]);
    street.assert_same("public", "public_next").await;
    street.sql("UPDATE read_sets SET folds = 'another release'").await;
    refused(street.sets().switch(STRICTLY, &Told::default()).await, "another release's folds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_operator_is_told_who_is_at_work() {
    let street = street("two_operators").await;
    street.furnish(3).await;
    // Somebody who lives: the lease is renewed.
    street.sql("UPDATE read_sets SET holder = 'the first', held_until = now() + interval '20 s'").await;
    let renewing = tokio::spawn({
        let street = Arc::clone(&street);
        async move {
            loop {
                street.sql("UPDATE read_sets SET held_until = held_until + interval '1 s'").await;
                tokio::task::yield_now().await;
            }
        }
    });
    refused(street.sets_of("the second").rebuild(false, &Told::default()).await, "the first is at work");
    refused(street.sets_of("the second").drop_beside().await, "the first is at work");
    renewing.abort();
    assert_eq!(street.sets().status().await.unwrap().holder.as_deref(), Some("the first"));
}

/// How many events are folded: some thousand, or as many as `SETS_EVENTS` says.
fn events() -> usize {
    std::env::var("SETS_EVENTS").map_or(3000, |events| events.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_events_are_folded_into_a_set_that_equals_the_live_one_and_becomes_it() {
    let street = street("many_events").await;
    let each = order("0", "mei", 0, OrderStage::Shipped).len();
    let orders = events() / each;
    for number in 0..orders {
        let history = order(&format!("{number:07}"), "mei", 0, OrderStage::Shipped);
        street.commit(Owner::Order, &history).await;
    }
    let (sources, live) = (Sources::of(street.infra.as_ref()), Arc::new(street.database.clone()));
    let mut report = RebuildReport::default();
    let rebuild = Rebuild::new(live, sources, ports());
    rebuild.run(Kind::Orders, &mut report, &Told::default()).await.unwrap();
    assert_eq!(report.missing, orders);

    let begun = Instant::now();
    assert_eq!(street.build().await.aggregates, i64::try_from(orders).unwrap());
    let built = begun.elapsed();
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    assert_eq!((diff.differences(), diff.tables[2].compared), (0, orders as u64));
    let compared = begun.elapsed() - built;
    let switched = street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    let rate = (orders * each) as f64 / built.as_secs_f64();
    println!(
        "{} events of {orders} orders: built in {built:.1?}, {rate:.0} events/s; compared in {compared:.1?}; \
         writers waited {:.0?} for the switch",
        orders * each,
        switched.took
    );
}

/// Notes every call of the adapters.
#[derive(Default)]
struct Calls(Mutex<BTreeSet<&'static str>>);

impl FaultInjector for Calls {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        self.0.lock().unwrap().insert(operation);
        None
    }
}

#[tokio::test]
async fn whatever_is_done_to_sets_asks_event_stores_for_histories_and_nothing_for_anything_else() {
    let calls = Arc::new(Calls::default());
    let config = MemoryConfig { faults: Arc::clone(&calls) as _, ..MemoryConfig::default() };
    let base = street("no_effects").await;
    let street = Street::with(base.database.clone(), MemoryInfrastructure::with(ports(), config));
    for (number, history) in street.furnish(5).await.iter().enumerate() {
        if number % 2 == 0 {
            street.ship(history).await;
        }
    }
    calls.0.lock().unwrap().clear();
    let (sets, told) = (street.sets(), Told::default());
    sets.rebuild(false, &told).await.unwrap();
    sets.diff(&told).await.unwrap();
    sets.switch(STRICTLY, &told).await.unwrap();
    sets.rollback(STRICTLY, &told).await.unwrap();
    sets.status().await.unwrap();
    sets.drop_beside().await.unwrap();
    assert_eq!(*calls.0.lock().unwrap(), ["store.aggregates", "store.load"].into());
}
