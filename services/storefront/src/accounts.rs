//! Every account there is: the administrator's from the configuration, the others from their table.

use secrecy::SecretString;
use shotengai_kernel::UserId;
use shotengai_messaging::Fault;

use crate::administrator::Administrator;
use crate::domain::{Account, Email};
use crate::passwords::{Busy, Hashed, Passwords};
use crate::users::Users;

/// Looks accounts up.
pub struct Accounts {
    /// The one in the configuration.
    pub administrator: Administrator,
    /// The others.
    pub users: Users,
    /// The right to spend time on passwords.
    pub passwords: Passwords,
    /// Checked where nobody has the address: it is never asked for its answer, only for its time.
    pub nobodys: Hashed,
}

/// Somebody who showed their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// The administrator.
    Administrator(UserId),
    /// A customer.
    Customer(UserId),
}

/// Why it is not known whether a password is right.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too many are signing in.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The table failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Accounts {
    /// The account of this id; none when there never was one, or it was erased.
    ///
    /// # Errors
    /// A [`Fault`] of the accounts' table.
    pub async fn get(&self, id: &UserId) -> Result<Option<Account>, Fault> {
        match self.administrator.account(id) {
            Some(account) => Ok(Some(account)),
            None => self.users.get(id).await,
        }
    }

    /// Whose address and password these are; none where either is wrong. One password is checked, whoever has the address.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(&self, email: &str, password: SecretString) -> Result<Option<SignedIn>, SignInError> {
        let known = match Email::parse(email) {
            Ok(email) => self.users.known(&email).await?,
            // Nobody has an address that is none.
            Err(_) => None,
        };
        let (hash, who) = match (self.administrator.hash_of(email), known) {
            (Some(hash), _) => (hash.clone(), Some(SignedIn::Administrator(self.administrator.id().clone()))),
            (None, Some(known)) => (known.hash, Some(SignedIn::Customer(known.id))),
            (None, None) => (self.nobodys.clone(), None),
        };
        let fits = self.passwords.fits(&hash, password).await?;
        Ok(who.filter(|_| fits))
    }
}
