//! The built role.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::Value;
use shotengai_kit::{Installation, RoleUnderTest, Sender};
use shotengai_runtime::Context;
use shotengai_storefront::config::{DoorSettings, StorefrontSettings};

pub(crate) use shotengai_kit::INTERNAL_TOKEN;

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
    role: RoleUnderTest,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn context() -> Context {
    Installation::new(1).context(|_| ())
}

impl Door {
    pub(crate) async fn open(settings: StorefrontSettings) -> Self {
        let context = context();
        let role = shotengai_storefront::build(&context, &settings).await.unwrap();
        Self { role: RoleUnderTest::of(role, &context) }
    }

    async fn ask_as(&self, request: TestRequest, sender: Sender<'_>) -> Answer {
        let answer = self.role.send(request, sender).await;
        Answer { status: answer.status.try_into().unwrap(), headers: answer.headers, body: answer.body }
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        self.ask_as(request, Sender::Nobody).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(TestRequest::post().uri(path).set_json(body)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask_as(TestRequest::get().uri(path), Sender::Bearer(token)).await
    }
}
