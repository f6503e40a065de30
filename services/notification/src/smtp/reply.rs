//! Replies: whose fault it is that a server does not take a mail, by its three-digit reply and, where it sends one, the
//! enhanced status code (RFC 3463). Pure.
//!
//! A code seldom says it alone. Postfix reports whom it does not serve, whom it does not believe and whom it has blocked at
//! RCPT (`smtpd_delay_reject`), as if the recipient were to blame; and `5.7.1` is what it says of one recipient that its
//! administrator refuses, too. Such a reply is [`Blame::Unclear`], and other mails' fate decides.

use std::fmt;

/// An enhanced status code, such as `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Enhanced {
    /// The code that a reply's text begins with.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace().next()?.split('.');
        let code = Self {
            class: parts.next()?.parse().ok().filter(|class| matches!(class, 2 | 4 | 5))?,
            subject: parts.next()?.parse().ok()?,
            detail: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(code)
    }
}

/// What a server answered. Its text is left out: it may quote the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The three-digit reply.
    pub code: u16,
    /// What follows it.
    pub enhanced: Option<Enhanced>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.enhanced.map_or(Ok(()), |Enhanced { class, subject, detail }| write!(f, " {class}.{subject}.{detail}"))
    }
}

/// Steps of a conversation, as far as they differ in whom a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before there is a mail: connect, hello, encrypt, log in.
    Opening,
    /// The sender, which is always ours.
    Sender,
    /// The recipient.
    Recipient,
    /// The mail itself.
    Content,
}

impl Stage {
    /// The step that a refusal at this stage was the answer to.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "the opening",
            Self::Sender => "MAIL",
            Self::Recipient => "RCPT",
            Self::Content => "DATA",
        }
    }
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// It passes.
    Nobody,
    /// The recipient's: no mail will ever reach this address.
    Recipient,
    /// The installation's: the server does not serve us, or not as it is asked.
    Installation,
    /// This mail's, or the installation's.
    Unclear,
}

impl Reply {
    /// Whose fault this reply is.
    pub(super) fn blame(self, stage: Stage) -> Blame {
        if self.code < 500 {
            return Blame::Nobody;
        }
        match stage {
            Stage::Opening => return Blame::Installation,
            // What only some mails ask for: characters beyond ASCII.
            Stage::Sender if matches!(self.code, 501 | 504 | 555) => return Blame::Unclear,
            Stage::Sender => return Blame::Installation,
            Stage::Recipient | Stage::Content => {}
        }
        // It wants to know who we are, or does not believe it.
        if matches!(self.code, 530 | 534 | 535 | 538) {
            return Blame::Installation;
        }
        match self.enhanced.map(|enhanced| (enhanced.subject, enhanced.detail)) {
            // The sender's address or system, our authentication.
            Some((1, 7 | 8) | (7, 0 | 3..=5 | 8..=14)) => Blame::Installation,
            Some((1 | 2, _) | (6, 7 | 9 | 10)) if stage == Stage::Recipient => Blame::Recipient,
            _ => Blame::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        let (code, text) = line.split_once(' ').unwrap();
        Reply { code: code.parse().unwrap(), enhanced: Enhanced::of(text) }
    }

    #[test]
    fn a_refusal_at_rcpt_is_the_recipients_only_where_its_code_says_so() {
        let table = [
            ("550 5.1.1 no such user", Blame::Recipient),
            ("550 5.1.10 null MX", Blame::Recipient),
            ("553 5.1.3 bad syntax", Blame::Recipient),
            ("550 5.2.1 mailbox disabled", Blame::Recipient),
            ("552 5.2.2 mailbox full", Blame::Recipient),
            ("553 5.6.7 no such characters", Blame::Recipient),
            ("553 5.1.8 sender's domain not found", Blame::Installation),
            ("550 5.1.7 bad sender", Blame::Installation),
            ("530 5.7.0 authentication required", Blame::Installation),
            ("535 5.7.8 bad credentials", Blame::Installation),
            ("530 authentication required", Blame::Installation),
            ("550 5.7.25 no PTR record", Blame::Unclear),
            ("554 5.7.1 relay access denied", Blame::Unclear),
            ("554 5.7.1 service unavailable; client blocked", Blame::Unclear),
            ("550 no such user", Blame::Unclear),
            ("550 5.4.1 access denied", Blame::Unclear),
            ("554 no", Blame::Unclear),
            ("450 4.7.1 greylisted", Blame::Nobody),
            ("452 4.2.2 mailbox full", Blame::Nobody),
        ];
        for (line, blame) in table {
            assert_eq!(reply(line).blame(Stage::Recipient), blame, "{line}");
        }
    }

    #[test]
    fn before_the_recipient_it_is_the_installations_and_after_it_unclear() {
        for (line, stage, blame) in [
            ("535 5.7.8 bad credentials", Stage::Opening, Blame::Installation),
            ("554 5.7.1 go away", Stage::Opening, Blame::Installation),
            ("421 4.3.2 shutting down", Stage::Opening, Blame::Nobody),
            ("550 5.7.1 sender rejected", Stage::Sender, Blame::Installation),
            ("555 5.5.4 unknown parameter", Stage::Sender, Blame::Unclear),
            ("554 5.7.1 looks like spam", Stage::Content, Blame::Unclear),
            ("552 5.3.4 too large", Stage::Content, Blame::Unclear),
            ("550 5.1.1 no such user", Stage::Content, Blame::Unclear),
            ("530 5.7.0 authentication required", Stage::Content, Blame::Installation),
        ] {
            assert_eq!(reply(line).blame(stage), blame, "{line} at {stage:?}");
        }
    }

    #[test]
    fn a_reply_shows_its_codes_and_nothing_of_its_text() {
        assert_eq!(reply("550 5.1.1 <hana@example.jp>: unknown").to_string(), "550 5.1.1");
        assert_eq!(reply("550 <hana@example.jp>: unknown").to_string(), "550");
        for no_code in ["5.1", "5.1.x unknown", "10.1.2 is blocked", "192.0.2.1 is blocked", ""] {
            assert_eq!(Enhanced::of(no_code), None, "{no_code}");
        }
    }
}
