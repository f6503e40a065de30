//! Rows come back from the event stores.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use shotengai_contracts::aggregates;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::{Envelope, Owner};
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{Commit, FaultKind, Infrastructure};
use shotengai_query::domain::{Fold, OrderRow, ProductRow, StockRow, refold};
use shotengai_query::migrations::missing_tables;
use shotengai_query::rebuild::{Kind, Rebuild, RebuildReport, Sources, Watch};
use shotengai_query::store::memory::MemoryReadModel;
use shotengai_query::store::{ReadModel, Rows};
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};

use crate::history::{commits, order, order_id, product, product_id, stock};
use crate::support::{Street, deliveries, empty_database, ports};

/// Remembers what could not be done.
#[derive(Default)]
struct Failures(Mutex<BTreeMap<String, String>>);

impl Watch for Failures {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, id: &AggregateId, why: &str) {
        assert!(self.0.lock().unwrap().insert(id.to_string(), why.to_owned()).is_none(), "{id} failed twice");
    }
}

/// Event stores and rows in memory.
struct Shop {
    infra: Arc<MemoryInfrastructure>,
    rows: MemoryReadModel,
    failures: Failures,
}

impl Shop {
    fn new() -> Self {
        Self::over(MemoryInfrastructure::new(ports()))
    }

    fn over(infra: MemoryInfrastructure) -> Self {
        Self { infra: Arc::new(infra), rows: MemoryReadModel::default(), failures: Failures::default() }
    }

    async fn commit(&self, owner: Owner, history: &[Commit]) {
        for commit in history {
            self.infra.event_store(owner).append(std::slice::from_ref(commit)).await.unwrap();
        }
    }

    fn over_rows(&self, model: Arc<dyn ReadModel>) -> Rebuild {
        Rebuild::new(model, Sources::of(self.infra.as_ref()), ports())
    }

    async fn counted(&self, rebuild: &Rebuild, kind: Kind) -> RebuildReport {
        let mut report = RebuildReport::default();
        rebuild.run(kind, &mut report, &self.failures).await.unwrap();
        report
    }

    async fn rebuild(&self, kind: Kind) -> RebuildReport {
        self.counted(&self.over_rows(Arc::new(self.rows.clone())), kind).await
    }

    async fn check(&self, kind: Kind) -> RebuildReport {
        self.counted(&self.over_rows(Arc::new(self.rows.clone())).only_looking(), kind).await
    }

    fn failed(&self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.failures.0.lock().unwrap())
    }
}

pub(crate) fn folded<R: Fold>(history: &[Commit]) -> R {
    let events = deliveries(history);
    refold(events.iter().map(|delivery| (&*delivery.envelope, &*delivery.event))).unwrap().unwrap()
}

fn one<R: Fold>(row: R) -> BTreeMap<AggregateId, R> {
    BTreeMap::from([(row.aggregate_id(), row)])
}

#[tokio::test]
async fn rows_of_every_kind_come_back_and_a_second_time_all_are_right() {
    let shop = Shop::new();
    let (sweets, pieces) = (product("kinoko", 0, &[0, 2, 3]), stock("kinoko", &[1, 2]));
    shop.commit(Owner::Catalog, &sweets).await;
    shop.commit(Owner::Inventory, &pieces).await;
    // Others of inventory's aggregates have no rows.
    let reserved = aggregates::reservation(&order_id("1"));
    let other = commits(&reserved, 0, vec![deliveries(&pieces)[0].event.as_ref().clone()]);
    shop.commit(Owner::Inventory, &other).await;
    let orders: Vec<_> = (0..250).map(|n| order(&n.to_string(), "mei", n, OrderStage::Shipped)).collect();
    for history in &orders {
        shop.commit(Owner::Order, history).await;
    }
    for (kind, count) in [(Kind::Products, 1), (Kind::Stock, 1), (Kind::Orders, 250)] {
        let expected = RebuildReport { aggregates: count, missing: count, ..RebuildReport::default() };
        assert_eq!(shop.check(kind).await, expected, "only looking writes nothing");
        assert_eq!(shop.rebuild(kind).await, expected);
        assert_eq!(
            shop.rebuild(kind).await,
            RebuildReport { aggregates: count, right: count, ..RebuildReport::default() }
        );
    }
    assert_eq!(shop.rows.products(), one(folded::<ProductRow>(&sweets)));
    assert_eq!(shop.rows.stock(), one(folded::<StockRow>(&pieces)));
    let orders: BTreeMap<_, _> = orders.iter().flat_map(|history| one(folded::<OrderRow>(history))).collect();
    assert_eq!(shop.rows.orders(), orders);
    assert_eq!(shop.failed(), BTreeMap::new());
}

#[tokio::test]
async fn a_row_that_is_behind_or_differs_at_its_version_is_mended() {
    let shop = Shop::new();
    let (behind, wrong) = (order("behind", "mei", 0, OrderStage::Paid), order("wrong", "mei", 0, OrderStage::Paid));
    for history in [&behind, &wrong] {
        shop.commit(Owner::Order, history).await;
    }
    shop.rows.save(&one(folded::<OrderRow>(&behind[..2]))).await.unwrap();
    shop.rows.save(&one(OrderRow { status: OrderStage::Cancelled, ..folded(&wrong) })).await.unwrap();
    let expected = RebuildReport { aggregates: 2, older: 1, different: 1, ..RebuildReport::default() };
    assert_eq!(shop.check(Kind::Orders).await, expected);
    assert_eq!(shop.rebuild(Kind::Orders).await, expected);
    for history in [&behind, &wrong] {
        let row = folded::<OrderRow>(history);
        assert_eq!(shop.rows.orders()[&row.aggregate_id()], row);
    }
}

/// Brings a row further once: when the history it is held against has been read.
struct FasterProjector {
    rows: MemoryReadModel,
    store: Arc<MemoryInfrastructure>,
    next: Mutex<Option<Commit>>,
    row: OrderRow,
}

#[async_trait::async_trait]
impl ReadModel for FasterProjector {
    async fn session(&self) -> Result<Box<dyn shotengai_query::store::Session>, shotengai_messaging::Fault> {
        let next = self.next.lock().unwrap().take();
        if let Some(next) = next {
            self.store.event_store(Owner::Order).append(&[next]).await.unwrap();
            self.rows.save(&one(self.row.clone())).await.unwrap();
        }
        self.rows.session().await
    }

    async fn ping(&self) -> Result<(), shotengai_messaging::Fault> {
        self.rows.ping().await
    }
}

#[tokio::test]
async fn a_row_that_the_projector_brought_further_meanwhile_is_left_alone() {
    let shop = Shop::new();
    let history = order("1", "mei", 0, OrderStage::Paid);
    let (last, before) = history.split_last().unwrap();
    shop.commit(Owner::Order, before).await;
    let faster = FasterProjector {
        rows: shop.rows.clone(),
        store: Arc::clone(&shop.infra),
        next: Mutex::new(Some(last.clone())),
        row: folded(&history),
    };
    let report = shop.counted(&shop.over_rows(Arc::new(faster)), Kind::Orders).await;
    assert_eq!(report, RebuildReport { aggregates: 1, newer: 1, ..RebuildReport::default() });
    assert_eq!(shop.rows.orders(), one(folded::<OrderRow>(&history)));
}

#[tokio::test]
async fn a_row_that_says_more_than_its_events_is_named_and_left_alone() {
    let shop = Shop::new();
    let history = order("1", "mei", 0, OrderStage::Paid);
    shop.commit(Owner::Order, &history[..3]).await;
    shop.rows.save(&one(folded::<OrderRow>(&history))).await.unwrap();
    assert_eq!(
        shop.rebuild(Kind::Orders).await,
        RebuildReport { aggregates: 1, failed: 1, ..RebuildReport::default() }
    );
    let why = "its row is at version 5, but its events end at 3";
    assert_eq!(shop.failed(), BTreeMap::from([("ord_1".to_owned(), why.to_owned())]));
}

#[tokio::test]
async fn an_aggregate_that_can_not_be_folded_is_named_and_holds_up_no_other() {
    let shop = Shop::new();
    let mut future = order("future", "mei", 0, OrderStage::Paid);
    future[1].events = future[1].events.iter().map(|event| Envelope { dataversion: 99, ..event.clone() }).collect();
    let mut hole = order("hole", "mei", 0, OrderStage::Paid);
    hole.remove(2);
    let good = order("good", "mei", 0, OrderStage::Paid);
    for history in [&future, &hole, &good] {
        shop.commit(Owner::Order, history).await;
    }
    let report = shop.rebuild(Kind::Orders).await;
    assert_eq!(report, RebuildReport { aggregates: 3, missing: 1, failed: 2, ..RebuildReport::default() });
    assert_eq!(shop.rows.orders(), one(folded::<OrderRow>(&good)));
    let failed = shop.failed();
    assert!(failed["ord_future"].contains("99"), "{failed:?}");
    assert!(failed["ord_hole"].contains("beyond version 2"), "{failed:?}");
}

/// Faults of loads and scans, a few times.
struct Shaky(Mutex<u32>);

impl FaultInjector for Shaky {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let mut left = self.0.lock().unwrap();
        let fails = *left > 0 && ["store.load", "store.aggregates"].contains(&operation);
        *left -= u32::from(fails);
        fails.then_some(InjectedFault::Refuse(FaultKind::Throttled))
    }
}

fn shaky(faults: u32) -> Shop {
    let faults = Arc::new(Shaky(Mutex::new(faults)));
    Shop::over(MemoryInfrastructure::with(ports(), MemoryConfig { faults, ..MemoryConfig::default() }))
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_tried_again() {
    let shop = shaky(6);
    shop.commit(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    assert_eq!(
        shop.rebuild(Kind::Orders).await,
        RebuildReport { aggregates: 1, missing: 1, ..RebuildReport::default() }
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_ends_it() {
    let shop = shaky(u32::MAX);
    let rebuild = shop.over_rows(Arc::new(shop.rows.clone()));
    let fault = rebuild.run(Kind::Orders, &mut RebuildReport::default(), &shop.failures).await.unwrap_err();
    assert_eq!((fault.kind(), fault.operation()), (FaultKind::Throttled, "store.aggregates"));
}

#[tokio::test]
async fn postgresql_rows_are_mended_also_where_they_can_not_be_read() {
    let street = Street::new("rebuilt_rows").await;
    let shop =
        Shop { infra: Arc::clone(&street.infra), rows: MemoryReadModel::default(), failures: Failures::default() };
    let names = ["right", "gone", "behind", "wrong", "unreadable"];
    for name in names {
        street.happen(Owner::Order, &order(name, "mei", 0, OrderStage::Shipped)).await;
    }
    street.happen(Owner::Catalog, &product("kinoko", 0, &[0, 2])).await;
    street.happen(Owner::Inventory, &stock("kinoko", &[1])).await;
    let session = street.database.session().await.unwrap();
    for damage in [
        "DELETE FROM read_orders WHERE order_id = 'ord_gone'",
        "UPDATE read_orders SET version = 2, status = 'pending' WHERE order_id = 'ord_behind'",
        "UPDATE read_orders SET user_id = 'usr_kai' WHERE order_id = 'ord_wrong'",
        "UPDATE read_orders SET status = 'who knows' WHERE order_id = 'ord_unreadable'",
        "UPDATE read_products SET price_minor = price_minor + 1",
        "UPDATE read_stock SET available = -7",
    ] {
        session.query("damage", damage, &[]).await.unwrap();
    }
    let rebuild = shop.over_rows(Arc::new(street.database.clone()));
    let orders =
        RebuildReport { aggregates: 5, right: 1, missing: 1, older: 1, different: 2, ..RebuildReport::default() };
    assert_eq!(shop.counted(&rebuild, Kind::Orders).await, orders);
    for kind in [Kind::Products, Kind::Stock] {
        assert_eq!(
            shop.counted(&rebuild, kind).await,
            RebuildReport { aggregates: 1, different: 1, ..RebuildReport::default() }
        );
    }
    for (kind, right) in [(Kind::Products, 1), (Kind::Stock, 1), (Kind::Orders, 5)] {
        let again = shop.counted(&rebuild, kind).await;
        assert_eq!(again, RebuildReport { aggregates: right, right, ..RebuildReport::default() });
    }
    let id = AggregateId::from(&product_id("kinoko"));
    let row = Rows::<ProductRow>::load(&session, std::slice::from_ref(&id)).await.unwrap().remove(&id);
    assert_eq!(row, Some(folded(&product("kinoko", 0, &[0, 2]))));

    // Neither readable nor within its events: only a person can tell what it was.
    let ahead = "UPDATE read_orders SET status = 'who knows', version = 9 WHERE order_id = 'ord_wrong'";
    session.query("damage", ahead, &[]).await.unwrap();
    let report = shop.counted(&rebuild, Kind::Orders).await;
    assert_eq!(report, RebuildReport { aggregates: 5, right: 4, failed: 1, ..RebuildReport::default() });
    assert!(shop.failed()["ord_wrong"].contains("can't be read"));
}

#[tokio::test]
async fn a_repair_never_takes_a_newer_row_back() {
    let street = Street::new("repaired_or_newer").await;
    let history = stock("kinoko", &[1, 2, 3]);
    street.happen(Owner::Inventory, &history).await;
    let session = street.database.session().await.unwrap();
    assert!(Rows::<StockRow>::repair(&session, &one(folded(&history[..3]))).await.unwrap().is_empty());
    let right = one(folded::<StockRow>(&history));
    assert_eq!(session.repair(&right).await.unwrap().len(), 1);
    let ids: Vec<_> = right.keys().cloned().collect();
    assert_eq!(Rows::<StockRow>::load(&session, &ids).await.unwrap(), right);
    assert_eq!(right.values().next().unwrap().version, Version::new(4));
}

#[tokio::test]
async fn a_missing_table_is_noticed() {
    let street = Street::new("tables_there").await;
    assert!(missing_tables(&street.database).await.unwrap().is_empty());
    let session = street.database.session().await.unwrap();
    session.query("drop", "DROP TABLE read_stock", &[]).await.unwrap();
    assert_eq!(missing_tables(&street.database).await.unwrap(), ["read_stock"]);
    assert_eq!(missing_tables(&empty_database("tables_not_there").await).await.unwrap().len(), 8);
}
