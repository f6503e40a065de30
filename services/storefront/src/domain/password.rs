//! New passwords: which will do.

use secrecy::{ExposeSecret, SecretString};

use super::Email;

const MIN: usize = 8;
/// Longer ones are no safer, and somebody has to hash them.
const MAX: usize = 128;
/// Passwords of 8 characters and more that everybody tries first, from lists of passwords that were made public. They end
/// guesses that a bound on their number doesn't.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that will do for a new account.
#[derive(Debug, Clone)]
pub struct NewPassword(SecretString);

/// Why a password won't do. Doesn't quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few or too many characters.
    #[error("must have {MIN} to {MAX} characters")]
    Length,
    /// A common password, which everybody tries first.
    #[error("is among the passwords that everybody tries first")]
    Common,
    /// The address itself.
    #[error("must not be the e-mail address")]
    Address,
}

impl NewPassword {
    /// Reads a password for the account of this address. Every character counts, spaces at its ends too.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn parse(password: SecretString, email: &Email) -> Result<Self, PasswordError> {
        let text = password.expose_secret();
        let length = text.chars().take(MAX + 1).count();
        if !(MIN..=MAX).contains(&length) {
            return Err(PasswordError::Length);
        }
        let lower = text.to_lowercase();
        if email.is(text) || email.expose().split('@').next().is_some_and(|local| local.to_lowercase() == lower) {
            return Err(PasswordError::Address);
        }
        let mut characters = text.chars();
        let first = characters.next();
        let one_character = characters.all(|character| Some(character) == first);
        if one_character || COMMON.lines().any(|common| common == lower) {
            return Err(PasswordError::Common);
        }
        Ok(Self(password))
    }

    /// The password itself, still not to be printed.
    #[must_use]
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Option<PasswordError> {
        NewPassword::parse(password.into(), &Email::parse("hanako.yamada@example.com").unwrap()).err()
    }

    #[test]
    fn a_password_is_bounded_and_not_what_everybody_tries() {
        for good in ["kinoko and takenoko", "たけのこの里が好き", &"ab".repeat(64), "12345679!", " spaces "] {
            assert_eq!(verdict(good), None, "{good}");
        }
        for (bad, why) in [
            ("", PasswordError::Length),
            ("1234567", PasswordError::Length),
            (&"x".repeat(129), PasswordError::Length),
            (&"ü".repeat(10_000), PasswordError::Length),
            ("password", PasswordError::Common),
            ("Password1", PasswordError::Common),
            ("QWERTYUIOP", PasswordError::Common),
            ("aaaaaaaaaa", PasswordError::Common),
            ("Hanako.Yamada@example.com", PasswordError::Address),
            ("hanako.yamada", PasswordError::Address),
        ] {
            assert_eq!(verdict(bad), Some(why), "{bad}");
        }
    }

    #[test]
    fn the_list_has_each_password_once_in_small_letters_and_long_enough_to_matter() {
        let mut seen = std::collections::BTreeSet::new();
        for line in COMMON.lines() {
            assert!(seen.insert(line) && line == line.to_lowercase() && line.chars().count() >= MIN, "{line}");
        }
        assert!(seen.len() >= 150, "{}", seen.len());
    }

    #[test]
    fn a_password_never_prints() {
        let password = NewPassword::parse("kinoko and takenoko".into(), &Email::parse("mei@example.com").unwrap());
        assert!(!format!("{password:?} {:?}", verdict("password")).contains("kinoko"));
    }
}
