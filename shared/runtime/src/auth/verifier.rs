//! Checks tokens.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Validation, decode, decode_header};
use shotengai_kernel::Clock;

use super::Claims;
use super::key_source::{KeyEndpoint, KeySource};
use super::keys::algorithms_of;
use crate::http::Problem;

/// How far the clocks of two machines may be apart, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;
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

/// Checks signature, algorithm, issuer and expiry of access tokens.
pub struct TokenVerifier {
    issuer: String,
    clock: Arc<dyn Clock>,
    keys: KeySource,
}

impl TokenVerifier {
    /// Checks with these keys and no others.
    #[must_use]
    pub fn fixed(jwks: &JwkSet, issuer: &str, clock: Arc<dyn Clock>) -> Self {
        Self { issuer: issuer.to_owned(), clock, keys: KeySource::fixed(jwks, algorithms_of) }
    }

    /// Checks with the keys found at `url`, asked for when first needed. Known keys go on working while it is away.
    #[must_use]
    pub fn remote(url: &str, issuer: &str, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        let endpoint = Published { url: url.to_owned(), http };
        Self { issuer: issuer.to_owned(), clock, keys: KeySource::published(Box::new(endpoint), algorithms_of) }
    }

    /// What the token says, if it is good.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        let kid = decode_header(token).ok().and_then(|header| header.kid);
        let kid = kid.filter(|kid| !kid.is_empty()).ok_or(AuthError::Invalid)?;
        let (key, algorithms) = self.keys.key(&kid).await?;
        let mut validation = Validation { algorithms, ..Validation::default() };
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
}

struct Published {
    url: String,
    http: reqwest::Client,
}

#[async_trait]
impl KeyEndpoint for Published {
    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        let answer = self.http.get(&self.url).timeout(FETCH_TIMEOUT).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}
