//! A till to test at.

use std::sync::Arc;

use futures::future::join_all;
use shotengai_billing::domain::Payment;
use shotengai_billing::provider::{Ledger, Operation};
use shotengai_billing::{BillingRole, BillingSettings};
use shotengai_contracts::events::{
    CancelReason, EarlierRefund, OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefundRequested, OrderStage,
};
use shotengai_contracts::payment::{IntentKey, PaymentIntent, PaymentToken};
use shotengai_contracts::topology::{Service, queues, tables};
use shotengai_contracts::{Envelope, Event, EventType, Metadata, Owner};
use shotengai_kernel::{AggregateId, Currency, EventId, Money, OrderId, PaymentId, Ports, RefundId, UserId, Version};
use shotengai_kit::{Installation, NextCall, RoleUnderTest, role};
use shotengai_messaging::{
    Aggregates, CommitWriter, Condition, Delivery, Disposition, EventStore, Handler, Infrastructure, Key, Outbox, Row,
    Table,
};
use uuid::Uuid;

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

    /// The row that order puts there before it places an order.
    pub(crate) async fn intend(&self, key: &IntentKey, token: PaymentToken) {
        let doc = serde_json::to_value(PaymentIntent { payment_token: token }).unwrap();
        let row = Row::new(Key::new(key.order_id.as_str(), key.fingerprint.as_str()), 1, doc);
        self.installation.infra.table(tables::PAYMENT_INTENTS.name).put(&row, Condition::Any).await.unwrap();
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

    pub(crate) async fn decline_reasons(&self) -> Vec<String> {
        let commits = self.store().load(&AggregateId::from(&payment_id()), Version::ZERO).await.unwrap();
        let events = commits.iter().flat_map(|commit| &commit.events).map(|envelope| envelope.event().unwrap());
        let reason = |event| if let Event::PaymentDeclined(declined) = event { Some(declined.reason) } else { None };
        events.filter_map(reason).collect()
    }

    /// Drops every intent, as their time to live does.
    pub(crate) async fn forget_intents(&self) {
        let table = self.installation.infra.memory_table(tables::PAYMENT_INTENTS.name);
        for row in table.all() {
            table.delete(&row.key, Condition::Any).await.unwrap();
        }
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

    /// Delivers these at once, each by a worker that begins some turns late, so that they meet in different places.
    pub(crate) async fn deliver_together(&self, deliveries: Vec<Delivery>) {
        join_all(deliveries.into_iter().map(|delivery| {
            let late = self.ports.random.below(12);
            async move {
                for _ in 0..late {
                    tokio::task::yield_now().await;
                }
                self.deliver(delivery).await;
            }
        }))
        .await;
    }

    pub(crate) fn delivery(&self, event: impl Into<Event>) -> Delivery {
        let id = self.ports.ids.uuid_v7();
        let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
        let subject = AggregateId::from(&order());
        let now = self.ports.clock.now();
        let envelope = Envelope::wrap(EventId::new(id), now, subject, Version::new(1), &meta, &event.into());
        // Just received, for the first time.
        Delivery { received_at: Some(now), ..Delivery::of(envelope).unwrap() }
    }

    /// The order as it comes, its intent put where billing looks for it.
    pub(crate) async fn placed_with(&self, token: &str) -> Delivery {
        let placed = placed(true);
        self.intend(&IntentKey::of(&placed), PaymentToken::parse(token).unwrap()).await;
        self.delivery(placed)
    }

    /// The order as it comes, paid without a token.
    pub(crate) fn placed(&self) -> Delivery {
        self.delivery(placed(false))
    }

    /// The order as it comes once its intent has expired.
    pub(crate) fn placed_long_ago(&self) -> Delivery {
        self.delivery(placed(true))
    }

    /// The order as it was written when events still held the token.
    pub(crate) fn placed_before(&self, token: Option<&str>) -> Delivery {
        let mut envelope = (*self.placed().envelope).clone();
        envelope.dataversion = 1;
        let data = envelope.data.as_object_mut().unwrap();
        data.remove("has_payment_token");
        data.extend(token.map(|token| ("payment_token".to_owned(), token.into())));
        Delivery::of(envelope).unwrap()
    }

    pub(crate) fn confirmed(&self) -> Delivery {
        self.delivery(OrderConfirmed { order_id: order(), user_id: user(), total: total() })
    }

    pub(crate) fn refund(&self, number: u128, amount: i64) -> Delivery {
        self.delivery(OrderRefundRequested {
            refund_id: refund_id(number),
            order_id: order(),
            user_id: user(),
            amount: yen(amount),
            lines: Vec::new(),
            reason: "broken".to_owned(),
            request_fingerprint: String::new(),
        })
    }

    pub(crate) fn cancelled(&self) -> Delivery {
        self.cancelled_after(&[])
    }

    /// The cancellation after these refunds were asked for.
    pub(crate) fn cancelled_after(&self, refunds: &[(u128, i64)]) -> Delivery {
        let earlier = |(number, amount): &(u128, i64)| EarlierRefund {
            refund_id: refund_id(*number),
            amount: yen(*amount),
            is_paid: false,
        };
        self.delivery(OrderCancelled {
            order_id: order(),
            user_id: user(),
            items: Vec::new(),
            total: total(),
            reason: CancelReason::CustomerRequest,
            cancelled_from: OrderStage::Confirmed,
            note: None,
            refunds: refunds.iter().map(earlier).collect(),
            refunded_pieces: Vec::new(),
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

pub(crate) fn placed(has_payment_token: bool) -> OrderPlaced {
    OrderPlaced {
        order_id: order(),
        user_id: user(),
        items: Vec::new(),
        total: total(),
        has_payment_token,
        request_fingerprint: "ab".repeat(32),
    }
}

fn user() -> UserId {
    UserId::parse("usr_1").unwrap()
}

pub(crate) fn total() -> Money {
    yen(400)
}

fn yen(amount: i64) -> Money {
    Money::from_minor(amount, Currency::JPY).unwrap()
}

pub(crate) fn refund_id(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(number))
}
