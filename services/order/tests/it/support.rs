//! Order over adapters in memory, and a catalog that tests can fill and take away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::{queues, tables};
use shotengai_contracts::{Envelope, Event, Metadata, Owner};
use shotengai_kernel::{
    AggregateId, Currency, EventId, ManualClock, Money, Names, OrderId, Ports, ProductId, Quantity, Timestamp, UserId,
    Version,
};
use shotengai_messaging::memory::{FaultInjector, MemoryConfig, MemoryInfrastructure, NoFaults};
use shotengai_messaging::{CommitWriter, Delivery, Fault, FaultKind, Infrastructure, Outbox};
use shotengai_order::aggregate::Orders;
use shotengai_order::catalog_client::Catalog;
use shotengai_order::consumers::OrderEvents;
use shotengai_order::deadline::{Deadlines, Reminders};
use shotengai_order::domain::{Lines, Offer, Order};
use shotengai_order::place::{PlaceOrder, Placing};
use shotengai_order::prices::{Listed, Prices};
use uuid::Uuid;

/// Order with everything behind it.
pub(crate) struct World {
    pub(crate) catalog: Arc<FakeCatalog>,
    pub(crate) orders: Orders,
    pub(crate) prices: Prices,
    pub(crate) placing: Placing,
    pub(crate) reminders: Reminders,
    pub(crate) handler: OrderEvents,
    pub(crate) deadlines: Arc<Deadlines>,
    pub(crate) infra: MemoryInfrastructure,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Ports::seeded(1, Arc::new(ManualClock::default())), Duration::from_secs(900), Arc::new(NoFaults))
    }

    pub(crate) fn over(ports: Ports, patience: Duration, faults: Arc<dyn FaultInjector>) -> Self {
        let infra = MemoryInfrastructure::with(ports.clone(), MemoryConfig { faults, ..MemoryConfig::default() });
        let catalog = Arc::new(FakeCatalog::default());
        let store = infra.event_store(Owner::Order);
        let orders = Orders::new(CommitWriter::new(store, Outbox::disabled(), ports.clone()));
        let prices = Prices::new(infra.table(tables::ORDER_PRICES.name), Arc::clone(&catalog) as Arc<dyn Catalog>);
        let placing = Placing::new(orders.clone(), prices.clone(), Arc::clone(&ports.ids));
        let reminders = Reminders::new(infra.queue(queues::ORDER_DEADLINE.name), Arc::clone(&ports.clock), patience);
        let deadlines = Arc::new(Deadlines::new(orders.clone(), reminders.clone()));
        let handler = OrderEvents::new(orders.clone(), prices.clone(), reminders.clone());
        Self { catalog, orders, prices, placing, reminders, handler, deadlines, infra }
    }

    pub(crate) async fn order(&self, id: &OrderId) -> Order {
        self.orders.load(&AggregateId::from(id)).await.unwrap().state
    }

    pub(crate) async fn event_types(&self, id: &OrderId) -> Vec<String> {
        let commits = self.orders.writer().store().load(&AggregateId::from(id), Version::ZERO).await.unwrap();
        commits.into_iter().flat_map(|commit| commit.events).map(|event| event.event_type).collect()
    }

    pub(crate) async fn commits(&self, id: &OrderId) -> Vec<shotengai_messaging::Commit> {
        self.orders.writer().store().load(&AggregateId::from(id), Version::ZERO).await.unwrap()
    }
}

/// A catalog in memory.
#[derive(Default)]
pub(crate) struct FakeCatalog {
    products: Mutex<BTreeMap<ProductId, Listed>>,
    asked: AtomicUsize,
    away: AtomicBool,
}

impl FakeCatalog {
    pub(crate) fn set(&self, product: &str, version: u64, offer: Option<(&str, i64)>) {
        let offer =
            offer.map(|(name, minor)| Offer { name: name.to_owned(), names: Names::default(), price: yen(minor) });
        let listed = Listed { version: Version::new(version), offer };
        self.products.lock().unwrap().insert(product_id(product), listed);
    }

    pub(crate) fn go_away(&self) {
        self.away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Catalog for FakeCatalog {
    async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(Fault::new(FaultKind::Transient, "catalog.GetProduct", "away"));
        }
        Ok(self.products.lock().unwrap().get(product).cloned())
    }
}

pub(crate) fn yen(minor: i64) -> Money {
    Money::from_minor(minor, Currency::JPY).unwrap()
}

pub(crate) fn product_id(name: &str) -> ProductId {
    ProductId::parse(&format!("prod_{name}")).unwrap()
}

pub(crate) fn wish(key: Option<&str>, body: &str, lines: &[(&str, u32)]) -> PlaceOrder {
    let lines = lines.iter().map(|(name, count)| (product_id(name), Quantity::new(*count).unwrap()));
    PlaceOrder {
        user_id: UserId::parse("usr_1").unwrap(),
        key: key.map(str::to_owned),
        fingerprint: body.to_owned(),
        lines: Lines::merge(lines).unwrap(),
        payment_token: None,
    }
}

pub(crate) fn request() -> Metadata {
    Metadata::request(Uuid::from_u128(7), None)
}

/// A delivery of `event`, the `version`th of `subject`, whose id is `number`.
pub(crate) fn delivery(number: u128, subject: &str, version: u64, event: impl Into<Event>) -> Delivery {
    let envelope = Envelope::wrap(
        EventId::new(Uuid::from_u128(number)),
        Timestamp::UNIX_EPOCH,
        AggregateId::parse(subject).unwrap(),
        Version::new(version),
        &request(),
        &event.into(),
    );
    Delivery::of(envelope).unwrap()
}
