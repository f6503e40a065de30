//! The one administrator, who stands in the configuration and not in the table.

use anyhow::Context as _;
use secrecy::SecretString;
use shotengai_kernel::{IdError, Timestamp, UserId};
use shotengai_runtime::AccountRole;

use crate::config::{AdministratorSettings, Password};
use crate::domain::{Account, Email, Language};
use crate::passwords::{Busy, PasswordCheck};

/// Signs the configured administrator in, or nobody.
pub struct Administrator {
    id: UserId,
    email: Option<Email>,
    password: PasswordCheck,
}

impl Administrator {
    /// The administrator of these settings; without any nobody is, and every login fails as slowly as a wrong password
    /// does.
    ///
    /// # Errors
    /// When a password can't be hashed.
    pub async fn new(settings: Option<&AdministratorSettings>) -> anyhow::Result<Self> {
        let password = match settings.map(|settings| &settings.password) {
            Some(Password::Plain(password)) => PasswordCheck::of_password(password).await?,
            Some(Password::Hash(hash)) => PasswordCheck::of_hash(hash).context("ADMIN_PASSWORD_HASH")?,
            // Never asked for its answer, only for its time.
            None => PasswordCheck::of_password(&SecretString::from("nobody")).await?,
        };
        Ok(Self { id: administrator_id()?, email: settings.map(|settings| settings.email.clone()), password })
    }

    /// Whether anybody is.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.email.is_some()
    }

    /// The administrator's id, the same in every installation.
    #[must_use]
    pub const fn id(&self) -> &UserId {
        &self.id
    }

    /// The account behind this id, if it is the administrator's.
    #[must_use]
    pub fn account(&self, id: &UserId) -> Option<Account> {
        let email = self.email.clone().filter(|_| *id == self.id)?;
        Some(Account {
            email: Some(email),
            name: None,
            language: Language::default(),
            role: AccountRole::Administrator,
            guest: false,
            // Configurations don't say since when they are.
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// Whether these are the administrator's address and password. The same work is done whichever is wrong.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn knows(&self, email: &str, password: SecretString) -> Result<bool, Busy> {
        let password_fits = self.password.is(password).await?;
        let email_fits = self.email.as_ref().is_some_and(|own| own.is(email));
        Ok(password_fits & email_fits)
    }
}

fn administrator_id() -> Result<UserId, IdError> {
    UserId::parse("usr_administrator")
}
