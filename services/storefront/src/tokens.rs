//! Access tokens, as this role hands them out.

use std::time::Duration;

use serde::Serialize;
use shotengai_kernel::UserId;
use shotengai_runtime::{Subject, TokenIssuer};

/// Short: what it opens is the whole shop.
const ADMINISTRATOR_LIFETIME: Duration = Duration::from_secs(3600);
/// Long enough to follow an order: a guest can't sign in again.
const GUEST_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// An access token (RFC 6750), as it is answered.
#[derive(Serialize)]
pub struct AccessToken {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    user_id: UserId,
}

impl AccessToken {
    /// A guest's.
    ///
    /// # Errors
    /// When signing fails.
    pub fn of_guest(issuer: &TokenIssuer, user_id: UserId) -> anyhow::Result<Self> {
        Self::issue(issuer, Subject::guest(user_id), GUEST_LIFETIME)
    }

    /// The administrator's.
    ///
    /// # Errors
    /// When signing fails.
    pub fn of_administrator(issuer: &TokenIssuer, user_id: UserId) -> anyhow::Result<Self> {
        Self::issue(issuer, Subject::administrator(user_id), ADMINISTRATOR_LIFETIME)
    }

    fn issue(issuer: &TokenIssuer, subject: Subject, lifetime: Duration) -> anyhow::Result<Self> {
        let access_token = issuer.issue(&subject, lifetime)?;
        Ok(Self { access_token, token_type: "Bearer", expires_in: lifetime.as_secs(), user_id: subject.user_id })
    }
}
