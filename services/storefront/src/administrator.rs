//! The one administrator, who stands in the configuration and not in the table.

use secrecy::{ExposeSecret, SecretString};
use shotengai_kernel::{IdError, Timestamp, UserId};
use shotengai_runtime::AccountRole;

use crate::config::{DEVELOPERS_PASSWORD, StorefrontSettings};
use crate::domain::{Account, Email, Language};
use crate::passwords::{Busy, PasswordCheck};

/// Signs the configured administrator in, or nobody.
pub struct Administrator {
    id: UserId,
    email: Option<Email>,
    password: PasswordCheck,
}

impl Administrator {
    /// The administrator of these settings; without an address nobody is, and every login fails as slowly as a wrong
    /// password does.
    ///
    /// # Errors
    /// When the settings don't fit together; names the settings, not their values.
    pub async fn new(settings: &StorefrontSettings) -> anyhow::Result<Self> {
        let email = set(settings.admin_email.as_ref()).map(|email| Email::parse(email.expose_secret())).transpose();
        let email = email.map_err(|error| anyhow::anyhow!("ADMIN_EMAIL {error}"))?;
        let password = set(settings.admin_password.as_ref());
        let hash = set(settings.admin_password_hash.as_ref());
        let password = match (&email, password, hash) {
            (_, Some(_), Some(_)) => anyhow::bail!("set ADMIN_PASSWORD or ADMIN_PASSWORD_HASH, not both"),
            (Some(_), None, None) => anyhow::bail!("ADMIN_EMAIL needs ADMIN_PASSWORD or ADMIN_PASSWORD_HASH"),
            (None, Some(_), _) | (None, _, Some(_)) => anyhow::bail!("an administrator's password needs ADMIN_EMAIL"),
            (_, Some(password), _) => PasswordCheck::of_password(password).await?,
            (_, _, Some(hash)) => {
                PasswordCheck::of_hash(hash).map_err(|error| anyhow::anyhow!("ADMIN_PASSWORD_HASH is {error}"))?
            }
            // Never asked for its answer, only for its time.
            (None, None, None) => PasswordCheck::of_password(&SecretString::from("nobody")).await?,
        };
        if !settings.developers_street && password.is(DEVELOPERS_PASSWORD.into()).await? {
            let name = if hash.is_some() { "ADMIN_PASSWORD_HASH" } else { "ADMIN_PASSWORD" };
            anyhow::bail!(
                "{name} must not be {DEVELOPERS_PASSWORD:?}: everybody knows the password of `shotengai dev`"
            );
        }
        Ok(Self { id: administrator_id()?, email, password })
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

/// A variable that is set to nothing is not set: an empty password must never be one.
fn set(secret: Option<&SecretString>) -> Option<&SecretString> {
    secret.filter(|secret| !secret.expose_secret().is_empty())
}

fn administrator_id() -> Result<UserId, IdError> {
    UserId::parse("usr_administrator")
}
