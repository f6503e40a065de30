//! A mail as MIME.

use std::time::SystemTime;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use shotengai_messaging::trace::TRACEPARENT;
use shotengai_messaging::{Fault, FaultKind};

use crate::domain::contact::PersonName;
use crate::mailer::{OutgoingMail, SendError};

/// Builds the message. Two copies of one mail differ in date and trace only: even the boundary is derived from its id.
pub(super) fn build(mail: &OutgoingMail, from: &Mailbox) -> Result<Message, SendError> {
    let address: Address =
        mail.to.expose().parse().map_err(|_| SendError::Refused { why: "it is no address".to_owned() })?;
    let name = mail.name.as_ref().map(|name| PersonName::expose(name).to_owned());
    // Not from the headers: read back from there, an address with quotes is none.
    let envelope = Envelope::new(Some(from.email.clone()), vec![address.clone()])
        .map_err(|error| Fault::new(FaultKind::Permanent, "smtp.build", error))?;
    let mut builder = Message::builder()
        .envelope(envelope)
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(&mail.content.subject)
        .message_id(Some(mail.message_id.clone()))
        .date(SystemTime::from(mail.date))
        .header(AutoSubmitted);
    if let Some(traceparent) = &mail.traceparent {
        builder =
            builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(TRACEPARENT), traceparent.clone()));
    }
    let body = MultiPart::alternative()
        .boundary(boundary(&mail.message_id))
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.content.text))
        .singlepart(part(ContentType::TEXT_HTML, &mail.content.html));
    builder
        .multipart(body)
        // lettre's texts name header fields, never their values.
        .map_err(|error| Fault::new(FaultKind::Permanent, "smtp.build", error).into())
}

fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder().header(content_type).body(body.to_owned())
}

/// At most 70 characters of the set that needs no quotes (RFC 2046, 5.1.1), and none that base64 or quoted-printable
/// would put behind two dashes at a line's start.
fn boundary(message_id: &str) -> String {
    let plain: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    format!("=_{plain}_=")
}

/// RFC 3834: no holiday replies, please.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
