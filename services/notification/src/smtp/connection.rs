//! One conversation with a server, every step with a deadline.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use lettre::address::{Address, Envelope};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::reply::{Enhanced, Reply, Stage};
use super::server::{Security, SmtpServer};

/// How long a server may take over one step.
const STEP: Duration = Duration::from_secs(10);

/// Why a conversation ended. A server's text is left out: it may quote the address.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    /// The recipient's address has characters that this server can't carry.
    #[error("the address needs SMTPUTF8, which the server does not offer")]
    NeedsUtf8,
    /// Our own has.
    #[error("MAIL_FROM needs SMTPUTF8, which the server does not offer")]
    SenderNeedsUtf8,
    /// The server refused a step.
    #[error("{step} was answered with {reply}")]
    Refused {
        /// The step.
        step: &'static str,
        /// The answer.
        reply: Reply,
    },
    /// No answer in time.
    #[error("{0} was not answered in time")]
    Late(&'static str),
    /// The network, TLS or the protocol failed.
    #[error("{step} failed: {what}")]
    Broken {
        /// The step.
        step: &'static str,
        /// In a word.
        what: &'static str,
    },
}

impl StepError {
    /// What the server answered, and to what.
    pub(super) fn refusal(&self) -> Option<(Stage, Reply)> {
        let Self::Refused { step, reply } = self else { return None };
        let stage = match *step {
            MAIL => Stage::Sender,
            RCPT => Stage::Recipient,
            DATA | CONTENT => Stage::Content,
            _ => Stage::Opening,
        };
        Some((stage, *reply))
    }
}

const MAIL: &str = "mail";
const RCPT: &str = "rcpt";
const DATA: &str = "data";
const CONTENT: &str = "content";

/// An open connection.
pub(super) struct Connection(AsyncSmtpConnection);

impl Connection {
    /// Connects, says hello, encrypts and logs in, as the server is configured.
    pub(super) async fn open(server: &SmtpServer) -> Result<Self, StepError> {
        let tls = || TlsParameters::new(server.host.clone()).map_err(|error| explain("tls", &error));
        let wrapper = if server.security == Security::Wrapped { Some(tls()?) } else { None };
        let address = (server.host.as_str(), server.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(STEP), &server.hello, wrapper, None);
        let mut connection = step("connect", connecting).await?;
        let upgrade = match server.security {
            Security::Required => true,
            Security::Opportunistic => connection.can_starttls(),
            Security::None | Security::Wrapped => false,
        };
        if upgrade {
            step("starttls", connection.starttls(tls()?, &server.hello)).await?;
        }
        if let Some(credentials) = &server.credentials {
            step("auth", connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(Self(connection))
    }

    /// Makes sure that it is alive and between two mails.
    pub(super) async fn reset(&mut self) -> Result<(), StepError> {
        step("rset", self.0.command(Rset)).await.map(drop)
    }

    /// Hands one mail over. After an error the connection must not be used again.
    pub(super) async fn deliver(&mut self, envelope: &Envelope, message: &[u8]) -> Result<(), StepError> {
        let mut parameters = Vec::new();
        let needs_utf8 = |address: &Address| !AsRef::<str>::as_ref(address).is_ascii();
        let (sender, recipient) = (envelope.from().is_some_and(needs_utf8), envelope.to().iter().any(needs_utf8));
        if sender || recipient {
            if !self.0.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(if sender { StepError::SenderNeedsUtf8 } else { StepError::NeedsUtf8 });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        step(MAIL, self.0.command(Mail::new(envelope.from().cloned(), parameters))).await?;
        for recipient in envelope.to() {
            step(RCPT, self.0.command(Rcpt::new(recipient.clone(), Vec::new()))).await?;
        }
        step(DATA, self.0.command(Data)).await?;
        step(CONTENT, self.0.message(message)).await.map(drop)
    }
}

async fn step<T>(name: &'static str, doing: impl Future<Output = Result<T, SmtpError>>) -> Result<T, StepError> {
    match timeout(STEP, doing).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(explain(name, &error)),
        Err(_) => Err(StepError::Late(name)),
    }
}

fn explain(step: &'static str, error: &SmtpError) -> StepError {
    if let Some(code) = error.status() {
        let enhanced = error.source().and_then(|text| Enhanced::of(&text.to_string()));
        return StepError::Refused { step, reply: Reply { code: code.into(), enhanced } };
    }
    let what = if error.is_timeout() {
        "timed out"
    } else if error.is_tls() {
        "no secure connection"
    } else if error.is_response() {
        "an answer that is no SMTP, or none"
    } else if error.is_client() {
        "the server does not offer what is needed"
    } else {
        "no connection"
    };
    StepError::Broken { step, what }
}
