//! The way out where nothing may leave: mails are told of, by what may be known of them.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_messaging::Fault;
use shotengai_runtime::{Context, Deps, Role};

use crate::mailer::{Mailer, OutgoingMail, SendError};
use crate::render::RenderError;
use crate::{NotificationSettings, assemble, mailing};

/// Is told what would have been sent.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// Assembles the role over these, which rehearse, with a way out that tells of mails and sends none. Contacts are asked for as ever, by
/// the neighbours of `deps`: without them nobody knows whether there is an address, and in which language.
///
/// # Errors
/// [`RenderError`] where mails have no look.
pub fn rehearsed(
    context: &Context,
    deps: Deps,
    settings: &NotificationSettings,
    tell: Tell,
) -> Result<Role, RenderError> {
    Ok(assemble(deps, mailing(context, settings, Arc::new(Told(tell)))?))
}

/// Sends nothing.
struct Told(Tell);

#[async_trait]
impl Mailer for Told {
    /// Whom it is for stays covered, as the letter's body does.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        (self.0)(format!(
            "mail {}, language {}, to the customer's address",
            mail.kind.as_str(),
            mail.language.as_str()
        ));
        Ok(())
    }

    async fn ping(&self) -> Result<(), Fault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use jiff::Timestamp;

    use super::*;
    use crate::domain::contact::{Address, Language};
    use crate::domain::mail::MailKind;
    use crate::render::Rendered;

    #[tokio::test]
    async fn a_mail_is_told_of_by_kind_and_language_and_nothing_of_whom_it_is_for() {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&told);
        let mailer = Told(Arc::new(move |what| heard.lock().unwrap_or_else(PoisonError::into_inner).push(what)));
        let content =
            Rendered { subject: "your order ord_1".to_owned(), text: "Hanako".to_owned(), html: "Hanako".to_owned() };
        let mail = OutgoingMail {
            kind: MailKind::Receipt,
            language: Language::Ja,
            to: Address::new("hanako@example.com"),
            name: None,
            message_id: "<ord_1.receipt@shotengai>".to_owned(),
            content,
            traceparent: None,
            date: Timestamp::UNIX_EPOCH,
        };
        mailer.send(&mail).await.unwrap();
        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*told, ["mail receipt, language ja, to the customer's address"]);
    }
}
