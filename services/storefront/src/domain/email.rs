//! E-mail addresses, which never print themselves.

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use shotengai_kernel::mailbox::with_ascii_domain;
use shotengai_kernel::text::is_readable;

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// An address that mail can be sent to, as far as its form tells. `Debug` hides it; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The refusal of a text that is no address. Doesn't quote it; who reports it names the field or setting before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as name@example.com, {MAX_BYTES} bytes at the most")]
pub struct EmailError;

impl Email {
    /// Reads an address: one mailbox at a domain name that can be looked up, in whatever script, without a display name,
    /// without spaces.
    ///
    /// # Errors
    /// [`EmailError`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        // Quoted local parts may hold spaces and controls by the grammar; a mail header should not have to.
        let plain = text.chars().all(|c| is_readable(c) && !c.is_whitespace());
        // Mail goes to the domain's form in ASCII, which is the longer one.
        let fits = with_ascii_domain(text).is_some_and(|ascii| ascii.len() <= MAX_BYTES) && text.len() <= MAX_BYTES;
        match EmailAddress::parse_with_options(text, options) {
            Ok(_) if plain && fits => Ok(Self(text.to_owned())),
            _ => Err(EmailError),
        }
    }

    /// The address, for sending and for its owner. Not for logs or errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The one form of this address by which an account is known: two accounts can't differ only by case or by the script
    /// of the domain.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical(&self.0)
    }

    /// Whether the text is this address, its domain in whatever script. Case makes no difference: no mail provider that
    /// matters gives two people addresses that differ only by it.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        canonical(&self.0) == canonical(text)
    }
}

/// The canonical form of a text that is an address, or the beginning of one.
#[must_use]
pub fn canonical(address: &str) -> String {
    with_ascii_domain(address).unwrap_or_else(|| address.to_owned()).to_lowercase()
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_can_reach_pass() {
        for text in [
            "mei@example.com",
            "mei+sweets@mail.example.co.jp",
            "o'hara@example.com",
            "a@b.co",
            "user@例え.jp",
            "花子@bücher.example",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("{}@example.com", "x".repeat(250));
        let long_in_ascii = format!("mei@{}.jp", "例え例え例え例え例え例え".repeat(4));
        for text in [
            "",
            "mei",
            "mei@",
            "@example.com",
            "mei@localhost",
            "Mei <mei@example.com>",
            "mei@[127.0.0.1]",
            "mei@example.com\r\nBcc: all@example.com",
            "\"a b\"@example.com",
            " mei@example.com",
            "a@b@example.com",
            "a\u{fffe}b@example.com",
            "mei\u{202e}@example.com",
            &long,
            &long_in_ascii,
            "mei@-ü-.example",
            "mei@a\u{200d}ü.example",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError), "{text:?}");
        }
    }

    #[test]
    fn one_address_is_the_same_in_every_script() {
        let email = Email::parse("mei@BÜCHER.example").unwrap();
        for text in ["mei@bücher.example", "MEI@xn--bcher-kva.example"] {
            assert!(email.is(text), "{text}");
        }
        assert!(!email.is("mei@bucher.example") && !email.is("mei"));
    }

    #[test]
    fn an_address_never_prints() {
        let email = Email::parse("mei@example.com").unwrap();
        assert!(!format!("{email:?} {EmailError} {:?}", Email::parse("secret")).contains("mei"));
        assert!(!format!("{:?}", Email::parse("secret").unwrap_err()).contains("secret"));
    }
}
