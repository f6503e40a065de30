//! Key pairs.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use secrecy::{ExposeSecret, SecretString};

/// Why a text is no signing key. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither Ed25519 nor P-256, or not a PEM of PKCS#8.
    #[error("must be a private key in PEM (PKCS#8), Ed25519 or P-256")]
    Unusable,
    /// No key could be made.
    #[error("the cryptographic library made no key")]
    NotGenerated,
}

/// A new Ed25519 key, as the PEM that `JWT_SIGNING_KEY_FILE` holds.
///
/// # Errors
/// [`KeyError::NotGenerated`] when the system gives no randomness.
pub fn generate_signing_key() -> Result<SecretString, KeyError> {
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NotGenerated)?;
    // Version 1, without the public half: the only form that jsonwebtoken and OpenSSL both read.
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::NotGenerated)?;
    let body = STANDARD.encode(der.as_ref());
    Ok(SecretString::from(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")))
}

/// A signing key with its public half.
pub(super) struct SigningKey {
    pub(super) key: EncodingKey,
    pub(super) algorithm: Algorithm,
    pub(super) public: Jwk,
    pub(super) id: String,
}

/// Where a key ends in a text of several.
const END: &str = "-----END PRIVATE KEY-----";

impl SigningKey {
    /// Every key of a text, in its order: one at least.
    pub(super) fn read_all(pem: &SecretString) -> Result<Vec<Self>, KeyError> {
        let keys = pem.expose_secret().split_inclusive(END).filter(|key| !key.trim().is_empty());
        let keys: Vec<Self> = keys.map(|key| Self::read(&key.trim_start().into())).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(KeyError::Unusable) } else { Ok(keys) }
    }

    fn read(pem: &SecretString) -> Result<Self, KeyError> {
        let pem = pem.expose_secret().as_bytes();
        let (key, algorithm) = match EncodingKey::from_ed_pem(pem) {
            Ok(key) => (key, Algorithm::EdDSA),
            Err(_) => (EncodingKey::from_ec_pem(pem).map_err(|_| KeyError::Unusable)?, Algorithm::ES256),
        };
        let mut public = Jwk::from_encoding_key(&key, algorithm).map_err(|_| KeyError::Unusable)?;
        if !is_allowed(&public) {
            return Err(KeyError::Unusable);
        }
        let id = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::Unusable)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { key, algorithm, public, id })
    }
}

fn is_allowed(key: &Jwk) -> bool {
    match &key.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) => pair.curve == EllipticCurve::Ed25519,
        AlgorithmParameters::EllipticCurve(curve) => curve.curve == EllipticCurve::P256,
        _ => false,
    }
}

/// The one algorithm a key of ours may be used with; none for keys that we don't make.
pub(super) fn algorithms_of(key: &Jwk) -> Vec<Algorithm> {
    if !is_allowed(key) {
        return Vec::new();
    }
    vec![match &key.algorithm {
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => Algorithm::ES256,
    }]
}
