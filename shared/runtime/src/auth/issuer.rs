//! Signs access tokens.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use shotengai_kernel::Clock;

use super::{Claims, Subject};

/// Why a signing key can't be used. Says nothing of the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a private key in PEM, PKCS#8: Ed25519 or P-256")]
pub struct KeyError;

/// Signs with one key and publishes its public half.
pub struct TokenIssuer {
    issuer: String,
    algorithm: Algorithm,
    key: EncodingKey,
    key_id: String,
    public: Jwk,
    clock: Arc<dyn Clock>,
}

impl TokenIssuer {
    /// An issuer named `issuer` that signs with the key in this PEM.
    ///
    /// # Errors
    /// [`KeyError`] for anything but an Ed25519 or P-256 key.
    pub fn new(pem: &SecretString, issuer: impl Into<String>, clock: Arc<dyn Clock>) -> Result<Self, KeyError> {
        let (algorithm, key) = parse(pem)?;
        let mut public = Jwk::from_encoding_key(&key, algorithm).map_err(|_| KeyError)?;
        let key_id = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError)?;
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_operations = Some(vec![KeyOperations::Verify]);
        Ok(Self { issuer: issuer.into(), algorithm, key, key_id, public, clock })
    }

    /// Whether a PEM holds a key that can sign.
    ///
    /// # Errors
    /// [`KeyError`] if not.
    pub fn check_key(pem: &SecretString) -> Result<(), KeyError> {
        let (algorithm, key) = parse(pem)?;
        Jwk::from_encoding_key(&key, algorithm).map(|_| ()).map_err(|_| KeyError)
    }

    /// A token for `subject` that is good for `lifetime`.
    ///
    /// # Errors
    /// When the cryptography library fails, which a key that was accepted gives no reason for.
    pub fn issue(&self, subject: &Subject, lifetime: Duration) -> anyhow::Result<String> {
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: subject.user_id.clone(),
            role: subject.role,
            guest: subject.guest,
            iat: now,
            exp: now.saturating_add(i64::try_from(lifetime.as_secs())?),
        };
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.key_id.clone());
        Ok(encode(&header, &claims, &self.key)?)
    }

    /// The public keys, as `/.well-known/jwks.json` serves them.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.public.clone()] }
    }
}

fn parse(pem: &SecretString) -> Result<(Algorithm, EncodingKey), KeyError> {
    let bytes = pem.expose_secret().as_bytes();
    EncodingKey::from_ed_pem(bytes)
        .map(|key| (Algorithm::EdDSA, key))
        .or_else(|_| EncodingKey::from_ec_pem(bytes).map(|key| (Algorithm::ES256, key)))
        .map_err(|_| KeyError)
}
