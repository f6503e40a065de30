//! Mails over SMTP.
//!
//! lettre speaks the protocol; the few connections that are kept between mails are ours, for two reasons. lettre's pool
//! takes a connection back from a send that was given up half-way, and the next mail would read the last one's replies.
//! And only step by step does one know what it was that was refused.
//!
//! Whose fault a refusal is: `reply` says by its codes, `refusals` by what the server answers to others.

mod connection;
mod message;
mod refusals;
mod reply;
mod server;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use lettre::message::Mailbox;
use shotengai_messaging::{Fault, FaultKind};

use self::connection::{Connection, StepError};
pub use self::refusals::Refusals;
use self::reply::Blame;
pub use self::reply::{Enhanced, Reply, Stage};
pub use self::server::{SmtpServer, SmtpServerError};
use crate::mailer::{Mailer, OutgoingMail, SendError};

/// The SMTP server that takes our mails. Opens a connection for each mail that is under way at the same time.
pub struct SmtpMailer {
    server: SmtpServer,
    from: Mailbox,
    idle: Mutex<Vec<Connection>>,
    refusals: Refusals,
}

impl SmtpMailer {
    /// Sends through this server in this sender's name. Connects at the first mail.
    #[must_use]
    pub fn new(server: SmtpServer, from: Mailbox) -> Self {
        Self { server, from, idle: Mutex::new(Vec::new()), refusals: Refusals::default() }
    }

    /// A connection that has just answered: a kept one, else a new one.
    async fn connect(&self) -> Result<Connection, Fault> {
        while let Some(mut connection) = self.take_idle() {
            if connection.reset().await.is_ok() {
                return Ok(connection);
            }
        }
        Connection::open(&self.server).await.map_err(|error| fault(&error))
    }

    /// Why a mail to this recipient was not taken.
    fn refused(&self, recipient: &str, error: &StepError) -> SendError {
        if matches!(error, StepError::NeedsUtf8) {
            return SendError::Refused { why: error.to_string() };
        }
        match error.refusal() {
            None | Some((Stage::Opening, _)) => fault(error).into(),
            Some((stage, reply)) => self.refusals.refused(recipient, stage, reply),
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

const OPERATION: &str = "smtp.send";

#[async_trait]
impl Mailer for SmtpMailer {
    #[tracing::instrument(name = "smtp send", skip_all, fields(otel.kind = "client"))]
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let message = message::build(mail, &self.from)?;
        let mut connection = self.connect().await?;
        match connection.deliver(message.envelope(), &message.formatted()).await {
            Ok(()) => {
                self.refusals.taken(mail.to.expose());
                self.keep(connection);
                Ok(())
            }
            // Whatever state the conversation is in, the connection ends here with it.
            Err(error) => Err(self.refused(mail.to.expose(), &error)),
        }
    }

    async fn ping(&self) -> Result<(), Fault> {
        let connection = self.connect().await?;
        self.keep(connection);
        Ok(())
    }
}

/// A fault that is none of the mail's: of the way to the server, or of the server towards us.
fn fault(error: &StepError) -> Fault {
    let denied = matches!(error, StepError::SenderNeedsUtf8)
        || error.refusal().is_some_and(|(stage, reply)| reply.blame(stage) == Blame::Installation);
    let kind = if denied { FaultKind::Denied } else { FaultKind::Transient };
    Fault::new(kind, OPERATION, error.to_string())
}
