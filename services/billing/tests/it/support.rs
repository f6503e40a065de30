//! A till to test at.

use std::sync::{Arc, Mutex};

use shotengai_billing::consumers::OrderEvents;
use shotengai_billing::domain::Payment;
use shotengai_billing::provider::{Ledger, Operation};
use shotengai_billing::settle::Payments;
use shotengai_contracts::events::{CancelReason, OrderCancelled, OrderConfirmed, OrderPlaced, OrderStage};
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, Event, EventType, Metadata, Owner};
use shotengai_kernel::{
    AggregateId, Currency, EventId, ManualClock, Money, OrderId, PaymentId, Ports, UserId, Version,
};
use shotengai_messaging::aggregate::CommitWriter;
use shotengai_messaging::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};
use shotengai_messaging::{Aggregates, Delivery, Disposition, EventStore, Handler, Infrastructure, Outbox};

/// Breaks the next call of one operation.
#[derive(Default)]
pub(crate) struct NextCall(Mutex<Option<(&'static str, InjectedFault)>>);

impl NextCall {
    pub(crate) fn breaks(&self, operation: &'static str, fault: InjectedFault) {
        *self.0.lock().unwrap() = Some((operation, fault));
    }
}

impl FaultInjector for NextCall {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let mut next = self.0.lock().unwrap();
        if next.as_ref().is_some_and(|(of, _)| *of == operation) { next.take().map(|(_, fault)| fault) } else { None }
    }
}

pub(crate) struct Till {
    pub(crate) ports: Ports,
    pub(crate) faults: Arc<NextCall>,
    pub(crate) ledger: Ledger,
    store: Arc<dyn EventStore>,
}

impl Till {
    pub(crate) fn new(seed: u64) -> Self {
        let ports = Ports::seeded(seed, Arc::new(ManualClock::default()));
        let faults = Arc::new(NextCall::default());
        let config = MemoryConfig { faults: Arc::clone(&faults) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
        let infra = MemoryInfrastructure::with(ports.clone(), config);
        let (store, ledger) =
            (infra.event_store(Owner::Billing), Ledger::new(infra.table(tables::BILLING_LEDGER.name)));
        Self { ports, faults, ledger, store }
    }

    /// One process of the role.
    pub(crate) fn handler(&self) -> OrderEvents {
        OrderEvents::new(Arc::new(Payments::new(Aggregates::new(self.writer()), Arc::new(self.ledger.clone()))))
    }

    fn writer(&self) -> CommitWriter {
        CommitWriter::new(Arc::clone(&self.store), Outbox::disabled(), self.ports.clone())
    }

    pub(crate) async fn payment(&self) -> Payment {
        self.payment_of(&payment_id()).await
    }

    pub(crate) async fn payment_of(&self, payment: &PaymentId) -> Payment {
        let payments = Aggregates::<Payment>::new(self.writer());
        payments.load(&AggregateId::from(payment)).await.unwrap().state
    }

    pub(crate) async fn events(&self) -> Vec<EventType> {
        let commits = self.store.load(&AggregateId::from(&payment_id()), Version::ZERO).await.unwrap();
        commits.iter().flat_map(|commit| &commit.events).map(|envelope| envelope.known_type().unwrap()).collect()
    }

    pub(crate) async fn operations(&self) -> Vec<Operation> {
        self.ledger.entries(&payment_id()).await.unwrap().into_iter().map(|entry| entry.operation).collect()
    }

    /// Delivers until it is done, as a queue does.
    pub(crate) async fn deliver(&self, delivery: Delivery) {
        let handler = self.handler();
        for _ in 0..100 {
            if handler.handle(std::slice::from_ref(&delivery)).await == [Disposition::Done] {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("never done");
    }

    pub(crate) fn delivery(&self, event: impl Into<Event>) -> Delivery {
        let id = self.ports.ids.uuid_v7();
        let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
        let subject = AggregateId::from(&order());
        let now = self.ports.clock.now();
        Delivery::of(Envelope::wrap(EventId::new(id), now, subject, Version::new(1), &meta, &event.into())).unwrap()
    }

    pub(crate) fn placed(&self, token: Option<&str>) -> Delivery {
        self.delivery(OrderPlaced {
            order_id: order(),
            user_id: user(),
            items: Vec::new(),
            total: total(),
            payment_token: token.map(str::to_owned),
            request_fingerprint: String::new(),
        })
    }

    pub(crate) fn confirmed(&self) -> Delivery {
        self.delivery(OrderConfirmed { order_id: order(), user_id: user(), total: total() })
    }

    pub(crate) fn cancelled(&self) -> Delivery {
        self.delivery(OrderCancelled {
            order_id: order(),
            user_id: user(),
            items: Vec::new(),
            total: total(),
            reason: CancelReason::CustomerRequest,
            cancelled_from: OrderStage::Confirmed,
            note: None,
        })
    }
}

pub(crate) fn order() -> OrderId {
    OrderId::parse("ord_1").unwrap()
}

pub(crate) fn payment_id() -> PaymentId {
    PaymentId::of_order(&order())
}

fn user() -> UserId {
    UserId::parse("usr_1").unwrap()
}

pub(crate) fn total() -> Money {
    Money::from_minor(400, Currency::JPY).unwrap()
}
