//! Access tokens, as this role hands them out.

use std::time::Duration;

use shotengai_contracts::api::accounts::AccessToken;
use shotengai_kernel::UserId;
use shotengai_runtime::{Subject, TokenIssuer};

/// Short: nobody can call it back. A session renews it.
const SIGNED_IN_LIFETIME: Duration = Duration::from_secs(600);
/// Long enough to follow an order: a guest can't sign in again.
const GUEST_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A guest's.
///
/// # Errors
/// When signing fails.
pub fn of_guest(issuer: &TokenIssuer, user_id: UserId) -> anyhow::Result<AccessToken> {
    issue(issuer, Subject::guest(user_id), GUEST_LIFETIME)
}

/// A customer's who has registered.
///
/// # Errors
/// When signing fails.
pub fn of_customer(issuer: &TokenIssuer, user_id: UserId) -> anyhow::Result<AccessToken> {
    issue(issuer, Subject::customer(user_id), SIGNED_IN_LIFETIME)
}

/// The administrator's.
///
/// # Errors
/// When signing fails.
pub fn of_administrator(issuer: &TokenIssuer, user_id: UserId) -> anyhow::Result<AccessToken> {
    issue(issuer, Subject::administrator(user_id), SIGNED_IN_LIFETIME)
}

fn issue(issuer: &TokenIssuer, subject: Subject, lifetime: Duration) -> anyhow::Result<AccessToken> {
    let access_token = issuer.issue(&subject, lifetime)?;
    let (token_type, expires_in) = ("Bearer".to_owned(), lifetime.as_secs());
    Ok(AccessToken { access_token, token_type, expires_in, user_id: subject.user_id })
}
