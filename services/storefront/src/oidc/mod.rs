//! Access tokens of another issuer, by OpenID Connect.
//!
//! - [`discovery`]: finds the issuer's keys. [`keys`]: which of them are accepted, for which algorithms.
//! - [`identity`]: who a token's claims say its bearer is; pure.
//! - [`verifier`]: checks a token. [`exchange`]: gives a token of ours for it, and its bearer an account.

pub mod discovery;
pub mod exchange;
pub mod identity;
pub mod keys;
pub mod verifier;

pub use exchange::Exchange;
pub use verifier::Verifier;
