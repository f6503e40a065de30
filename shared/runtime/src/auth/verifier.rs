//! Checks access tokens.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use shotengai_kernel::Clock;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Claims;
use crate::http::Problem;

/// How often keys are fetched at the most, however many tokens name keys we don't know.
const REFRESH_EVERY: Duration = Duration::from_secs(10);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// How far two machines' clocks may be apart, in seconds.
const LEEWAY: i64 = 30;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: malformed, another's signature, another issuer.
    #[error("the access token is not valid")]
    Invalid,
    /// It was good once.
    #[error("the access token has expired")]
    Expired,
    /// No key was ever fetched, so nothing can be said of the token.
    #[error("access tokens can't be checked at the moment")]
    NoKeys,
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid | TokenError::Expired => Self::unauthorized(error.to_string()),
            TokenError::NoKeys => Self::unavailable(2),
        }
    }
}

type Keys = BTreeMap<String, (Algorithm, DecodingKey)>;

struct Remote {
    url: String,
    http: reqwest::Client,
    last_fetch: Mutex<Option<Instant>>,
}

/// Checks signature, issuer and expiry. Only EdDSA and ES256 are accepted, each with a key of its kind.
pub struct TokenVerifier {
    issuer: String,
    clock: Arc<dyn Clock>,
    keys: RwLock<Arc<Keys>>,
    remote: Option<Remote>,
}

impl TokenVerifier {
    /// A verifier with these keys and no others.
    #[must_use]
    pub fn fixed(jwks: &JwkSet, issuer: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { issuer: issuer.into(), clock, keys: RwLock::new(Arc::new(usable(jwks))), remote: None }
    }

    /// A verifier that fetches its keys from `url`, again when a token names one that it doesn't know. Keys it has stay
    /// good while the endpoint is away.
    #[must_use]
    pub fn remote(
        url: impl Into<String>,
        http: reqwest::Client,
        issuer: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let remote = Remote { url: url.into(), http, last_fetch: Mutex::new(None) };
        Self { issuer: issuer.into(), clock, keys: RwLock::default(), remote: Some(remote) }
    }

    /// What a token says, if it is good.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key_id = header.kid.ok_or(TokenError::Invalid)?;
        let (algorithm, key) = self.key(&key_id).await?;
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        // Expiry is judged by our own clock port below.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| TokenError::Invalid)?.claims;
        if self.clock.now().as_second() >= claims.exp.saturating_add(LEEWAY) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    async fn key(&self, id: &str) -> Result<(Algorithm, DecodingKey), TokenError> {
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        self.refresh().await;
        match self.known(id) {
            Some(key) => Ok(key),
            None if self.keys().is_empty() => Err(TokenError::NoKeys),
            None => Err(TokenError::Invalid),
        }
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn known(&self, id: &str) -> Option<(Algorithm, DecodingKey)> {
        self.keys().get(id).cloned()
    }

    async fn refresh(&self) {
        let Some(remote) = &self.remote else { return };
        // One fetch at a time; those who waited find its result.
        let mut last_fetch = remote.last_fetch.lock().await;
        if !self.keys().is_empty() && last_fetch.is_some_and(|at| at.elapsed() < REFRESH_EVERY) {
            return;
        }
        *last_fetch = Some(Instant::now());
        match fetch(remote).await {
            Ok(jwks) => *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(usable(&jwks)),
            Err(error) => tracing::warn!(%error, url = remote.url, "the keys of access tokens can't be fetched"),
        }
    }
}

async fn fetch(remote: &Remote) -> Result<JwkSet, reqwest::Error> {
    let answer = remote.http.get(&remote.url).timeout(FETCH_TIMEOUT).send().await?;
    answer.error_for_status()?.json().await
}

fn usable(jwks: &JwkSet) -> Keys {
    jwks.keys
        .iter()
        .filter_map(|jwk| {
            let algorithm = match &jwk.algorithm {
                AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
                AlgorithmParameters::EllipticCurve(pair) if pair.curve == EllipticCurve::P256 => Algorithm::ES256,
                _ => return None,
            };
            Some((jwk.common.key_id.clone()?, (algorithm, DecodingKey::from_jwk(jwk).ok()?)))
        })
        .collect()
}
