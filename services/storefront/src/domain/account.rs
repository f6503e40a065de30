//! One person's account.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;
use shotengai_runtime::AccountRole;

use super::{Email, Language};

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
    /// What mails call the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What mails are written in.
    pub language: Language,
    /// What the account may do.
    pub role: AccountRole,
    /// Without a password: who loses the token loses the account.
    pub guest: bool,
    /// When it came to be.
    pub created_at: Timestamp,
}

impl Account {
    /// A guest's.
    #[must_use]
    pub const fn guest(email: Option<Email>, language: Language, created_at: Timestamp) -> Self {
        Self { email, name: None, language, role: AccountRole::Customer, guest: true, created_at }
    }

    /// When nobody needs it any more: anybody may open guests' accounts, as many as they like. Other accounts stay.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let kept = if self.email.is_some() { GUEST_WITH_ADDRESS_KEPT } else { GUEST_KEPT };
        if self.guest { self.created_at.checked_add(kept).ok() } else { None }
    }
}
