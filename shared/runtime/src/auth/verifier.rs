//! Checks tokens.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use shotengai_kernel::Clock;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Claims;
use super::keys::algorithm_of;
use crate::http::Problem;

/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 5;
/// A key set younger than this is not asked for again, or made-up key ids would have us ask for ever.
const MIN_AGE: Duration = Duration::from_secs(30);
/// A key set older than this is asked for again, so that a key taken out of use is forgotten.
const MAX_AGE: Duration = Duration::from_secs(600);
/// After a failure, sooner.
const RETRY: Duration = Duration::from_secs(1);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a token gets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// It is forged, expired, another issuer's, or no token at all. Which, is nobody's business.
    #[error("the access token is not valid")]
    Invalid,
    /// The keys to check it with can't be had at the moment.
    #[error("access tokens can't be checked at the moment")]
    Unavailable,
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid => Self::unauthorized("the access token is not valid"),
            AuthError::Unavailable => Self::unavailable(1),
        }
    }
}

type Keys = HashMap<String, (DecodingKey, Algorithm)>;

/// Checks signature, algorithm, issuer and expiry of access tokens.
pub struct TokenVerifier {
    issuer: String,
    clock: Arc<dyn Clock>,
    keys: RwLock<Arc<Keys>>,
    remote: Option<Remote>,
}

struct Remote {
    url: String,
    http: reqwest::Client,
    /// When it may be asked again at the earliest, and when it should be at the latest.
    due: Mutex<Due>,
}

struct Due {
    earliest: Instant,
    latest: Instant,
}

impl TokenVerifier {
    /// Checks with these keys and no others.
    #[must_use]
    pub fn fixed(jwks: &JwkSet, issuer: &str, clock: Arc<dyn Clock>) -> Self {
        Self { issuer: issuer.to_owned(), clock, keys: RwLock::new(Arc::new(usable(jwks))), remote: None }
    }

    /// Checks with the keys found at `url`, asked for when first needed. Known keys go on working while it is away.
    #[must_use]
    pub fn remote(url: &str, issuer: &str, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        let now = Instant::now();
        let due = Mutex::new(Due { earliest: now, latest: now });
        let remote = Some(Remote { url: url.to_owned(), http, due });
        Self { issuer: issuer.to_owned(), clock, keys: RwLock::default(), remote }
    }

    /// What the token says, if it is good.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        let kid = decode_header(token).ok().and_then(|header| header.kid).ok_or(AuthError::Invalid)?;
        let (key, algorithm) = self.key(&kid).await?;
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Below, by the clock that everything else goes by.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| AuthError::Invalid)?.claims;
        if claims.exp.saturating_add(LEEWAY_SECONDS) <= self.clock.now().as_second() {
            return Err(AuthError::Invalid);
        }
        Ok(claims)
    }

    fn known(&self, kid: &str) -> Option<(DecodingKey, Algorithm)> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }

    async fn key(&self, kid: &str) -> Result<(DecodingKey, Algorithm), AuthError> {
        let known = self.known(kid);
        let Some(remote) = &self.remote else { return known.ok_or(AuthError::Invalid) };
        if let Some(key) = known {
            // Whoever holds the lock is asking already; nobody waits while the key at hand does.
            if let Ok(mut due) = remote.due.try_lock()
                && due.latest <= Instant::now()
            {
                let _still_good = self.refresh(remote, &mut due).await;
                return self.known(kid).ok_or(AuthError::Invalid);
            }
            return Ok(key);
        }
        let mut due = remote.due.lock().await;
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        if due.earliest <= Instant::now() {
            self.refresh(remote, &mut due).await?;
        } else if self.keys.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Err(AuthError::Unavailable);
        }
        self.known(kid).ok_or(AuthError::Invalid)
    }

    async fn refresh(&self, remote: &Remote, due: &mut Due) -> Result<(), AuthError> {
        let fetched = fetch(remote).await;
        let now = Instant::now();
        match fetched {
            Ok(jwks) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(usable(&jwks));
                *due = Due { earliest: now + MIN_AGE, latest: now + MAX_AGE };
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "the keys of access tokens can't be fetched; known ones stay in use");
                *due = Due { earliest: now + RETRY, latest: now + MIN_AGE };
                Err(AuthError::Unavailable)
            }
        }
    }
}

async fn fetch(remote: &Remote) -> Result<JwkSet, reqwest::Error> {
    let answer = remote.http.get(&remote.url).timeout(FETCH_TIMEOUT).send().await?;
    answer.error_for_status()?.json().await
}

fn usable(jwks: &JwkSet) -> Keys {
    let key = |jwk: &jsonwebtoken::jwk::Jwk| {
        Some((jwk.common.key_id.clone()?, (DecodingKey::from_jwk(jwk).ok()?, algorithm_of(jwk)?)))
    };
    jwks.keys.iter().filter_map(key).collect()
}
