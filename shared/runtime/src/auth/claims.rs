//! What a token says.

use serde::{Deserialize, Serialize};
pub use shotengai_contracts::api::accounts::AccountRole;
use shotengai_kernel::UserId;

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Who.
    pub user_id: UserId,
    /// What they may do.
    pub role: AccountRole,
    /// Without an account of their own.
    pub guest: bool,
    /// How to address them, if known.
    pub name: Option<String>,
}

impl Subject {
    /// A customer with an account.
    #[must_use]
    pub fn customer(user_id: UserId) -> Self {
        Self { user_id, role: AccountRole::Customer, guest: false, name: None }
    }

    /// A customer without.
    #[must_use]
    pub fn guest(user_id: UserId) -> Self {
        Self { guest: true, ..Self::customer(user_id) }
    }

    /// An administrator.
    #[must_use]
    pub fn administrator(user_id: UserId) -> Self {
        Self { role: AccountRole::Administrator, ..Self::customer(user_id) }
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// A token's claims, checked. As an extractor it tells everything about the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Who bears it.
    pub sub: UserId,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// What the bearer may do.
    pub role: AccountRole,
    /// Whether the bearer has no account.
    #[serde(default)]
    pub guest: bool,
    /// How to address the bearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
