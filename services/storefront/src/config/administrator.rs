//! Who signs in as administrator, and by what.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use shotengai_runtime::settings::{Faults, Given, SettingsGroup, parsed, text};

use crate::domain::Email;
use crate::passwords::Hashed;

/// The administrator's password of every developer's street (`shotengai dev`). Everybody knows it, so nobody else may use it.
pub const DEVELOPERS_PASSWORD: &str = "admin123";

/// The administrator, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct AdministratorArgs {
    /// The administrator's e-mail address; unset: nobody can sign in as administrator
    #[arg(long, env = "ADMIN_EMAIL", hide_env_values = true, value_name = "ADDRESS", value_parser = parsed(email))]
    admin_email: Option<Given<Email>>,
    /// The administrator's password
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true, value_name = "SECRET", value_parser = parsed(text::secret))]
    admin_password: Option<Given<SecretString>>,
    /// Its Argon2id hash in PHC form, instead of the password
    #[arg(long, env = "ADMIN_PASSWORD_HASH", hide_env_values = true, value_name = "PHC", value_parser = parsed(hash))]
    admin_password_hash: Option<Given<SecretString>>,
    /// Whether this is a developer's street, where [`DEVELOPERS_PASSWORD`] will do. No flag: only `shotengai dev` is one.
    #[arg(skip)]
    developers_street: bool,
}

/// The administrator.
#[derive(Clone, Debug)]
pub struct AdministratorSettings {
    /// The address.
    pub email: Email,
    /// What is known of the password.
    pub password: Password,
}

/// A password, or enough to check one.
#[derive(Clone, Debug)]
pub enum Password {
    /// The password itself.
    Plain(SecretString),
    /// Its Argon2id hash in PHC form.
    Hash(SecretString),
}

impl AdministratorArgs {
    /// The same, for a developer's street.
    pub(super) const fn of_a_developer(mut self) -> Self {
        self.developers_street = true;
        self
    }
}

impl Password {
    /// Its setting's name, if it is the one that everybody knows.
    fn known_to_everybody(&self) -> Option<&'static str> {
        let known = DEVELOPERS_PASSWORD.as_bytes();
        match self {
            Self::Plain(password) => (password.expose_secret().as_bytes() == known).then_some("ADMIN_PASSWORD"),
            Self::Hash(hash) => {
                let hash = PasswordHash::new(hash.expose_secret().trim()).ok()?;
                Argon2::default().verify_password(known, &hash).is_ok().then_some("ADMIN_PASSWORD_HASH")
            }
        }
    }
}

impl SettingsGroup for AdministratorArgs {
    type Settings = Option<AdministratorSettings>;

    fn check(self, faults: &mut Faults) -> Option<Self::Settings> {
        // Whether a setting is there counts for the others even where it is wrong.
        let (email, hash) = (is_set(self.admin_email.as_ref()), is_set(self.admin_password_hash.as_ref()));
        match (email, is_set(self.admin_password.as_ref()), hash) {
            (_, true, true) => faults.add("ADMIN_PASSWORD", "and ADMIN_PASSWORD_HASH must not both be set"),
            (true, false, false) => faults.add("ADMIN_EMAIL", "needs ADMIN_PASSWORD or ADMIN_PASSWORD_HASH"),
            (false, true, _) | (false, _, true) => {
                faults.add("ADMIN_EMAIL", "is not set, but an administrator's password is");
            }
            (true, _, _) | (false, false, false) => {}
        }
        let email = faults.optional(self.admin_email);
        let plain = faults.optional(self.admin_password).map(Password::Plain);
        let hash = faults.optional(self.admin_password_hash).map(Password::Hash);
        let password = plain.or(hash);
        if let Some(name) = password.as_ref().filter(|_| !self.developers_street).and_then(Password::known_to_everybody)
        {
            faults.add(
                name,
                format!("must not be {DEVELOPERS_PASSWORD:?}: everybody knows the password of `shotengai dev`"),
            );
        }
        Some(email.zip(password).map(|(email, password)| AdministratorSettings { email, password }))
    }
}

/// A variable that is set to nothing is not set: an empty password must never be one.
fn is_set<T>(setting: Option<&Given<T>>) -> bool {
    setting.is_some_and(Given::is_set)
}

fn email(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|error| error.to_string())
}

fn hash(text: &str) -> Result<SecretString, String> {
    let hash = SecretString::from(text.to_owned());
    Hashed::parse(&hash).map_err(|error| format!("is {error}"))?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, PasswordHasher, Version};

    use super::*;

    /// The hash of "swordfish". Cheap on purpose: what a hash costs is its own business, and tests are run unoptimised.
    fn swordfish() -> String {
        let cheap = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        let hash = argon2.hash_password_with_salt(b"swordfish", b"some fixed salt.").unwrap().to_string();
        format!("--admin-password-hash={hash}")
    }

    #[test]
    fn settings_that_do_not_fit_together_are_named_and_not_quoted() {
        let hash = swordfish();
        let boss = "--admin-email=boss@example.com";
        for (flags, named) in [
            (vec![boss], "ADMIN_PASSWORD"),
            (vec![boss, "--admin-password=tuna", &hash], "not both"),
            (vec!["--admin-email=boss", &hash], "ADMIN_EMAIL: must be"),
            (vec![hash.as_str()], "ADMIN_EMAIL: is not set"),
            (vec!["--admin-email=", &hash], "ADMIN_EMAIL: is not set"),
            (vec![boss, "--admin-password="], "ADMIN_PASSWORD"),
            (vec![boss, "--admin-password-hash=swordfish"], "ADMIN_PASSWORD_HASH: is not"),
        ] {
            let error = AdministratorArgs::from_flags(flags).unwrap_err().to_string();
            let quotes = [hash.as_str(), "tuna", "boss", "swordfish"].iter().any(|secret| error.contains(secret));
            assert!(error.contains(named) && !quotes, "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn a_developers_password_is_good_in_a_developers_street_only() {
        let hash = Argon2::default().hash_password(DEVELOPERS_PASSWORD.as_bytes()).unwrap().to_string();
        for (flag, name) in [("password", "ADMIN_PASSWORD"), ("password-hash", "ADMIN_PASSWORD_HASH")] {
            let value = if name.ends_with("HASH") { hash.as_str() } else { DEVELOPERS_PASSWORD };
            let flags = ["--admin-email=boss@example.com".to_owned(), format!("--admin-{flag}={value}")];
            let error = AdministratorArgs::from_flags(&flags).unwrap_err();
            assert!(error.names() == [name] && error.to_string().contains(DEVELOPERS_PASSWORD), "{error}");
            let args: AdministratorArgs = shotengai_runtime::settings::args_of(&flags).unwrap();
            let mut faults = Faults::default();
            let settings = args.of_a_developer().check(&mut faults);
            assert!(faults.finish(settings).unwrap().is_some());
        }
    }

    #[test]
    fn an_administrator_has_a_password_or_its_hash_and_prints_neither() {
        let hash = swordfish();
        for password in ["--admin-password=tuna", &hash] {
            let settings =
                AdministratorArgs::from_flags(["--admin-email=boss@example.com", password]).unwrap().unwrap();
            let shown = format!("{settings:?}");
            assert!(!shown.contains("boss") && !shown.contains("tuna") && !shown.contains("argon2"), "{shown}");
        }
        assert!(AdministratorArgs::defaults().is_none());
    }
}
