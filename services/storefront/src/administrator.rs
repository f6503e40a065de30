//! The one administrator, who stands in the configuration and not in the table.

use anyhow::Context as _;
use shotengai_kernel::{IdError, Timestamp, UserId};
use shotengai_runtime::AccountRole;

use crate::config::{AdministratorSettings, Password};
use crate::domain::{Account, Email, Language};
use crate::passwords::{Hashed, Passwords, Salt};

/// The configured administrator, or nobody.
pub struct Administrator {
    id: UserId,
    known: Option<(Email, Hashed)>,
}

impl Administrator {
    /// The administrator of these settings; without any nobody is.
    ///
    /// # Errors
    /// When a password can't be hashed.
    pub async fn new(
        settings: Option<&AdministratorSettings>,
        passwords: &Passwords,
        salt: Salt,
    ) -> anyhow::Result<Self> {
        let known = match settings {
            None => None,
            Some(AdministratorSettings { email, password }) => {
                let hash = match password {
                    // Hashed now, so that a check costs the same as with a hash; and alike in each process, since sessions end
                    // when the hash is another.
                    Password::Plain(password) => passwords.hash_with(password.clone(), salt).await?,
                    Password::Hash(hash) => Hashed::parse(hash).context("ADMIN_PASSWORD_HASH")?,
                };
                Some((email.clone(), hash))
            }
        };
        Ok(Self { id: administrator_id()?, known })
    }

    /// Whether anybody is.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.known.is_some()
    }

    /// The administrator's id, the same in every installation.
    #[must_use]
    pub const fn id(&self) -> &UserId {
        &self.id
    }

    /// The account behind this id, if it is the administrator's.
    #[must_use]
    pub fn account(&self, id: &UserId) -> Option<Account> {
        let (email, _) = self.known.clone().filter(|_| *id == self.id)?;
        Some(Account {
            subject: None,
            email: Some(email),
            name: None,
            language: Language::default(),
            role: AccountRole::Administrator,
            guest: false,
            // Configurations don't say since when they are.
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// The hash of the administrator's password.
    #[must_use]
    pub fn hash(&self) -> Option<&Hashed> {
        self.known.as_ref().map(|(_, hash)| hash)
    }

    /// The hash of the administrator's password, if this is the administrator's address.
    #[must_use]
    pub fn hash_of(&self, email: &str) -> Option<&Hashed> {
        self.known.as_ref().filter(|(own, _)| own.is(email)).map(|(_, hash)| hash)
    }
}

fn administrator_id() -> Result<UserId, IdError> {
    UserId::parse("usr_administrator")
}
