//! Orders, and the role in a process of its own.

use std::sync::Arc;

use actix_web::test::TestRequest;
use serde_json::Value;
use shotengai::AddedRole;
use shotengai_contracts::events::{CancelReason, Event, OrderCancelled, OrderPaid, OrderStage};
use shotengai_contracts::{Envelope, Metadata};
use shotengai_kernel::{AggregateId, Currency, EventId, Money, OrderId, UserId, Version};
use shotengai_kit::{Installation, NextCall, RoleUnderTest, Sender};
use shotengai_loyalty::{Loyalty, QUEUE};
use shotengai_messaging::{Delivery, Disposition};
use uuid::Uuid;

/// The order `ord_<order>` of `usr_mei`, paid.
pub(crate) fn paid(order: u32, yen: i64) -> Event {
    let (order_id, user_id, total) = parts(order, yen);
    OrderPaid { order_id, user_id, items: Vec::new(), total }.into()
}

/// The same, cancelled.
pub(crate) fn cancelled(order: u32, yen: i64, cancelled_from: OrderStage) -> Event {
    let (order_id, user_id, total) = parts(order, yen);
    let reason = CancelReason::CustomerRequest;
    OrderCancelled {
        order_id,
        user_id,
        items: Vec::new(),
        total,
        reason,
        cancelled_from,
        note: None,
        refunds: Vec::new(),
        refunded_pieces: Vec::new(),
    }
    .into()
}

fn parts(order: u32, yen: i64) -> (OrderId, UserId, Money) {
    let order = OrderId::parse(&format!("ord_{order}")).unwrap();
    (order, UserId::parse("usr_mei").unwrap(), Money::from_minor(yen, Currency::JPY).unwrap())
}

/// Loyalty, in a process of its own.
pub(crate) struct Shop {
    pub(crate) role: RoleUnderTest,
    pub(crate) faults: Arc<NextCall>,
    installation: Installation,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let faults = Arc::new(NextCall::default());
        let installation = Installation::with_faults(1, Arc::clone(&faults) as _);
        let context = installation.context(|_| ());
        let role = RoleUnderTest::of(Loyalty::build(&context, &()).unwrap(), &context);
        Self { role, faults, installation }
    }

    /// Answers of the handler to a batch of these.
    pub(crate) async fn handle(&self, events: &[Event]) -> Vec<Disposition> {
        let batch: Vec<_> = events.iter().map(|event| self.delivery(event)).collect();
        self.role.handler(&QUEUE).handle(&batch).await
    }

    /// The same, where all of it is to be done with.
    pub(crate) async fn collect(&self, events: &[Event]) {
        assert_eq!(self.handle(events).await, vec![Disposition::Done; events.len()]);
    }

    pub(crate) async fn get(&self, sender: Sender<'_>) -> (u16, Value) {
        let answer = self.role.send(TestRequest::get().uri("/loyalty/points"), sender).await;
        (answer.status, answer.body)
    }

    /// Points of `usr_mei`.
    pub(crate) async fn points(&self) -> i64 {
        let (status, body) = self.get(Sender::Customer("mei")).await;
        assert_eq!(status, 200, "{body}");
        body["points"].as_i64().unwrap()
    }

    fn delivery(&self, event: &Event) -> Delivery {
        let (id, time) = (EventId::new(Uuid::nil()), self.installation.ports.clock.now());
        let subject = AggregateId::parse("ord_x").unwrap();
        let meta = Metadata::request(Uuid::nil(), None);
        Delivery::of(Envelope::wrap(id, time, subject, Version::new(1), &meta, event)).unwrap()
    }
}
