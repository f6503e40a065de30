//! Where and in which language a person wants to be written to. Held only while one mail is sent.

use std::fmt;

use shotengai_kernel::mailbox::with_ascii_domain;

/// The longest name put into a mail; longer ones are cut.
const NAME_MAX_CHARS: usize = 80;

/// The language of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Japanese, the street's own.
    Ja,
    /// English.
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// The language of this tag; Japanese for Japanese, English for everything else.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("ja") { Self::Ja } else { Self::En }
    }

    /// Its tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// An e-mail address. Personal data: it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// An address as it was registered, its domain in the form that every server takes; whether it can be delivered to
    /// shows when sending.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(with_ascii_domain(text).unwrap_or_else(|| text.to_owned()))
    }

    /// The address itself, for the transport only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<address>")
    }
}

/// What a person calls themselves, fit for one line of a mail. Personal data: it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// A name without control characters and of bounded length; none when nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let name: String = cleaned.trim().chars().take(NAME_MAX_CHARS).collect();
        if name.is_empty() { None } else { Some(Self(name)) }
    }

    /// The name itself, for the mail only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<name>")
    }
}

/// How a person is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Where to; none for guests who gave none.
    pub email: Option<Address>,
    /// In which language.
    pub language: Language,
    /// What they call themselves, if they said.
    pub name: Option<PersonName>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_never_prints() {
        let contact = Contact {
            email: Some(Address::new("hana@example.jp")),
            language: Language::of_tag("ja-JP"),
            name: PersonName::new("花子"),
        };
        let printed = format!("{contact:?}");
        assert!(!printed.contains("hana") && !printed.contains("花子"), "{printed}");
        assert_eq!(contact.language, Language::Ja);
    }

    #[test]
    fn a_name_can_not_break_a_line() {
        assert_eq!(PersonName::new("a\r\nBcc: x").unwrap().expose(), "a  Bcc: x");
        assert_eq!(PersonName::new(" \u{0} "), None);
    }
}
