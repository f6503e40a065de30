//! Access tokens: JSON Web Tokens, signed by storefront, checked by every role with storefront's published keys.
//!
//! - [`TokenIssuer`] signs. [`TokenVerifier`] checks. [`generate_signing_key`] makes a key for a developer or a new
//!   installation.
//! - [`Claims`] is what a token says.

mod claims;
mod issuer;
mod keygen;
mod verifier;

#[cfg(test)]
mod tests;

pub use claims::{AccountRole, Claims, Subject};
pub use issuer::{KeyError, TokenIssuer};
pub use keygen::generate_signing_key;
pub use verifier::{TokenError, TokenVerifier};
