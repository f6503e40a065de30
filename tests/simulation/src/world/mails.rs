//! Mails that were taken, and their records.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{World, lock};
use crate::network::{Landing, Network};

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// When.
    pub at: Duration,
    /// Its Message-ID.
    pub message_id: String,
    /// The process that sent it.
    pub process: usize,
    /// Its life then.
    pub sender: u64,
    /// Whether it had been given up by then.
    pub late: bool,
}

#[derive(Default)]
pub(super) struct Mails {
    taken: Vec<Mail>,
    /// When a mail was first written down as sent, by its name.
    recorded: BTreeMap<String, Duration>,
}

impl World {
    /// Keeps a mail.
    pub fn keep_mail(&self, message_id: &str, network: &Network, landing: Landing) {
        let (process, sender) = (network.process(), network.life());
        let (at, late) = (self.elapsed(), landing == Landing::Late);
        lock(&self.mails).taken.push(Mail { at, message_id: message_id.to_owned(), process, sender, late });
    }

    /// All mails, by time.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).taken.clone()
    }

    /// A mail was written down as sent.
    pub fn record_mail(&self, name: &str) {
        let at = self.elapsed();
        lock(&self.mails).recorded.entry(name.to_owned()).or_insert(at);
    }

    /// When a mail was written down as sent.
    #[must_use]
    pub fn mail_recorded(&self, name: &str) -> Option<Duration> {
        lock(&self.mails).recorded.get(name).copied()
    }
}

/// Where a customer's mails go.
#[must_use]
pub fn address(user: &str) -> String {
    format!("{user}@example.com")
}
