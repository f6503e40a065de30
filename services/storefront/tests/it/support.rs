//! The built role.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::Value;
use shotengai_gateway::DoorSettings;
use shotengai_kit::{Installation, RoleUnderTest, Sender, signing_key};
use shotengai_storefront::config::{AdministratorSettings, Password, StorefrontSettings};
use shotengai_storefront::domain::Email;
use shotengai_storefront::web::Places;

pub(crate) use shotengai_kit::INTERNAL_TOKEN;

/// The hash of "swordfish". Cheap on purpose: what a hash costs is its own business, and tests are run unoptimised.
fn swordfish() -> String {
    let cheap = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    argon2.hash_password_with_salt(b"swordfish", b"some fixed salt.").unwrap().to_string()
}

/// Settings of an installation without an administrator.
pub(crate) fn nobody() -> StorefrontSettings {
    StorefrontSettings {
        signing_key: signing_key().clone(),
        administrator: None,
        oidc: None,
        door: DoorSettings::default(),
        places: Places::default(),
    }
}

/// Settings with an administrator whose password is "swordfish".
pub(crate) fn boss() -> StorefrontSettings {
    administered(Password::Hash(swordfish().into()))
}

/// Settings with an administrator of this password.
pub(crate) fn administered(password: Password) -> StorefrontSettings {
    let email = Email::parse("boss@example.com").unwrap();
    StorefrontSettings { administrator: Some(AdministratorSettings { email, password }), ..nobody() }
}

pub(crate) struct Door {
    pub(crate) installation: Arc<Installation>,
    role: RoleUnderTest,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Door {
    pub(crate) async fn open(settings: StorefrontSettings) -> Self {
        Self::over(Arc::new(Installation::new(1)), settings).await
    }

    /// Another process of the same installation.
    pub(crate) async fn beside(&self, settings: StorefrontSettings) -> Self {
        Self::over(Arc::clone(&self.installation), settings).await
    }

    /// A process of this installation.
    pub(crate) async fn over(installation: Arc<Installation>, settings: StorefrontSettings) -> Self {
        let context = installation.context(|_| ());
        let role = shotengai_storefront::build(&context, &settings).await.unwrap();
        Self { role: RoleUnderTest::of(role, &context), installation }
    }

    /// A process whose gate is there, too.
    pub(crate) async fn gated(installation: Arc<Installation>, settings: StorefrontSettings) -> Self {
        let context = installation.context(|_| ());
        let role = shotengai_storefront::build(&context, &settings).await.unwrap();
        Self { role: RoleUnderTest::of(role, &context).gated(&context), installation }
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

    pub(crate) async fn ask_by(&self, request: TestRequest, token: &str) -> Answer {
        self.ask_as(request, Sender::Bearer(token)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask_as(TestRequest::get().uri(path), Sender::Bearer(token)).await
    }
}
