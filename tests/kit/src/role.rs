//! One role, asked without a socket.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use secrecy::SecretString;
use serde_json::Value;
use shotengai_contracts::topology::QueueSpec;
use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::{Consumer, Handler};
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::{Context, Role, Subject, TokenIssuer, TokenVerifier};

use crate::installation::{INTERNAL_TOKEN, ISSUER, signing_key};

const TOKENS_LIVE: Duration = Duration::from_secs(60);

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub enum Sender<'a> {
    /// Somebody without a token.
    Nobody,
    /// The customer `usr_<name>`.
    Customer(&'a str),
    /// An administrator.
    Admin,
    /// Another of our services.
    Service,
    /// Whoever has this access token.
    Bearer(&'a str),
}

/// An answer: status, headers, body as JSON (null where there is none).
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Value,
}

/// A role behind its routes.
pub struct RoleUnderTest {
    /// The role.
    pub role: Role,
    state: web::Data<HttpState>,
    issuer: TokenIssuer,
}

impl RoleUnderTest {
    /// The role, in a process with this clock.
    #[must_use]
    pub fn new(role: Role, ports: &Ports) -> Self {
        let issuer = issuer(&generate_signing_key().unwrap(), ports);
        let tokens = TokenVerifier::fixed(&issuer.jwks(), ISSUER, Arc::clone(&ports.clock));
        Self::with(role, ports, Arc::new(tokens), issuer)
    }

    /// The role in this process, which knows its own key.
    #[must_use]
    pub fn of(role: Role, context: &Context) -> Self {
        let issuer = issuer(signing_key(), &context.ports);
        Self::with(role, &context.ports, Arc::clone(&context.tokens), issuer)
    }

    fn with(role: Role, ports: &Ports, tokens: Arc<TokenVerifier>, issuer: TokenIssuer) -> Self {
        let state = HttpState::new(ports.clone(), tokens, &SecretString::from(INTERNAL_TOKEN));
        Self { role, state: web::Data::new(state), issuer }
    }

    /// The same, but behind the gate that the role brings along.
    #[must_use]
    pub fn gated(self, context: &Context) -> Self {
        let state =
            HttpState::new(context.ports.clone(), Arc::clone(&context.tokens), &SecretString::from(INTERNAL_TOKEN));
        let gates = self.role.gate.iter().cloned().collect();
        Self { state: web::Data::new(state.with_gates(gates)), ..self }
    }

    /// What reacts to the messages of a queue.
    ///
    /// # Panics
    /// When the role doesn't consume it.
    #[must_use]
    pub fn handler(&self, queue: &QueueSpec) -> Arc<dyn Handler> {
        handler(&self.role, queue)
    }

    /// Sends a request.
    pub async fn send(&self, request: TestRequest, sender: Sender<'_>) -> Answer {
        self.send_all([request], sender).await.remove(0)
    }

    /// Sends requests, one after the other. One service answers all: opening one is what costs.
    pub async fn send_all(&self, requests: impl IntoIterator<Item = TestRequest>, sender: Sender<'_>) -> Vec<Answer> {
        let service = init_service(app(self.state.clone(), std::slice::from_ref(&self.role.routes))).await;
        let token = self.token(sender).map(|token| format!("Bearer {token}"));
        let mut answers = Vec::new();
        for request in requests {
            let request = match &token {
                Some(token) => request.insert_header((AUTHORIZATION, token.as_str())),
                None => request,
            };
            let response = call_service(&service, request.to_request()).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
            answers.push(Answer { status, headers, body });
        }
        answers
    }

    fn token(&self, sender: Sender<'_>) -> Option<String> {
        let user = |name| UserId::parse(&format!("usr_{name}")).unwrap();
        let subject = match sender {
            Sender::Nobody => return None,
            Sender::Service => return Some(INTERNAL_TOKEN.to_owned()),
            Sender::Bearer(token) => return Some(token.to_owned()),
            Sender::Customer(name) => Subject::customer(user(name)),
            Sender::Admin => Subject::administrator(user("admin")),
        };
        Some(self.issuer.issue(&subject, TOKENS_LIVE).unwrap())
    }
}

fn issuer(key: &SecretString, ports: &Ports) -> TokenIssuer {
    TokenIssuer::new(key, ISSUER, Arc::clone(&ports.clock)).unwrap()
}

/// What reacts to the messages of a queue.
///
/// # Panics
/// When the role doesn't consume it, or takes other events than the topic sends.
#[must_use]
pub fn handler(role: &Role, queue: &QueueSpec) -> Arc<dyn Handler> {
    role.check_subscriptions().unwrap();
    Arc::clone(&role.consumed(queue).unwrap_or_else(|| panic!("{} consumes no {}", role.name, queue.name)).handler)
}

/// What feeds the handler of a queue.
///
/// # Panics
/// When the role doesn't consume it.
#[must_use]
pub fn consumer(role: &Role, queue: &QueueSpec) -> Arc<Consumer> {
    Arc::clone(&role.consumed(queue).unwrap_or_else(|| panic!("{} consumes no {}", role.name, queue.name)).consumer)
}
