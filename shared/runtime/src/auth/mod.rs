//! Access tokens: signed by storefront, checked everywhere with its published keys.
//!
//! A token is a JWT signed with EdDSA (Ed25519) or ES256 (P-256). Nothing is asked of storefront for each request, so a
//! token can't be called back before it expires: keep its life short. Keys are exchanged without a gap: a text may hold
//! several, of which the first signs.

mod claims;
mod issuer;
mod key_source;
mod keys;
mod verifier;

#[cfg(test)]
mod tests;

pub use claims::{AccountRole, Claims, Subject};
pub use issuer::{IssueError, TokenIssuer};
pub use key_source::{Accepts, KeyEndpoint, KeySource, VerifyingKey};
pub use keys::{KeyError, generate_signing_key};
pub use verifier::{AuthError, LEEWAY_SECONDS, TokenVerifier};
