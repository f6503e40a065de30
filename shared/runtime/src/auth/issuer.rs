//! Makes tokens.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Header, encode};
use secrecy::SecretString;
use shotengai_kernel::Clock;

use super::keys::SigningKey;
use super::{Claims, KeyError, Subject};

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct IssueError(#[from] jsonwebtoken::errors::Error);

/// Signs access tokens; only storefront has one.
///
/// Of several keys the first signs. All are published: one that is to sign later has to be known before it does, and one
/// that has signed has to be known until its last token has expired.
pub struct TokenIssuer {
    key: SigningKey,
    others: Vec<Jwk>,
    header: Header,
    issuer: String,
    clock: Arc<dyn Clock>,
}

impl TokenIssuer {
    /// An issuer called `issuer` that signs with the first key of this PEM.
    ///
    /// # Errors
    /// [`KeyError`] when the PEM is no key of ours.
    pub fn new(pem: &SecretString, issuer: &str, clock: Arc<dyn Clock>) -> Result<Self, KeyError> {
        let mut keys = SigningKey::read_all(pem)?.into_iter();
        let key = keys.next().ok_or(KeyError::Unusable)?;
        let others = keys.map(|other| other.public).collect();
        let mut header = Header::new(key.algorithm);
        header.kid = Some(key.id.clone());
        Ok(Self { key, others, header, issuer: issuer.to_owned(), clock })
    }

    /// Whether the PEM would do.
    ///
    /// # Errors
    /// [`KeyError`] when it would not.
    pub fn check_key(pem: &SecretString) -> Result<(), KeyError> {
        SigningKey::read_all(pem).map(drop)
    }

    /// A token for `subject` that lives for `ttl` (whole seconds).
    ///
    /// # Errors
    /// [`IssueError`] when signing fails, which a good key never does.
    pub fn issue(&self, subject: &Subject, ttl: Duration) -> Result<String, IssueError> {
        self.sign(&self.claims(subject, ttl))
    }

    /// Claims of a token for `subject` that lives for `ttl` (whole seconds).
    #[must_use]
    pub fn claims(&self, subject: &Subject, ttl: Duration) -> Claims {
        let now = self.clock.now().as_second();
        Claims {
            iss: self.issuer.clone(),
            sub: subject.user_id.clone(),
            exp: now.saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX)),
            iat: now,
            role: subject.role,
            guest: subject.guest,
            name: subject.name.clone(),
        }
    }

    /// The token that says this.
    ///
    /// # Errors
    /// [`IssueError`] when signing fails, which a good key never does.
    pub fn sign(&self, claims: &Claims) -> Result<String, IssueError> {
        Ok(encode(&self.header, claims, &self.key.key)?)
    }

    /// The public keys, as `/.well-known/jwks.json` answers them.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        let keys = std::iter::once(&self.key.public).chain(&self.others);
        JwkSet { keys: keys.cloned().collect() }
    }
}
