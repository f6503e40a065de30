//! A shop to test in.

use std::sync::Arc;

use shotengai_contracts::aggregates;
use shotengai_contracts::events::{
    CancelReason, OrderCancelled, OrderItem, OrderPlaced, OrderRefunded, OrderShipped, OrderStage, Presentation,
    ProductCreated, RefundLine,
};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Envelope, Event, Metadata, Owner};
use shotengai_inventory::domain::{Reservation, Stock};
use shotengai_inventory::{InventoryRole, InventorySettings};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, Ports, ProductId, Quantity, RefundId, UserId, Version,
};
use shotengai_kit::{Installation, NextCall, RoleUnderTest, role};
use shotengai_messaging::{Aggregates, CommitWriter, Delivery, EventStore, Handler, Infrastructure, Outbox};
use uuid::Uuid;

pub(crate) struct Shop {
    pub(crate) ports: Ports,
    pub(crate) faults: Arc<NextCall>,
    installation: Installation,
}

impl Shop {
    pub(crate) fn new(seed: u64) -> Self {
        let faults = Arc::new(NextCall::default());
        let installation = Installation::with_faults(seed, Arc::clone(&faults) as _);
        Self { ports: installation.ports.clone(), faults, installation }
    }

    /// A process of its own.
    fn process(&self) -> InventoryRole {
        shotengai_inventory::assemble(self.installation.deps(Service::INVENTORY), &InventorySettings::default())
    }

    pub(crate) fn handler(&self) -> Arc<dyn Handler> {
        role::handler(&self.process().role, &queues::INVENTORY)
    }

    pub(crate) fn role(&self) -> RoleUnderTest {
        RoleUnderTest::new(self.process().role, &self.ports)
    }

    fn writer(&self) -> CommitWriter {
        CommitWriter::new(self.store(), Outbox::disabled(), self.ports.clone())
    }

    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        self.installation.infra.event_store(Owner::Inventory)
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
        let commits = self.store().load(id, Version::ZERO).await.unwrap();
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
            presentation: Presentation::default(),
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
            has_payment_token: false,
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
            refunds: Vec::new(),
            refunded_pieces: Vec::new(),
        })
    }
}

impl Shop {
    pub(crate) fn shipped(&self, order: &OrderId, pieces: u32) -> Delivery {
        let (order_id, items) = (order.clone(), items(pieces));
        self.delivery(OrderShipped { order_id, user_id: user(), items, total: price() })
    }

    /// So many pieces were refunded and are sold again, and so many were not.
    pub(crate) fn refunded(&self, order: &OrderId, refund: u128, restocked: u32, lost: u32) -> Delivery {
        let line = |pieces, restock| {
            let quantity = Quantity::new(pieces).ok()?;
            Some(RefundLine { product_id: product(), quantity, restock })
        };
        self.delivery(OrderRefunded {
            refund_id: RefundId::new(Uuid::from_u128(refund)),
            order_id: order.clone(),
            user_id: user(),
            items: items(restocked + lost),
            total: price(),
            amount: price(),
            refunded: price(),
            lines: [line(restocked, true), line(lost, false)].into_iter().flatten().collect(),
            reason: "broken".to_owned(),
            refunded_from: OrderStage::Shipped,
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
