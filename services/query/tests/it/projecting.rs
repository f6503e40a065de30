//! Events become rows in PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use shotengai_contracts::Owner;
use shotengai_contracts::aggregates;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{AggregateId, CartId, PaymentId};
use shotengai_messaging::{
    Bucket, Disposition, EventStore, FaultKind, Infrastructure, Leases, Queue, StreamReader, StreamWriter, Table, Topic,
};
use shotengai_query::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow, refold};
use shotengai_query::store::{Rows, Stored};
use shotengai_testing::contract::CountingStore;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};

use crate::history::{cart, order, order_id, payment, product, product_id, stock, user_id};
use crate::support::{Street, absent_database, all_done, deliveries, ports, projector};

async fn row<R: Stored>(street: &Street, id: &AggregateId) -> Option<R> {
    let session = street.database.session().await.unwrap();
    Rows::<R>::load(&session, std::slice::from_ref(id)).await.unwrap().remove(id)
}

fn folded<R: Fold>(history: &[shotengai_messaging::Commit]) -> Option<R> {
    let events = deliveries(history);
    refold(events.iter().map(|delivery| (&*delivery.envelope, &*delivery.event))).unwrap()
}

#[tokio::test]
async fn one_batch_may_hold_rows_of_every_kind() {
    let street = Street::new("one_batch").await;
    let (sweets, pieces) = (product("kinoko", 0, &[0, 2]), stock("kinoko", &[1]));
    let order = order("1", "mei", 0, OrderStage::Cancelled);
    let mut batch = street.commit(Owner::Catalog, &sweets).await;
    batch.extend(street.commit(Owner::Order, &order).await);
    batch.extend(street.commit(Owner::Inventory, &pieces).await);
    let payment = payment("1", 0, PaymentStatus::Refunded);
    batch.extend(street.commit(Owner::Billing, &payment).await);
    let cart = cart("mei", &[4, 1]);
    batch.extend(street.commit(Owner::Order, &cart).await);
    batch.reverse();
    all_done(&street.projector.handle(&batch).await);
    let product = AggregateId::from(&product_id("kinoko"));
    assert_eq!(row::<ProductRow>(&street, &product).await, folded(&sweets));
    assert_eq!(row::<StockRow>(&street, &aggregates::stock(&product_id("kinoko"))).await, folded(&pieces));
    assert_eq!(row::<OrderRow>(&street, &AggregateId::from(&order_id("1"))).await, folded(&order));
    let id = AggregateId::from(&PaymentId::of_order(&order_id("1")));
    assert_eq!(row::<PaymentRow>(&street, &id).await, folded(&payment));
    let id = AggregateId::from(&CartId::of_user(&user_id("mei")));
    assert_eq!(row::<CartRow>(&street, &id).await, folded(&cart));
}

#[tokio::test]
async fn a_gap_is_filled_from_the_event_store_and_what_comes_late_is_ignored() {
    let street = Street::new("a_gap").await;
    let history = order("1", "mei", 0, OrderStage::Shipped);
    let batch = street.commit(Owner::Order, &history).await;
    let id = AggregateId::from(&order_id("1"));
    all_done(&street.projector.handle(&batch[3..4]).await);
    let after_gap = row::<OrderRow>(&street, &id).await.unwrap();
    assert_eq!(Some(&after_gap), folded(&history).as_ref(), "the store had all of it");
    all_done(&street.projector.handle(&batch).await);
    assert_eq!(row::<OrderRow>(&street, &id).await, Some(after_gap));
}

#[tokio::test]
async fn pods_that_project_the_same_events_at_once_agree() {
    let street = Street::new("many_pods").await;
    let history = product("kinoko", 0, &[0, 1, 2, 3, 4, 1, 2]);
    let batch = street.commit(Owner::Catalog, &history).await;
    let pods = (0..8).map(|first| {
        let mut mine = batch.clone();
        mine.rotate_left(first);
        let projector = &street.projector;
        async move {
            for part in mine.chunks(3) {
                all_done(&projector.handle(part).await);
            }
        }
    });
    join_all(pods).await;
    let id = AggregateId::from(&product_id("kinoko"));
    assert_eq!(row::<ProductRow>(&street, &id).await, folded(&history));
}

#[tokio::test]
async fn an_event_that_the_store_does_not_know_comes_again_and_holds_up_no_other() {
    let street = Street::new("unknown_event").await;
    let known = street.commit(Owner::Order, &order("known", "mei", 0, OrderStage::Pending)).await;
    let unknown = deliveries(&order("unknown", "mei", 0, OrderStage::Paid));
    let answers = street.projector.handle(&[unknown[2].clone(), known[0].clone()]).await;
    assert!(matches!(&answers[0], Disposition::Retry { cause, .. } if cause.contains("at version 0")), "{answers:?}");
    assert_eq!(answers[1], Disposition::Done);
    assert!(row::<OrderRow>(&street, &AggregateId::from(&order_id("known"))).await.is_some());
}

#[tokio::test]
async fn without_postgresql_every_event_comes_again() {
    let street = Street::over(absent_database());
    let answers = street.projector.handle(&deliveries(&product("kinoko", 0, &[1]))).await;
    assert!(answers.iter().all(Disposition::comes_again) && answers.len() == 2);
}

/// The event stores of an installation, of which what is read is counted.
struct Counted(Arc<MemoryInfrastructure>, Arc<CountingStore>);

impl Infrastructure for Counted {
    fn event_store(&self, _: Owner) -> Arc<dyn EventStore> {
        Arc::clone(&self.1) as Arc<dyn EventStore>
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        self.0.table(name)
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        self.0.queue(name)
    }

    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        self.0.bucket(name)
    }

    fn topic(&self) -> Arc<dyn Topic> {
        self.0.topic()
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        self.0.stream_writer()
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        self.0.stream_reader()
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        self.0.price_writer()
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        self.0.price_reader()
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        self.0.leases(group)
    }

    fn marks_outbox(&self) -> bool {
        self.0.marks_outbox()
    }
}

#[tokio::test]
async fn a_gap_in_a_long_history_reads_only_what_came_after_the_row() {
    let street = Street::new("long_history").await;
    let history = stock("kinoko", &[0; 2000]);
    let batch = street.commit(Owner::Inventory, &history).await;
    let store = Arc::new(CountingStore::new(street.infra.event_store(Owner::Inventory)));
    let counted = Arc::new(Counted(Arc::clone(&street.infra), Arc::clone(&store)));
    let projector = projector(counted, &street.database);
    all_done(&projector.handle(&batch[1989..1990]).await);
    assert_eq!(store.take_read(), history.len(), "a row that is not there is folded from all of it");
    let more = stock("takenoko", &[0; 30]);
    let batch = street.commit(Owner::Inventory, &more).await;
    all_done(&projector.handle(&batch[..10]).await);
    assert_eq!(store.take_read(), 0);
    all_done(&projector.handle(&batch[20..21]).await);
    assert_eq!(store.take_read(), 21);
    let id = aggregates::stock(&product_id("takenoko"));
    assert_eq!(row::<StockRow>(&street, &id).await, folded(&more));
}

/// Refuses every load, and counts them.
#[derive(Default)]
struct Away(AtomicUsize);

impl FaultInjector for Away {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        (operation == "store.load").then(|| {
            self.0.fetch_add(1, Ordering::Relaxed);
            InjectedFault::Refuse(FaultKind::Transient)
        })
    }
}

#[tokio::test]
async fn an_event_store_that_is_away_is_asked_once_for_a_gap_and_the_event_waits() {
    let street = Street::new("store_away").await;
    let history = stock("kinoko", &[0; 30]);
    let batch = street.commit(Owner::Inventory, &history).await;
    all_done(&street.projector.handle(&batch[..10]).await);
    let away = Arc::new(Away::default());
    let config = MemoryConfig { faults: Arc::clone(&away) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
    let infra = Arc::new(MemoryInfrastructure::with(ports(), config));
    let projector = projector(infra, &street.database);
    let answers = projector.handle(&batch[20..21]).await;
    assert!(matches!(&answers[..], [Disposition::Failed { .. }]), "{answers:?}");
    assert_eq!(away.0.load(Ordering::Relaxed), 1);
}
