//! A shop to test in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shotengai_contracts::aggregates;
use shotengai_contracts::events::{CancelReason, OrderCancelled, OrderItem, OrderPlaced, OrderStage, ProductCreated};
use shotengai_contracts::{Envelope, Event, Metadata, Owner};
use shotengai_inventory::consumers::StockEvents;
use shotengai_inventory::desk::Desk;
use shotengai_inventory::domain::{Reservation, Stock};
use shotengai_kernel::{
    AggregateId, Currency, EventId, ManualClock, Money, Names, OrderId, Ports, ProductId, Quantity, UserId, Version,
};
use shotengai_messaging::aggregate::CommitWriter;
use shotengai_messaging::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};
use shotengai_messaging::{Aggregates, Delivery, EventStore, Infrastructure, Outbox};

/// Loses the answer of the next append when told to.
#[derive(Default)]
pub(crate) struct LossyStore(AtomicBool);

impl LossyStore {
    pub(crate) fn lose_next_append(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl FaultInjector for LossyStore {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let lose = operation == "store.append" && self.0.swap(false, Ordering::SeqCst);
        lose.then_some(InjectedFault::LoseAnswer)
    }
}

pub(crate) struct Shop {
    pub(crate) ports: Ports,
    pub(crate) faults: Arc<LossyStore>,
    store: Arc<dyn EventStore>,
}

impl Shop {
    pub(crate) fn new(seed: u64) -> Self {
        let ports = Ports::seeded(seed, Arc::new(ManualClock::default()));
        let faults = Arc::new(LossyStore::default());
        let config = MemoryConfig { faults: Arc::clone(&faults) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
        let infra = MemoryInfrastructure::with(ports.clone(), config);
        let store = infra.event_store(Owner::Inventory);
        Self { ports, faults, store }
    }

    /// One process of the role.
    pub(crate) fn desk(&self) -> Arc<Desk> {
        Arc::new(Desk::new(self.writer()))
    }

    pub(crate) fn handler(&self) -> StockEvents {
        StockEvents::new(self.desk())
    }

    fn writer(&self) -> CommitWriter {
        CommitWriter::new(Arc::clone(&self.store), Outbox::disabled(), self.ports.clone())
    }

    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    pub(crate) async fn stock(&self) -> Stock {
        self.stock_of(&product()).await
    }

    pub(crate) async fn stock_of(&self, product: &ProductId) -> Stock {
        let stocks = Aggregates::<Stock>::new(self.writer());
        stocks.load(&aggregates::stock(product)).await.unwrap().state
    }

    pub(crate) async fn reservation(&self, order: &OrderId) -> Reservation {
        let reservations = Aggregates::<Reservation>::new(self.writer());
        reservations.load(&aggregates::reservation(order)).await.unwrap().state
    }

    pub(crate) async fn envelopes(&self, id: &AggregateId) -> Vec<Envelope> {
        let commits = self.store.load(id, Version::ZERO).await.unwrap();
        commits.into_iter().flat_map(|commit| commit.events).collect()
    }

    pub(crate) fn delivery(&self, event: impl Into<Event>) -> Delivery {
        let id = self.ports.ids.uuid_v7();
        let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
        let subject = AggregateId::parse("ord_any").unwrap();
        let now = self.ports.clock.now();
        Delivery::of(Envelope::wrap(EventId::new(id), now, subject, Version::new(1), &meta, &event.into())).unwrap()
    }

    pub(crate) fn created(&self, stock: u32) -> Delivery {
        let (name, description) = ("きのこの山".to_owned(), String::new());
        self.delivery(ProductCreated {
            product_id: product(),
            name,
            names: Names::default(),
            description,
            price: price(),
            stock,
        })
    }

    pub(crate) fn placed(&self, order: &OrderId, pieces: u32) -> Delivery {
        self.delivery(OrderPlaced {
            order_id: order.clone(),
            user_id: user(),
            items: items(pieces),
            total: price(),
            payment_token: None,
            request_fingerprint: String::new(),
        })
    }

    pub(crate) fn cancelled(&self, order: &OrderId, pieces: u32) -> Delivery {
        self.delivery(OrderCancelled {
            order_id: order.clone(),
            user_id: user(),
            items: items(pieces),
            total: price(),
            reason: CancelReason::CustomerRequest,
            cancelled_from: OrderStage::Pending,
            note: None,
        })
    }
}

pub(crate) fn product() -> ProductId {
    ProductId::parse("prod_kinoko").unwrap()
}

pub(crate) fn order(n: usize) -> OrderId {
    OrderId::parse(&format!("ord_{n}")).unwrap()
}

fn user() -> UserId {
    UserId::parse("usr_1").unwrap()
}

fn price() -> Money {
    Money::from_minor(200, Currency::JPY).unwrap()
}

fn items(pieces: u32) -> Vec<OrderItem> {
    let quantity = Quantity::new(pieces).unwrap();
    vec![OrderItem {
        product_id: product(),
        name: "きのこの山".to_owned(),
        names: Names::default(),
        quantity,
        price: price(),
    }]
}
