//! Checks access tokens of another issuer.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use shotengai_kernel::Clock;
use shotengai_runtime::auth::{AuthError, KeyEndpoint, KeySource, LEEWAY_SECONDS};

use super::identity::{self, Identity};
use super::keys;
use crate::config::OidcSettings;

/// Checks signature, algorithm, issuer, audience and times.
pub struct Verifier {
    settings: OidcSettings,
    keys: KeySource,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Verifier {
    /// Checks tokens of that issuer with the keys published at `endpoint`.
    #[must_use]
    pub fn new(settings: OidcSettings, endpoint: Box<dyn KeyEndpoint>, clock: Arc<dyn Clock>) -> Self {
        Self { settings, keys: KeySource::published(endpoint, keys::accepted), clock }
    }

    /// Whose token it is; none where it doesn't claim to be of this issuer.
    pub async fn verify(&self, token: &str) -> Option<Result<Identity, AuthError>> {
        self.is_claimed(token).then_some(())?;
        Some(self.check(token).await)
    }

    /// Unchecked: it only chooses by whose keys to check.
    fn is_claimed(&self, token: &str) -> bool {
        let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claimed = payload.and_then(|payload| serde_json::from_slice::<Claimed>(&payload).ok());
        claimed.is_some_and(|claimed| claimed.iss == self.settings.issuer)
    }

    async fn check(&self, token: &str) -> Result<Identity, AuthError> {
        let kid = decode_header(token).map_err(|_| AuthError::Invalid)?.kid.unwrap_or_default();
        let (key, algorithms) = self.keys.key(&kid).await?;
        let mut validation = Validation { algorithms, ..Validation::default() };
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Below, by the clock that everything else goes by.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = decode::<Map<String, Value>>(token, &key, &validation).map_err(|_| AuthError::Invalid)?.claims;
        let OidcSettings { role_claim, admin_role, .. } = &self.settings;
        let identity = identity::read(&claims, role_claim, admin_role.as_deref()).ok_or(AuthError::Invalid)?;
        let now = self.clock.now().as_second();
        let early = identity::seconds(&claims, "nbf").is_some_and(|from| now.saturating_add(LEEWAY_SECONDS) < from);
        if early || identity.expires.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(AuthError::Invalid);
        }
        Ok(identity)
    }
}
