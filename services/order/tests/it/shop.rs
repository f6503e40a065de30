//! The whole role behind its HTTP routes, without a socket.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use serde_json::Value;
use shotengai_contracts::events::{
    PaymentAuthorized, PaymentCaptured, Presentation, ProductCreated, ProductPriceChanged, StockReserved,
};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Event, Owner};
use shotengai_kernel::{AggregateId, Names, OrderId, PaymentId, UserId, Version};
use shotengai_kit::{Installation, RoleUnderTest, Sender};
use shotengai_messaging::{Delivery, Disposition, Infrastructure, OUTBOX_SHARDS};
use shotengai_order::OrderSettings;

use crate::support::{delivery, product_id, yen};

pub(crate) use shotengai_kit::{Answer, INTERNAL_TOKEN as TOKEN};

/// Nobody listens on port 1.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:1";

pub(crate) struct Shop {
    role: RoleUnderTest,
    installation: Installation,
}

impl Shop {
    /// A shop that sells きのこの山 for ¥200 as `prod_kinoko` and has catalog at this address. One customer may order as
    /// much as many.
    pub(crate) async fn open(catalog_url: &str) -> Self {
        Self::with(catalog_url, OrderSettings { order_max_pending: 0, ..OrderSettings::default() }).await
    }

    /// The same with these settings.
    pub(crate) async fn with(catalog_url: &str, settings: OrderSettings) -> Self {
        let installation = Installation::new(1);
        let context = installation.context(|settings| settings.neighbours.catalog_url = catalog_url.to_owned());
        let role = shotengai_order::assemble(context.deps(Service::ORDER), &settings).role;
        let shop = Self { role: RoleUnderTest::of(role, &context), installation };
        let (name, description) = ("きのこの山".to_owned(), String::new());
        let created = ProductCreated {
            product_id: product_id("kinoko"),
            name,
            names: Names::default(),
            description,
            presentation: Presentation::default(),
            price: yen(200),
            stock: 9,
        };
        shop.tell(&[delivery(1, "prod_kinoko", 1, created)]).await;
        shop
    }

    /// Catalog tells of another price, the first time.
    pub(crate) async fn reprice(&self, price: i64) {
        let product_id = product_id("kinoko");
        let changed = ProductPriceChanged { product_id, price: yen(price), source_sequence: None };
        self.tell(&[delivery(5, "prod_kinoko", 2, changed)]).await;
    }

    async fn tell(&self, batch: &[Delivery]) {
        assert_eq!(self.role.handler(&queues::ORDER).handle(batch).await, vec![Disposition::Done; batch.len()]);
    }

    /// What inventory and billing tell of an order that goes well.
    pub(crate) async fn pay(&self, order: &str) {
        let order = OrderId::parse(order).unwrap();
        let payment = PaymentId::of_order(&order);
        let (order_id, payment_id, amount) = (order.clone(), payment.clone(), yen(400));
        let provider_reference = "1".to_owned();
        let reserved: Event = StockReserved { order_id, lines: Vec::new() }.into();
        let (order_id, reference) = (order.clone(), provider_reference.clone());
        let authorized = PaymentAuthorized { payment_id, order_id, amount, provider_reference: reference };
        let (order_id, payment_id) = (order.clone(), payment.clone());
        let captured = PaymentCaptured { payment_id, order_id, amount, provider_reference };
        let batch = [
            delivery(2, &format!("reservation/{order}"), 1, reserved),
            delivery(3, payment.as_str(), 1, authorized),
            delivery(4, payment.as_str(), 3, captured),
        ];
        self.tell(&batch).await;
    }

    /// Sends a request as this person; as nobody without a name.
    pub(crate) async fn send(&self, request: TestRequest, user: Option<&str>) -> Answer {
        let sender = match user {
            None => Sender::Nobody,
            Some("admin") => Sender::Admin,
            Some(name) => Sender::Customer(name),
        };
        self.role.send(request, sender).await
    }

    /// The statuses that bodies of POST /orders get, without a key.
    pub(crate) async fn statuses(&self, bodies: impl Iterator<Item = Vec<u8>>) -> Vec<(u16, Value)> {
        self.statuses_at("/orders", Sender::Customer("1"), bodies).await
    }

    /// The statuses that bodies posted to `path` get.
    pub(crate) async fn statuses_at(
        &self,
        path: &str,
        sender: Sender<'_>,
        bodies: impl Iterator<Item = Vec<u8>>,
    ) -> Vec<(u16, Value)> {
        let post = |body: Vec<u8>| {
            TestRequest::post().uri(path).insert_header((CONTENT_TYPE, "application/json")).set_payload(body)
        };
        let answers = self.role.send_all(bodies.map(post), sender).await;
        answers.into_iter().map(|answer| (answer.status, answer.body)).collect()
    }

    /// How many orders were written.
    pub(crate) async fn written(&self) -> usize {
        let store = self.installation.infra.event_store(Owner::Order);
        let mut count = 0;
        for shard in 0..OUTBOX_SHARDS {
            count += store.scan(shard, None, 1000).await.unwrap().0.len();
        }
        count
    }

    /// Whether the order that `user` and `key` make was written.
    pub(crate) async fn wrote(&self, user: &str, key: &str) -> bool {
        let user = UserId::parse(&format!("usr_{user}")).unwrap();
        let id = AggregateId::from(&shotengai_order::orders::idempotency::order_id(&user, key));
        !self.installation.infra.event_store(Owner::Order).load(&id, Version::ZERO).await.unwrap().is_empty()
    }
}
