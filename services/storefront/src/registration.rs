//! Registers an account.

use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::Fault;

use crate::accounts::Accounts;
use crate::domain::{Account, Language, NewPassword, Person};
use crate::passwords::{Busy, HashError};
use crate::users::Standing;

/// A wish to have an account.
pub struct Wish {
    /// Who.
    pub person: Person,
    /// By which password.
    pub password: NewPassword,
    /// What mails are to be written in, if the person said it.
    pub language: Option<Language>,
    /// What they are written in otherwise, if the person is new.
    pub preferred: Language,
    /// The guest who has the wish, and their account.
    pub guest: Option<(UserId, Standing)>,
}

/// Why a wish came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Too many are signing in.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password can't be hashed.
    #[error("the password can't be hashed")]
    Unhashed,
    /// The table failed; after a transient fault the account may be there.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Registers an account, if its address has none. Does the same work in either case, and tells nobody which it was.
///
/// # Errors
/// [`RegisterError`].
pub async fn register(accounts: &Accounts, ports: &Ports, wish: Wish) -> Result<(), RegisterError> {
    let Wish { person, password, language, preferred, guest } = wish;
    let hash = accounts.passwords.hash(password.into_secret()).await.map_err(|error| match error {
        HashError::Busy(busy) => RegisterError::Busy(busy),
        HashError::Failed => RegisterError::Unhashed,
    })?;
    let email = person.email.clone();
    // The administrator has the address for good, though it stands in no row.
    if accounts.administrator.hash_of(email.expose()).is_some() {
        return Ok(());
    }
    let (id, account, before) = match guest {
        Some((id, standing)) => (id, standing.account.clone().registered(person, language), Some(standing)),
        None => {
            let account = Account::customer(person, language.unwrap_or(preferred), ports.clock.now());
            (UserId::from_uuid(ports.ids.uuid_v7()), account, None)
        }
    };
    Ok(accounts.users.register(&id, &account, &email, hash, before.as_ref()).await?)
}
