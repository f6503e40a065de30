//! A till to test at.

use std::sync::Arc;

use shotengai_billing::domain::Payment;
use shotengai_billing::provider::{Ledger, Operation};
use shotengai_billing::{BillingRole, BillingSettings};
use shotengai_contracts::events::{CancelReason, OrderCancelled, OrderConfirmed, OrderPlaced, OrderStage};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Envelope, Event, EventType, Metadata, Owner};
use shotengai_kernel::{AggregateId, Currency, EventId, Money, OrderId, PaymentId, Ports, UserId, Version};
use shotengai_kit::{Installation, NextCall, RoleUnderTest, role};
use shotengai_messaging::{
    Aggregates, CommitWriter, Delivery, Disposition, EventStore, Handler, Infrastructure, Outbox,
};

pub(crate) struct Till {
    pub(crate) ports: Ports,
    pub(crate) faults: Arc<NextCall>,
    pub(crate) ledger: Ledger,
    pub(crate) role: RoleUnderTest,
    installation: Installation,
}

impl Till {
    pub(crate) fn new(seed: u64) -> Self {
        let faults = Arc::new(NextCall::default());
        let installation = Installation::with_faults(seed, Arc::clone(&faults) as _);
        let BillingRole { ledger, role } = process(&installation);
        let role = RoleUnderTest::new(role, &installation.ports);
        Self { ports: installation.ports.clone(), faults, ledger, role, installation }
    }

    /// The handler of a process of its own.
    pub(crate) fn handler(&self) -> Arc<dyn Handler> {
        role::handler(&process(&self.installation).role, &queues::BILLING)
    }

    fn store(&self) -> Arc<dyn EventStore> {
        self.installation.infra.event_store(Owner::Billing)
    }

    pub(crate) async fn payment(&self) -> Payment {
        self.payment_of(&payment_id()).await
    }

    pub(crate) async fn payment_of(&self, payment: &PaymentId) -> Payment {
        let payments =
            Aggregates::<Payment>::new(CommitWriter::new(self.store(), Outbox::disabled(), self.ports.clone()));
        payments.load(&AggregateId::from(payment)).await.unwrap().state
    }

    pub(crate) async fn events(&self) -> Vec<EventType> {
        let commits = self.store().load(&AggregateId::from(&payment_id()), Version::ZERO).await.unwrap();
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

fn process(installation: &Installation) -> BillingRole {
    shotengai_billing::assemble(installation.deps(Service::BILLING), &BillingSettings::default())
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
