//! Opens a guest's account.

use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::Fault;

use crate::domain::{Account, Email, Language};
use crate::users::Users;

/// Opens an account for somebody new; it is durable before anybody learns its id.
///
/// # Errors
/// A [`Fault`] of the accounts' table.
pub async fn open(users: &Users, ports: &Ports, email: Option<Email>, language: Language) -> Result<UserId, Fault> {
    let id = UserId::from_uuid(ports.ids.uuid_v7());
    users.create(&id, &Account::guest(email, language, ports.clock.now())).await?;
    Ok(id)
}
