//! The built role.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::Value;
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::memory::MemoryInfrastructure;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::{Context, Role, Settings, TokenIssuer, TokenVerifier};
use shotengai_storefront::config::{DoorSettings, StorefrontSettings};

pub(crate) const INTERNAL_TOKEN: &str = "an internal token";

/// The hash of "swordfish". Cheap on purpose: what a hash costs is its own business, and tests are run unoptimised.
pub(crate) fn swordfish() -> String {
    let cheap = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    argon2.hash_password_with_salt(b"swordfish", b"some fixed salt.").unwrap().to_string()
}

/// Settings of an installation without an administrator.
pub(crate) fn nobody() -> StorefrontSettings {
    StorefrontSettings {
        admin_email: None,
        admin_password: None,
        admin_password_hash: None,
        developers_street: false,
        door: DoorSettings::default(),
    }
}

/// Settings with an administrator whose password is "swordfish".
pub(crate) fn boss() -> StorefrontSettings {
    StorefrontSettings {
        admin_email: Some("boss@example.com".into()),
        admin_password: None,
        admin_password_hash: Some(swordfish().into()),
        developers_street: false,
        door: DoorSettings::default(),
    }
}

pub(crate) struct Door {
    role: Role,
    state: web::Data<HttpState>,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn context() -> Context {
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let key = generate_signing_key().unwrap();
    let issuer = TokenIssuer::new(&key, "shotengai", Arc::clone(&ports.clock)).unwrap();
    let mut settings = Settings::local(INTERNAL_TOKEN.into());
    settings.jwt_signing_key = Some(key);
    let verifier = TokenVerifier::fixed(&issuer.jwks(), "shotengai", Arc::clone(&ports.clock));
    let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
    Context::new(Arc::new(settings), ports, infra).unwrap().with_tokens(verifier)
}

impl Door {
    pub(crate) async fn open(settings: StorefrontSettings) -> Self {
        let context = context();
        let role = shotengai_storefront::build(&context, settings).await.unwrap();
        let state = HttpState::new(context.ports, context.tokens, &INTERNAL_TOKEN.into());
        Self { role, state: web::Data::new(state) }
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        let app = init_service(app(self.state.clone(), &[Arc::clone(&self.role.routes)])).await;
        let response: ServiceResponse<_> = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response.map_into_boxed_body()).await.try_into_bytes().unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap() }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(TestRequest::post().uri(path).set_json(body)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(TestRequest::get().uri(path).insert_header(("authorization", format!("Bearer {token}")))).await
    }
}
