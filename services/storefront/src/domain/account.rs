//! One person's account.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;
use shotengai_kernel::text::{TextError, TextRule};
use shotengai_runtime::AccountRole;

use super::{Email, Language};

const NAME: TextRule = TextRule::line(1, 100);
/// A guest who gets no mail is known by their token, which lives for a day.
const GUEST_KEPT: SignedDuration = SignedDuration::from_hours(2 * 24);
/// Mails about a guest's orders come for as long as somebody ships or refunds them.
const GUEST_WITH_ADDRESS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What is known about a person. Erasing a person is deleting this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where mail goes; without it none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The person's name in mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// What mails are written in.
    pub language: Language,
    /// What the account may do.
    pub role: AccountRole,
    /// Stands for their id at another issuer, whose tokens they come with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Without a password: who loses the token loses the account.
    pub guest: bool,
    /// When it came to be.
    pub created_at: Timestamp,
}

/// Address and name, as a person says them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where mail goes, and by what the account is known at sign-in.
    pub email: Email,
    /// The person's name in mails.
    pub name: Option<PersonName>,
}

/// A person's name in mails. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`TextError`], which doesn't quote it.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        NAME.check(text).map(|name| Self(name.to_owned()))
    }

    /// The name, for mails and for its owner. Not for logs or errors.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

impl Account {
    /// A guest's.
    #[must_use]
    pub const fn guest(email: Option<Email>, language: Language, created_at: Timestamp) -> Self {
        Self { email, name: None, language, role: AccountRole::Customer, subject: None, guest: true, created_at }
    }

    /// A customer's who has registered, and was nobody before.
    #[must_use]
    pub fn customer(person: Person, language: Language, created_at: Timestamp) -> Self {
        Self::guest(None, language, created_at).registered(person, None)
    }

    /// The same account, of a guest who registers.
    #[must_use]
    pub fn registered(self, person: Person, language: Option<Language>) -> Self {
        let Person { email, name } = person;
        let language = language.unwrap_or(self.language);
        Self { email: Some(email), name: name.or(self.name), language, guest: false, ..self }
    }

    /// When nobody needs it any more: anybody may open guests' accounts, as many as they like. Other accounts stay.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let kept = if self.email.is_some() { GUEST_WITH_ADDRESS_KEPT } else { GUEST_KEPT };
        if self.guest { self.created_at.checked_add(kept).ok() } else { None }
    }
}
