//! Orders, fakes and a harness for the handler.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::events::{
    CancelReason, Event, OrderCancelled, OrderItem, OrderPaid, OrderPlaced, OrderRefunded, OrderShipped,
};
use shotengai_contracts::topology::{Service, queues, tables};
use shotengai_contracts::{Envelope, Metadata};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, ProductId, Quantity, RefundId, TextRule, UserId, Version,
};
use shotengai_kit::{Installation, role};
use shotengai_messaging::{Delivery, Disposition, Fault, FaultKind, Handler, Infrastructure, Key, Table};
use shotengai_notification::domain::mail::{Cancellation, Charge, MailKind, OrderMail, Refund};
use shotengai_notification::{Mailer, Mailing, OutgoingMail, SendError, Templates};
use shotengai_runtime::{OrderLinks, Pseudonyms};
use shotengai_testing::memory::{FaultInjector, NoFaults};
use uuid::Uuid;

/// How many mails an address gets a day.
pub(crate) const MAILS: u16 = 40;

/// Mails that leave by this mailer, so many a day to an address.
pub(crate) fn mailing(mailer: Arc<dyn Mailer>) -> Mailing {
    let pseudonyms = Pseudonyms::new(&"an internal token".into());
    Mailing {
        mailer,
        templates: Arc::new(templates()),
        domain: "shotengai".into(),
        pseudonyms,
        mails_per_address: MAILS,
    }
}

/// Templates of a street whose links are the same in every run.
pub(crate) fn templates() -> Templates {
    Templates::new("https://street.example", OrderLinks::new(&"an internal token".into())).unwrap()
}

pub(crate) fn product(id: &str, name: &str, price: i64, quantity: u32) -> OrderItem {
    OrderItem {
        product_id: ProductId::parse(id).unwrap(),
        name: name.to_owned(),
        names: Names::default(),
        quantity: Quantity::new(quantity).unwrap(),
        price: yen(price),
    }
}

pub(crate) fn yen(amount: i64) -> Money {
    Money::from_minor(amount, Currency::JPY).unwrap()
}

fn items() -> Vec<OrderItem> {
    // The second has no English name: its own is shown.
    let kinoko = OrderItem { names: english("Kinoko no Yama"), ..product("prod_kinoko", "きのこの山", 200, 6) };
    vec![kinoko, product("prod_takenoko", "たけのこの里", 220, 1)]
}

fn english(name: &str) -> Names {
    Names::parse(&BTreeMap::from([("en".to_owned(), name.to_owned())]), TextRule::line(1, 50)).unwrap()
}

pub(crate) fn mail(kind: MailKind) -> OrderMail {
    OrderMail {
        kind,
        order_id: order_id(),
        user_id: user_id(),
        items: items(),
        total: yen(1_420),
        cancellation: (kind == MailKind::Cancelled).then_some(Cancellation {
            reason: CancelReason::OutOfStock,
            charge: Charge::None,
            earlier: None,
        }),
        refund: (kind == MailKind::Refunded).then(|| refund(1, 400, 400)),
    }
}

pub(crate) fn refund(number: u128, amount: i64, refunded: i64) -> Refund {
    let (amount, refunded) = (yen(amount), yen(refunded));
    let refund_id = RefundId::new(Uuid::from_u128(number));
    Refund { refund_id, amount, refunded, reason: "two pieces were broken".to_owned() }
}

/// The event that tells of the refund of this number.
pub(crate) fn refunded(number: u128, amount: i64, refunded: i64) -> Event {
    let Refund { refund_id, amount, refunded, reason } = refund(number, amount, refunded);
    let (order_id, user_id, items, total) = (order_id(), user_id(), items(), yen(1_420));
    let (lines, refunded_from) = (Vec::new(), OrderStage::Shipped);
    OrderRefunded { refund_id, order_id, user_id, items, total, amount, refunded, lines, reason, refunded_from }.into()
}

fn order_id() -> OrderId {
    OrderId::parse("ord_1").unwrap()
}

fn user_id() -> UserId {
    UserId::parse("usr_1").unwrap()
}

/// The event that asks for this kind of mail about the order `ord_1`.
pub(crate) fn event(kind: MailKind) -> Event {
    let (order_id, user_id, items, total) = (order_id(), user_id(), items(), yen(1_420));
    match kind {
        MailKind::Received => {
            let (has_payment_token, request_fingerprint) = (false, "f".to_owned());
            OrderPlaced { order_id, user_id, items, total, has_payment_token, request_fingerprint }.into()
        }
        MailKind::Receipt => OrderPaid { order_id, user_id, items, total }.into(),
        MailKind::Shipped => OrderShipped { order_id, user_id, items, total }.into(),
        MailKind::Cancelled => {
            let (reason, cancelled_from, note) = (CancelReason::OutOfStock, OrderStage::Pending, None);
            let (refunds, refunded_pieces) = (Vec::new(), Vec::new());
            OrderCancelled { order_id, user_id, items, total, reason, cancelled_from, note, refunds, refunded_pieces }
                .into()
        }
        MailKind::Refunded => refunded(1, 400, 400),
    }
}

/// What a fake mailer does with the next mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Takes,
    RefusesTheAddress,
    IsAway,
    /// Takes the mail, but its answer is lost.
    LosesTheAnswer,
}

#[derive(Default)]
pub(crate) struct FakeMailer {
    pub(crate) sent: Mutex<Vec<OutgoingMail>>,
    pub(crate) mood: Mutex<Mood>,
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let mood = *self.mood.lock().unwrap();
        if matches!(mood, Mood::Takes | Mood::LosesTheAnswer) {
            self.sent.lock().unwrap().push(mail.clone());
        }
        // Others get a turn between a mail and its record, as they would with a network.
        tokio::task::yield_now().await;
        match mood {
            Mood::Takes => Ok(()),
            Mood::RefusesTheAddress => Err(SendError::Refused { why: "rcpt was answered with 550 5.1.1".to_owned() }),
            Mood::IsAway | Mood::LosesTheAnswer => Err(Fault::new(FaultKind::Transient, "smtp.send", "away").into()),
        }
    }

    async fn ping(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// An installation, and processes that send mails in it. The user `usr_1` is known and Japanese.
pub(crate) struct Harness {
    pub(crate) table: Arc<dyn Table>,
    pub(crate) mailer: Arc<FakeMailer>,
    pub(crate) installation: Installation,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self::with_faults(Arc::new(NoFaults))
    }

    /// The same, over a table of claims that goes wrong in this way.
    pub(crate) fn with_faults(faults: Arc<dyn FaultInjector>) -> Self {
        let installation = Installation::with_faults(7, faults);
        let table = installation.infra.table(tables::NOTIFICATION_CLAIMS.name);
        let harness = Self { table, mailer: Arc::default(), installation };
        harness.know(Some("hana@example.jp"));
        harness
    }

    pub(crate) fn know(&self, email: Option<&str>) {
        self.know_as("usr_1", email);
    }

    /// This person has this address.
    pub(crate) fn know_as(&self, user: &str, email: Option<&str>) {
        let contact = json!({ "email": email, "language": "ja", "name": null });
        self.installation.neighbours.answers(Service::STOREFRONT, format!("/internal/contacts/{user}"), 200, &contact);
    }

    /// Handles the placement of this order of this person.
    pub(crate) async fn handle_order(&self, order: &str, user: &str) -> Disposition {
        let Event::OrderPlaced(placed) = event(MailKind::Received) else { panic!("it is a placement") };
        let (order_id, user_id) = (OrderId::parse(order).unwrap(), UserId::parse(user).unwrap());
        let handler = self.handler(Arc::clone(&self.mailer) as Arc<dyn Mailer>);
        handler.handle(&[self.delivery(&OrderPlaced { order_id, user_id, ..placed }.into())]).await.remove(0)
    }

    pub(crate) async fn claim_of(&self, order: &str, kind: MailKind) -> serde_json::Value {
        let row = self.table.get(&Key::new(order, mail(kind).which())).await.unwrap();
        row.map(|row| row.doc).unwrap_or_default()
    }

    /// Nobody is known any more.
    pub(crate) fn forget(&self) {
        let problem = json!({ "type": "/problems/no-such-account", "status": 404 });
        self.installation.neighbours.answers(Service::STOREFRONT, "/internal/contacts/usr_1", 404, &problem);
    }

    /// A process of its own: its handler shares only the table with others.
    pub(crate) fn handler(&self, mailer: Arc<dyn Mailer>) -> Arc<dyn Handler> {
        let deps = self.installation.deps(Service::NOTIFICATION);
        role::handler(&shotengai_notification::assemble(deps, mailing(mailer)), &queues::NOTIFICATION)
    }

    pub(crate) fn delivery(&self, event: &Event) -> Delivery {
        let ports = &self.installation.ports;
        let id = ports.ids.uuid_v7();
        let meta = Metadata::request(id, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()));
        let subject = AggregateId::from(&order_id());
        let envelope = Envelope::wrap(EventId::new(id), ports.clock.now(), subject, Version::new(1), &meta, event);
        Delivery::of(envelope).unwrap()
    }

    /// Handles one event of this kind with the fake mailer.
    pub(crate) async fn handle(&self, kind: MailKind) -> Disposition {
        let handler = self.handler(Arc::clone(&self.mailer) as Arc<dyn Mailer>);
        let mut dispositions = handler.handle(&[self.delivery(&event(kind))]).await;
        assert_eq!(dispositions.len(), 1);
        dispositions.remove(0)
    }

    pub(crate) fn sent(&self) -> usize {
        self.mailer.sent.lock().unwrap().len()
    }

    pub(crate) async fn claim(&self, kind: MailKind) -> serde_json::Value {
        self.claim_of("ord_1", kind).await
    }
}
