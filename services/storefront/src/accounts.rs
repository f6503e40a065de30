//! Every account there is: the administrator's from the configuration, the others from their table.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use shotengai_kernel::UserId;
use shotengai_messaging::Fault;
use shotengai_runtime::KeyedHash;

use crate::administrator::Administrator;
use crate::domain::{Account, Email};
use crate::passwords::{Busy, Hashed, Passwords};
use crate::sessions::Holder;
use crate::users::Users;

/// Looks accounts up.
pub struct Accounts {
    /// The one in the configuration.
    pub administrator: Administrator,
    /// The others.
    pub users: Users,
    /// The same, for those who read many of them and have time.
    pub contacts: Users,
    /// The right to spend time on passwords.
    pub passwords: Passwords,
    /// Checked where nobody has the address: it is never asked for its answer, only for its time.
    pub nobodys: Hashed,
    /// Makes what stands for a password's hash in sessions.
    pub marks: KeyedHash,
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
        self.among(&self.users, id).await
    }

    /// The same for a mail, for which nobody waits: under load it is read together with others, some milliseconds later.
    ///
    /// # Errors
    /// As [`Accounts::get`].
    pub async fn of_contact(&self, id: &UserId) -> Result<Option<Account>, Fault> {
        self.among(&self.contacts, id).await
    }

    async fn among(&self, users: &Users, id: &UserId) -> Result<Option<Account>, Fault> {
        match self.administrator.account(id) {
            Some(account) => Ok(Some(account)),
            None => users.get(id).await,
        }
    }

    /// Whose address and password these are; none where either is wrong. One password is checked, whoever has the address.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(&self, email: &str, password: SecretString) -> Result<Option<Holder>, SignInError> {
        let known = match Email::parse(email) {
            Ok(email) => self.users.known(&email).await?,
            // Nobody has an address that is none.
            Err(_) => None,
        };
        let administrator = &self.administrator;
        let (hash, who) = match (administrator.hash_of(email), known) {
            (Some(hash), _) => (hash.clone(), Some((administrator.id().clone(), true))),
            (None, Some(known)) => (known.hash, Some((known.id, false))),
            (None, None) => (self.nobodys.clone(), None),
        };
        let fits = self.passwords.fits(&hash, password).await?;
        let who = who.filter(|_| fits);
        Ok(who.map(|(user_id, administrator)| Holder { user_id, administrator, password: self.mark(&hash) }))
    }

    /// Holder of this user's sessions: none where nobody can sign in as them any more.
    ///
    /// # Errors
    /// A [`Fault`] of the accounts' table.
    pub async fn holder(&self, user_id: UserId) -> Result<Option<Holder>, Fault> {
        let administrator = user_id == *self.administrator.id();
        let hash = match administrator {
            true => self.administrator.hash().cloned(),
            false => self.users.hash(&user_id).await?,
        };
        Ok(hash.map(|hash| Holder { user_id, administrator, password: self.mark(&hash) }))
    }

    /// The hash of a customer's password, if this is the password; none where they have none in the table, either.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn checked(&self, user_id: &UserId, password: SecretString) -> Result<Option<Hashed>, SignInError> {
        let hash = self.users.hash(user_id).await?.unwrap_or_else(|| self.nobodys.clone());
        Ok(self.passwords.fits(&hash, password).await?.then_some(hash))
    }

    fn mark(&self, hash: &Hashed) -> String {
        URL_SAFE_NO_PAD.encode(self.marks.of(hash.expose().expose_secret().as_bytes()))
    }
}
