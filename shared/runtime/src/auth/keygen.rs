//! New signing keys.

use anyhow::Context;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A new Ed25519 key (RFC 8410), as PEM of its PKCS#8.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate_signing_key() -> anyhow::Result<String> {
    let pair = Ed25519KeyPair::generate().context("no randomness for a key")?;
    let der: Pkcs8V1Der<'_> = pair.as_der().context("the key can't be encoded")?;
    let text = STANDARD.encode(der.as_ref());
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}
