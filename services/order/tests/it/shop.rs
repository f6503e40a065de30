//! The whole role behind its HTTP routes, without a socket.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use secrecy::SecretString;
use serde_json::Value;
use shotengai_contracts::events::{PaymentAuthorized, PaymentCaptured, ProductCreated, StockReserved};
use shotengai_contracts::topology::{queues, tables};
use shotengai_contracts::{Event, Owner};
use shotengai_kernel::{AggregateId, ManualClock, Names, OrderId, PaymentId, Ports, UserId, Version};
use shotengai_messaging::memory::MemoryInfrastructure;
use shotengai_messaging::{CommitWriter, Delivery, Disposition, Handler, Infrastructure, OUTBOX_SHARDS, Outbox};
use shotengai_order::OrderSettings;
use shotengai_order::aggregate::Orders;
use shotengai_order::consumers::OrderEvents;
use shotengai_order::deadline::Reminders;
use shotengai_order::prices::Prices;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::{Context, Role, Settings, Subject, TokenIssuer, TokenVerifier};

use crate::support::{FakeCatalog, delivery, product_id, yen};

pub(crate) const TOKEN: &str = "internal-token-of-tests";
/// Nobody listens on port 1.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:1";

pub(crate) struct Shop {
    role: Role,
    state: web::Data<HttpState>,
    issuer: TokenIssuer,
    handler: OrderEvents,
    infra: Arc<MemoryInfrastructure>,
}

/// An answer: status, headers, body as JSON (null where there is none).
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Shop {
    /// A shop that sells きのこの山 for ¥200 as `prod_kinoko` and has catalog at this address.
    pub(crate) async fn open(catalog_url: &str) -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock));
        let token = SecretString::from(TOKEN);
        let pem = generate_signing_key().unwrap();
        let issuer = TokenIssuer::new(&pem, "shotengai", Arc::clone(&clock) as _).unwrap();
        let tokens = TokenVerifier::fixed(&issuer.jwks(), "shotengai", Arc::clone(&clock) as _);
        let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
        let mut settings = Settings::local(token.clone());
        settings.catalog_url = catalog_url.to_owned();
        let context = Context::new(Arc::new(settings), ports.clone(), Arc::clone(&infra) as _).unwrap();
        let context = context.with_tokens(tokens);
        let role = shotengai_order::build(&context, OrderSettings::default()).await.unwrap();
        let state = web::Data::new(HttpState::new(ports.clone(), Arc::clone(&context.tokens), &token));
        let prices = Prices::new(infra.table(tables::ORDER_PRICES.name), Arc::new(FakeCatalog::default()));
        let writer = CommitWriter::new(infra.event_store(Owner::Order), Outbox::disabled(), ports);
        let reminders =
            Reminders::new(infra.queue(queues::ORDER_DEADLINE.name), Arc::clone(&clock) as _, Duration::from_secs(900));
        let handler = OrderEvents::new(Orders::new(writer), prices, reminders);
        let shop = Self { role, state, issuer, handler, infra };
        let (name, description) = ("きのこの山".to_owned(), String::new());
        let created = ProductCreated {
            product_id: product_id("kinoko"),
            name,
            names: Names::default(),
            description,
            price: yen(200),
            stock: 9,
        };
        shop.tell(&[delivery(1, "prod_kinoko", 1, created)]).await;
        shop
    }

    async fn tell(&self, batch: &[Delivery]) {
        assert_eq!(self.handler.handle(batch).await, vec![Disposition::Done; batch.len()]);
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
        let request = match user {
            Some(name) => request.insert_header((AUTHORIZATION, format!("Bearer {}", self.token(name)))),
            None => request,
        };
        let service = init_service(app(self.state.clone(), std::slice::from_ref(&self.role.routes))).await;
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    /// The statuses that bodies of POST /orders get, without a key. One service answers all: opening one is what costs.
    pub(crate) async fn statuses(&self, bodies: impl Iterator<Item = Vec<u8>>) -> Vec<(u16, Value)> {
        let service = init_service(app(self.state.clone(), std::slice::from_ref(&self.role.routes))).await;
        let token = format!("Bearer {}", self.token("1"));
        let mut answers = Vec::new();
        for body in bodies {
            let request = TestRequest::post().uri("/orders").insert_header((AUTHORIZATION, token.as_str()));
            let request = request.insert_header((CONTENT_TYPE, "application/json")).set_payload(body);
            let response = call_service(&service, request.to_request()).await;
            let status = response.status().as_u16();
            answers.push((status, serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null)));
        }
        answers
    }

    /// How many orders were written.
    pub(crate) async fn written(&self) -> usize {
        let store = self.infra.event_store(Owner::Order);
        let mut count = 0;
        for shard in 0..OUTBOX_SHARDS {
            count += store.scan(shard, None, 1000).await.unwrap().0.len();
        }
        count
    }

    fn token(&self, name: &str) -> String {
        let user_id = UserId::parse(&format!("usr_{name}")).unwrap();
        let subject = if name == "admin" { Subject::administrator(user_id) } else { Subject::customer(user_id) };
        self.issuer.issue(&subject, Duration::from_secs(60)).unwrap()
    }

    /// Whether the order that `user` and `key` make was written.
    pub(crate) async fn wrote(&self, user: &str, key: &str) -> bool {
        let user = UserId::parse(&format!("usr_{user}")).unwrap();
        let id = AggregateId::from(&shotengai_order::idempotency::order_id(&user, key));
        !self.infra.event_store(Owner::Order).load(&id, Version::ZERO).await.unwrap().is_empty()
    }
}
