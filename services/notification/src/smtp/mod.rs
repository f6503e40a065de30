//! Mails over SMTP.
//!
//! lettre speaks the protocol; the few connections that are kept between mails are ours, for two reasons. lettre's pool
//! takes a connection back from a send that was given up half-way, and the next mail would read the last one's replies.
//! And only step by step does one know that it was the recipient that was refused, not our sender or our content.

mod connection;
mod message;
mod server;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use lettre::message::Mailbox;
use shotengai_messaging::{Fault, FaultKind};

use self::connection::{Connection, StepError};
pub use self::server::{SmtpServer, SmtpServerError};
use crate::mailer::{Mailer, OutgoingMail, SendError};

/// The SMTP server that takes our mails. Opens a connection for each mail that is under way at the same time.
pub struct SmtpMailer {
    server: SmtpServer,
    from: Mailbox,
    idle: Mutex<Vec<Connection>>,
}

impl SmtpMailer {
    /// Sends through this server in this sender's name. Connects at the first mail.
    #[must_use]
    pub fn new(server: SmtpServer, from: Mailbox) -> Self {
        Self { server, from, idle: Mutex::new(Vec::new()) }
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
                self.keep(connection);
                Ok(())
            }
            // Whatever state the conversation is in, the connection ends here with it.
            Err(StepError::Recipient(code)) => Err(SendError::Refused { code: Some(code) }),
            Err(StepError::NeedsUtf8) => Err(SendError::Refused { code: None }),
            Err(error) => Err(fault(&error).into()),
        }
    }

    async fn ping(&self) -> Result<(), Fault> {
        let connection = self.connect().await?;
        self.keep(connection);
        Ok(())
    }
}

/// A refusal that is not the recipient's is the operator's to repair, and the mail is worth another try after that.
fn fault(error: &StepError) -> Fault {
    Fault::new(FaultKind::Transient, OPERATION, error.to_string())
}
