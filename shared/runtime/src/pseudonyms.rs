//! Pseudonyms: what stands for personal data where only its sameness counts.
//!
//! An HMAC-SHA256, cut to 128 bits, under a secret that is derived from `INTERNAL_TOKEN` for this purpose alone: who reads
//! a table can't find an address by trying addresses. All of them change with `INTERNAL_TOKEN`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use crate::derived::KeyedHash;

/// Another form of pseudonyms takes another text.
const PURPOSE: &[u8] = b"shotengai/pseudonym/v1";
const BYTES: usize = 16;

/// Makes pseudonyms.
#[derive(Clone)]
pub struct Pseudonyms {
    hash: KeyedHash,
}

impl Pseudonyms {
    /// Pseudonyms of the installation whose services share this token.
    #[must_use]
    pub fn new(internal_token: &SecretString) -> Self {
        Self { hash: KeyedHash::new(internal_token, PURPOSE) }
    }

    /// What stands for this text, always the same, and for no other.
    #[must_use]
    pub fn of(&self, text: &str) -> String {
        let tag = self.hash.of(text.as_bytes());
        let bytes = tag.as_ref();
        URL_SAFE_NO_PAD.encode(bytes.get(..BYTES).unwrap_or(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_text_in_the_same_installation() {
        let here = Pseudonyms::new(&"an internal token".into());
        let there = Pseudonyms::new(&"another token here".into());
        let one = here.of("hana@example.jp");
        assert_eq!(one, here.of("hana@example.jp"));
        assert_ne!(one, here.of("mei@example.jp"));
        assert_ne!(one, there.of("hana@example.jp"));
        assert_eq!(one.len(), 22);
    }
}
