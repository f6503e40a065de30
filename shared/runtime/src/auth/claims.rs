//! What a token says.

use serde::{Deserialize, Serialize};
use shotengai_kernel::UserId;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountRole {
    /// Buys.
    Customer,
    /// Runs the shop.
    Administrator,
}

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Who.
    pub user_id: UserId,
    /// What they may do.
    pub role: AccountRole,
    /// Whether they came without an account.
    pub guest: bool,
}

/// The claims of an access token (RFC 7519). Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub sub: UserId,
    /// What they may do.
    pub role: AccountRole,
    /// Whether they came without an account.
    #[serde(default)]
    pub guest: bool,
    /// When it was issued.
    pub iat: i64,
    /// From when on it is void.
    pub exp: i64,
}
