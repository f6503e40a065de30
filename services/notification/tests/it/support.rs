//! Orders, fakes and a harness for the handler.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::events::{
    CancelReason, Event, OrderCancelled, OrderItem, OrderPaid, OrderPlaced, OrderShipped,
};
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, Metadata};
use shotengai_kernel::{
    AggregateId, Currency, EventId, ManualClock, Money, Names, OrderId, Ports, ProductId, Quantity, TextRule, UserId,
    Version,
};
use shotengai_messaging::memory::{FaultInjector, MemoryTable, NoFaults};
use shotengai_messaging::{Delivery, Disposition, Fault, FaultKind, Handler, Key, Table};
use shotengai_notification::claims::Claims;
use shotengai_notification::consumers::NotificationHandler;
use shotengai_notification::contacts::Contacts;
use shotengai_notification::domain::contact::{Address, Contact, Language};
use shotengai_notification::domain::mail::{Cancellation, Charge, MailKind, OrderMail};
use shotengai_notification::mailer::{Mailer, OutgoingMail, SendError};
use shotengai_notification::render::Templates;
use shotengai_notification::send_order_mail::{SendOrderMail, Slots};
use shotengai_runtime::OrderLinks;

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

fn yen(amount: i64) -> Money {
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
        cancellation: (kind == MailKind::Cancelled)
            .then_some(Cancellation { reason: CancelReason::OutOfStock, charge: Charge::None }),
    }
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
            let (payment_token, request_fingerprint) = (None, "f".to_owned());
            OrderPlaced { order_id, user_id, items, total, payment_token, request_fingerprint }.into()
        }
        MailKind::Receipt => OrderPaid { order_id, user_id, items, total }.into(),
        MailKind::Shipped => OrderShipped { order_id, user_id, items, total }.into(),
        MailKind::Cancelled => {
            let (reason, cancelled_from, note) = (CancelReason::OutOfStock, OrderStage::Pending, None);
            OrderCancelled { order_id, user_id, items, total, reason, cancelled_from, note }.into()
        }
    }
}

/// Contacts from a map; away while told to be.
#[derive(Default)]
pub(crate) struct FakeContacts {
    pub(crate) known: Mutex<BTreeMap<UserId, Contact>>,
    pub(crate) away: Mutex<bool>,
}

#[async_trait]
impl Contacts for FakeContacts {
    async fn contact(&self, user: &UserId) -> Result<Option<Contact>, Fault> {
        if *self.away.lock().unwrap() {
            return Err(Fault::new(FaultKind::Transient, "storefront.contact", "away"));
        }
        Ok(self.known.lock().unwrap().get(user).cloned())
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
            Mood::RefusesTheAddress => Err(SendError::Refused { code: Some(550) }),
            Mood::IsAway | Mood::LosesTheAnswer => Err(Fault::new(FaultKind::Transient, "smtp.send", "away").into()),
        }
    }

    async fn ping(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// A handler over fakes, with a clock of its own. The user `usr_1` is known and Japanese.
pub(crate) struct Harness {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) table: Arc<dyn Table>,
    pub(crate) contacts: Arc<FakeContacts>,
    pub(crate) mailer: Arc<FakeMailer>,
    ports: Ports,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self::with_faults(Arc::new(NoFaults))
    }

    /// The same, over a table of claims that goes wrong in this way.
    pub(crate) fn with_faults(faults: Arc<dyn FaultInjector>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(7, Arc::clone(&clock));
        let table: Arc<dyn Table> =
            Arc::new(MemoryTable::with_faults(tables::NOTIFICATION_CLAIMS.name, ports.clone(), faults));
        let harness = Self { clock, table, contacts: Arc::default(), mailer: Arc::default(), ports };
        harness.know(Some("hana@example.jp"));
        harness
    }

    pub(crate) fn know(&self, email: Option<&str>) {
        let contact = Contact { email: email.map(Address::new), language: Language::Ja, name: None };
        self.contacts.known.lock().unwrap().insert(user_id(), contact);
    }

    /// A process of its own: its handler shares only the table with others.
    pub(crate) fn handler(&self, mailer: Arc<dyn Mailer>) -> NotificationHandler {
        NotificationHandler::new(SendOrderMail {
            claims: Claims::new(Arc::clone(&self.table), self.ports.clone()),
            contacts: Arc::clone(&self.contacts) as Arc<dyn Contacts>,
            templates: Arc::new(templates()),
            mailer,
            domain: "shotengai".into(),
            ports: self.ports.clone(),
            slots: Slots::default(),
        })
    }

    pub(crate) fn delivery(&self, event: &Event) -> Delivery {
        let id = self.ports.ids.uuid_v7();
        let meta = Metadata::request(id, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()));
        let subject = AggregateId::from(&order_id());
        let envelope = Envelope::wrap(EventId::new(id), self.ports.clock.now(), subject, Version::new(1), &meta, event);
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
        let row = self.table.get(&Key::new("ord_1", kind.as_str())).await.unwrap();
        row.map(|row| row.doc).unwrap_or_default()
    }
}
