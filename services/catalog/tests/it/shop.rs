//! The whole role without a socket.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use secrecy::SecretString;
use serde_json::Value;
use shotengai_catalog::CatalogSettings;
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, ManualClock, Ports, UserId, Version};
use shotengai_messaging::memory::MemoryInfrastructure;
use shotengai_messaging::{Infrastructure, OUTBOX_SHARDS};
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::{Context, Role, Settings, Subject, TokenIssuer, TokenVerifier};

const TOKEN: &str = "internal-token-of-tests";

pub(crate) struct Shop {
    role: Role,
    state: web::Data<HttpState>,
    issuer: TokenIssuer,
    infra: Arc<MemoryInfrastructure>,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sender {
    Nobody,
    Customer,
    Admin,
    Service,
}

/// An answer: status, headers, body as JSON (null where there is none).
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock));
        let token = SecretString::from(TOKEN);
        let pem = generate_signing_key().unwrap();
        let issuer = TokenIssuer::new(&pem, "shotengai", Arc::clone(&clock) as _).unwrap();
        let tokens = TokenVerifier::fixed(&issuer.jwks(), "shotengai", clock);
        let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
        let settings = Arc::new(Settings::local(token.clone()));
        let context = Context::new(settings, ports.clone(), Arc::clone(&infra) as _).unwrap().with_tokens(tokens);
        let role = shotengai_catalog::build(&context, CatalogSettings::default()).await.unwrap();
        let state = web::Data::new(HttpState::new(ports, Arc::clone(&context.tokens), &token));
        Self { role, state, issuer, infra }
    }

    pub(crate) async fn send(&self, request: TestRequest, sender: Sender) -> Answer {
        let request = match self.token(sender) {
            Some(token) => request.insert_header((AUTHORIZATION, format!("Bearer {token}"))),
            None => request,
        };
        let service = init_service(app(self.state.clone(), std::slice::from_ref(&self.role.routes))).await;
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    /// The statuses that bodies of POST /products get, without a key. One service answers all: opening one is what costs.
    pub(crate) async fn statuses(&self, bodies: impl Iterator<Item = Vec<u8>>) -> Vec<(u16, Value)> {
        let service = init_service(app(self.state.clone(), std::slice::from_ref(&self.role.routes))).await;
        let token = format!("Bearer {}", self.token(Sender::Admin).unwrap());
        let mut answers = Vec::new();
        for body in bodies {
            let request = TestRequest::post().uri("/products").insert_header((AUTHORIZATION, token.as_str()));
            let request = request.insert_header((CONTENT_TYPE, "application/json")).set_payload(body);
            let response = call_service(&service, request.to_request()).await;
            let status = response.status().as_u16();
            answers.push((status, serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null)));
        }
        answers
    }

    /// How many commits there are.
    pub(crate) async fn written(&self) -> usize {
        let store = self.infra.event_store(Owner::Catalog);
        let mut count = 0;
        for shard in 0..OUTBOX_SHARDS {
            count += store.scan(shard, None, 1000).await.unwrap().0.len();
        }
        count
    }

    fn token(&self, sender: Sender) -> Option<String> {
        let user_id = UserId::parse("usr_1").unwrap();
        let subject = match sender {
            Sender::Nobody => return None,
            Sender::Service => return Some(TOKEN.to_owned()),
            Sender::Customer => Subject::customer(user_id),
            Sender::Admin => Subject::administrator(user_id),
        };
        self.issuer.issue(&subject, Duration::from_secs(60)).ok()
    }

    pub(crate) async fn event_types(&self, product: &str) -> Vec<String> {
        let id = AggregateId::parse(product).unwrap();
        let commits = self.infra.event_store(Owner::Catalog).load(&id, Version::ZERO).await.unwrap();
        commits.into_iter().flat_map(|commit| commit.events).map(|event| event.event_type).collect()
    }
}
