//! Derived secrets: one for each purpose, out of `INTERNAL_TOKEN`, so that none of them says anything about another or about
//! the token. All of them change with `INTERNAL_TOKEN`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{Context as DigestContext, Digest, SHA256};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

fn derived(internal_token: &SecretString, purpose: &[u8]) -> Tag {
    sign(&Key::new(HMAC_SHA256, internal_token.expose_secret().as_bytes()), purpose)
}

/// A secret of 256 random bits, in letters that need no escaping.
///
/// # Errors
/// [`SealError`] when the system has no randomness.
pub fn random_secret() -> Result<SecretString, SealError> {
    let mut bits = [0; 32];
    aws_lc_rs::rand::fill(&mut bits).map_err(|_| SealError)?;
    Ok(URL_SAFE_NO_PAD.encode(bits).into())
}

/// The SHA-256 of these parts in a row.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut context = DigestContext::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish()
}

/// An HMAC-SHA256 under a secret of one purpose.
#[derive(Clone)]
pub struct KeyedHash {
    secret: Key,
}

impl KeyedHash {
    /// Hashes for this purpose, in the installation whose services share this token. Another form of what is hashed is
    /// another purpose.
    #[must_use]
    pub fn new(internal_token: &SecretString, purpose: &[u8]) -> Self {
        Self { secret: Key::new(HMAC_SHA256, derived(internal_token, purpose).as_ref()) }
    }

    /// The hash of these bytes: 256 bits.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> Tag {
        sign(&self.secret, bytes)
    }
}

/// Texts that travel through others' hands and tell them nothing (AES-256-GCM), such as a page's cursor that is an address.
pub struct Seal {
    key: RandomizedNonceKey,
}

/// A secret or a seal can't be made: a fault of the cryptographic library or of the system's randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct SealError;

impl Seal {
    /// Seals for this purpose, in the installation whose services share this token.
    ///
    /// # Errors
    /// [`SealError`], which a good library never has.
    pub fn new(internal_token: &SecretString, purpose: &[u8]) -> Result<Self, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, derived(internal_token, purpose).as_ref());
        Ok(Self { key: key.map_err(|_| SealError)? })
    }

    /// The text, unreadable, in letters that need no escaping in a URL.
    ///
    /// # Errors
    /// [`SealError`], which a good library never has.
    pub fn seal(&self, text: &str) -> Result<String, SealError> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::empty(), &mut sealed).map_err(|_| SealError)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The text that was sealed; none where this is no seal of ours, unchanged.
    #[must_use]
    pub fn open(&self, sealed: &str) -> Option<String> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let nonce = bytes.split_off(bytes.len().checked_sub(NONCE_LEN)?);
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let text = self.key.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_is_read_by_nobody_else_and_unchanged_only() {
        let seal = Seal::new(&"an internal token".into(), b"test").unwrap();
        let sealed = seal.seal("mei@example.com").unwrap();
        assert_eq!(seal.open(&sealed).as_deref(), Some("mei@example.com"));
        assert_ne!(sealed, seal.seal("mei@example.com").unwrap(), "the same text looks different each time");
        for (token, purpose) in [("another token here", b"test"), ("an internal token", b"tast")] {
            assert_eq!(Seal::new(&token.into(), purpose).unwrap().open(&sealed), None);
        }
        let changed = if sealed.starts_with('A') { "B" } else { "A" };
        for wrong in ["", "A", "ü", &sealed[1..], &sealed[..20], &format!("{changed}{}", &sealed[1..])] {
            assert_eq!(seal.open(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn purposes_have_nothing_in_common() {
        let hash = |purpose: &[u8]| KeyedHash::new(&"an internal token".into(), purpose).of(b"text");
        assert_eq!(hash(b"one").as_ref(), hash(b"one").as_ref());
        assert_ne!(hash(b"one").as_ref(), hash(b"two").as_ref());
    }
}
