//! The port behind which mails leave.

use async_trait::async_trait;
use jiff::Timestamp;
use shotengai_messaging::Fault;

use crate::domain::contact::{Address, Language, PersonName};
use crate::domain::mail::MailKind;
use crate::render::Rendered;

/// A mail, ready to be sent.
#[derive(Debug, Clone)]
pub struct OutgoingMail {
    /// Which mail it is.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// Where to.
    pub to: Address,
    /// What the person calls themselves.
    pub name: Option<PersonName>,
    /// With its angle brackets; the same on each copy.
    pub message_id: String,
    /// Subject and both bodies.
    pub content: Rendered,
    /// W3C trace context, as a header of the mail.
    pub traceparent: Option<String>,
    /// Its date.
    pub date: Timestamp,
}

/// Why a mail did not leave. Never carries the address, nor a server's text, which likes to quote it.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No mail will ever reach this address: the server refused it for good, or it is none.
    #[error("no mail will reach the address: {why}")]
    Refused {
        /// What was refused and with which codes.
        why: String,
    },
    /// It may work later; after a transient fault the mail may have left. Whose fault it is, its kind says.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Sends mails, each at least once when it answers well.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail; well means that the server has taken responsibility for it.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError>;

    /// A cheap call that answers when the server does.
    ///
    /// # Errors
    /// A [`Fault`] of the server.
    async fn ping(&self) -> Result<(), Fault>;
}
