//! Token exchange: access tokens of another issuer, taken for our own.
//!
//! The other issuer is known at the door alone. Whoever is behind it gets a short-lived token of ours in its place, so that
//! no role has to reach, or to trust, anybody else.

use std::fmt;

use futures::future::BoxFuture;
use shotengai_runtime::Claims;
use shotengai_runtime::auth::AuthError;

/// Takes access tokens of another issuer for our own.
pub trait TokenExchange: Send + Sync {
    /// Our token in place of this one; none where it doesn't claim to be of that issuer.
    fn exchange<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Option<Result<Exchanged, AuthError>>>;
}

/// A token of ours, and what it says. Doesn't print.
#[derive(Clone)]
pub struct Exchanged {
    /// What the token says.
    pub claims: Claims,
    /// The token.
    pub token: String,
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged").field("claims", &self.claims).finish_non_exhaustive()
    }
}
