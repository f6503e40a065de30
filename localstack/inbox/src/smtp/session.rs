//! One client's conversation without I/O: bytes in, actions out, so that pipelining needs no special case.

use std::borrow::Cow;

use super::{command::Command, data::DataReader, path::Path, reply::Reply};
use crate::envelope::Envelope;

/// Bytes of a command line with its end. The standard asks for 512 and more for extensions.
const MAX_LINE_BYTES: usize = 1_024;
/// Recipients of one message; the standard asks for at least 100.
const MAX_RECIPIENTS: usize = 1_000;
/// Refused commands in a row before the client is taken for something else, such as a browser.
const MAX_ERRORS: u32 = 20;

/// What the connection does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Reply(Reply),
    /// Keep this message, and only then answer.
    Deliver(Envelope, Vec<u8>),
    /// A message was refused for its size; the reply says so.
    Refuse(Reply),
    /// The last reply.
    Close(Reply),
}

#[derive(Debug)]
struct Transaction {
    envelope: Envelope,
    utf8: bool,
}

/// The state of one conversation.
#[derive(Debug)]
pub(crate) struct Session {
    max_message_bytes: usize,
    input: Vec<u8>,
    /// How much of `input` is dealt with.
    used: usize,
    /// The start of an overlong line was dropped; so is the rest.
    skipping_line: bool,
    greeted: bool,
    transaction: Option<Transaction>,
    data: Option<DataReader>,
    errors: u32,
}

impl Session {
    pub(crate) fn new(max_message_bytes: usize) -> Self {
        Self {
            max_message_bytes,
            input: Vec::new(),
            used: 0,
            skipping_line: false,
            greeted: false,
            transaction: None,
            data: None,
            errors: 0,
        }
    }

    /// Takes what arrived; then call [`Session::next`] until it answers `None`.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// Whether a message is on its way, which a stopping server lets finish.
    pub(crate) fn is_receiving_message(&self) -> bool {
        self.data.is_some()
    }

    /// What to do next, or `None` until more arrives.
    pub(crate) fn next(&mut self) -> Option<Action> {
        if self.data.is_some() {
            return self.next_of_message();
        }
        let rest = self.input.get(self.used..).unwrap_or_default();
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else {
            if rest.len() >= MAX_LINE_BYTES {
                self.used = self.input.len();
                self.skipping_line = true;
            }
            return None;
        };
        let line = rest.get(..length).unwrap_or_default().to_vec();
        self.used += length + 1;
        if std::mem::take(&mut self.skipping_line) || length >= MAX_LINE_BYTES {
            return Some(self.answer(Err(Reply::new(500, "The line is too long"))));
        }
        // A lone LF ends a command line too, for people typing; within a message it does not.
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let outcome = Command::parse(line).and_then(|command| self.apply(command));
        Some(self.answer(outcome))
    }

    fn next_of_message(&mut self) -> Option<Action> {
        let (used, done) = self.data.as_mut()?.read(self.input.get(self.used..).unwrap_or_default());
        self.used += used;
        if !done {
            return None;
        }
        let message = self.data.take()?.finish();
        let envelope = self.transaction.take()?.envelope;
        Some(message.map_or_else(|| Action::Refuse(Reply::too_large()), |message| Action::Deliver(envelope, message)))
    }

    fn answer(&mut self, outcome: Result<Action, Reply>) -> Action {
        match outcome {
            Ok(action) => {
                self.errors = 0;
                action
            }
            Err(_) if self.errors >= MAX_ERRORS => Action::Close(Reply::new(421, "Too many errors, closing")),
            Err(reply) => {
                self.errors += u32::from(reply.is_error());
                Action::Reply(reply)
            }
        }
    }

    fn apply(&mut self, command: Command) -> Result<Action, Reply> {
        let reply = match command {
            Command::Helo | Command::Ehlo => {
                self.greeted = true;
                self.transaction = None;
                if command == Command::Ehlo { self.extensions() } else { Reply::new(250, "localhost") }
            }
            Command::Mail { sender, size, utf8 } => self.mail(sender, size, utf8)?,
            Command::Rcpt(recipient) => self.rcpt(recipient)?,
            Command::Data => self.data()?,
            Command::Rset => {
                self.transaction = None;
                Reply::ok()
            }
            Command::Noop => Reply::ok(),
            Command::Verify => Reply::new(252, "Every mailbox is accepted"),
            Command::Help => Reply::new(214, "RFC 5321; read the mail over HTTP"),
            Command::Quit => return Ok(Action::Close(Reply::new(221, "localhost closing"))),
        };
        Ok(Action::Reply(reply))
    }

    fn extensions(&self) -> Reply {
        let size = Cow::Owned(format!("SIZE {}", self.max_message_bytes));
        let lines = ["localhost", "PIPELINING", "8BITMIME", "SMTPUTF8"].map(Cow::Borrowed).into_iter().chain([size]);
        Reply::with_lines(250, lines.collect())
    }

    fn mail(&mut self, sender: Path, size: Option<usize>, utf8: bool) -> Result<Reply, Reply> {
        if !self.greeted {
            return Err(Reply::bad_sequence("Say EHLO first"));
        }
        if self.transaction.is_some() {
            return Err(Reply::bad_sequence("A message is already begun"));
        }
        if size.is_some_and(|size| size > self.max_message_bytes) {
            return Err(Reply::too_large());
        }
        let sender = match sender {
            Path::Null => String::new(),
            Path::Mailbox(mailbox) => needs_utf8(mailbox, utf8)?,
        };
        self.transaction = Some(Transaction { envelope: Envelope { sender, recipients: Vec::new() }, utf8 });
        Ok(Reply::ok())
    }

    fn rcpt(&mut self, recipient: String) -> Result<Reply, Reply> {
        let transaction = self.transaction.as_mut().ok_or_else(|| Reply::bad_sequence("Say MAIL first"))?;
        let recipients = &mut transaction.envelope.recipients;
        if recipients.len() >= MAX_RECIPIENTS {
            return Err(Reply::new(452, "Too many recipients"));
        }
        recipients.push(needs_utf8(recipient, transaction.utf8)?);
        Ok(Reply::ok())
    }

    fn data(&mut self) -> Result<Reply, Reply> {
        match &self.transaction {
            None => Err(Reply::bad_sequence("Say MAIL first")),
            Some(begun) if begun.envelope.recipients.is_empty() => Err(Reply::bad_sequence("Say RCPT first")),
            Some(_) => {
                self.data = Some(DataReader::new(self.max_message_bytes));
                Ok(Reply::new(354, "End with a dot on its own line"))
            }
        }
    }
}

/// RFC 6531, 3.5: an address beyond ASCII needs the extension to be asked for.
fn needs_utf8(mailbox: String, utf8: bool) -> Result<String, Reply> {
    if utf8 || mailbox.is_ascii() { Ok(mailbox) } else { Err(Reply::new(553, "This address needs SMTPUTF8")) }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
