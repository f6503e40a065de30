//! The messages of one inbox, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use crate::{
    clock::wall_clock,
    config::InboxConfig,
    envelope::{Envelope, stamp},
    ident, mail,
    message::{Message, MessageSummary, MessagesSummary},
    search::{Query, SearchError, SearchIndex},
};

/// The messages of one [`Inbox`](crate::Inbox), newest first. Clones share them.
///
/// Nothing survives the process, and the oldest messages give way to new ones at the limits of
/// [`InboxConfig`](crate::InboxConfig).
#[derive(Debug, Clone)]
pub struct InboxStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    max_messages: usize,
    max_bytes: usize,
    started: Instant,
    next: AtomicU64,
    rejected: AtomicU64,
    mailbox: Mutex<Mailbox>,
    /// Counts arrivals, so that a waiter never misses one.
    arrivals: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Mailbox {
    /// By sequence number: the last is the newest.
    messages: BTreeMap<u64, Arc<Stored>>,
    sequences: HashMap<String, u64>,
    bytes: usize,
    removed: u64,
    accepted: u64,
    accepted_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Stored {
    summary: MessageSummary,
    pub(crate) source: Vec<u8>,
    index: SearchIndex,
    read: AtomicBool,
}

/// Numbers for `/api/v1/info`.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) messages: usize,
    pub(crate) unread: usize,
    pub(crate) bytes: usize,
    pub(crate) removed: u64,
    pub(crate) accepted: u64,
    pub(crate) accepted_bytes: usize,
    pub(crate) rejected: u64,
    pub(crate) uptime: Duration,
}

impl Stored {
    fn is_read(&self) -> bool {
        self.read.load(Ordering::Relaxed)
    }

    fn summary(&self) -> MessageSummary {
        MessageSummary { read: self.is_read(), ..self.summary.clone() }
    }

    pub(crate) fn message(&self) -> Message {
        mail::expand(&self.summary, &self.source)
    }
}

impl InboxStore {
    pub(crate) fn new(config: &InboxConfig) -> Self {
        Self {
            shared: Arc::new(Shared {
                max_messages: config.max_messages.max(1),
                max_bytes: config.max_store_bytes,
                started: Instant::now(),
                next: AtomicU64::new(0),
                rejected: AtomicU64::new(0),
                mailbox: Mutex::default(),
                arrivals: watch::Sender::new(0),
            }),
        }
    }

    /// How many messages are kept.
    #[must_use]
    pub fn count(&self) -> usize {
        self.mailbox().messages.len()
    }

    /// A page of the list, newest first; `limit` 0 means all.
    #[must_use]
    pub fn list(&self, start: usize, limit: usize) -> MessagesSummary {
        let all = self.newest_first();
        page(&all, all.iter().collect(), start, limit)
    }

    /// A page of what matches Mailpit's search language, newest first; `limit` 0 means all.
    ///
    /// # Errors
    /// If the query is empty or uses a filter that is not offered.
    pub fn search(&self, query: &str, start: usize, limit: usize) -> Result<MessagesSummary, SearchError> {
        let query = Query::parse(query)?;
        let all = self.newest_first();
        let matching = all.iter().filter(|stored| query.matches(&stored.index, stored.is_read())).collect();
        Ok(page(&all, matching, start, limit))
    }

    /// The whole message; unlike the API, reading it here does not mark it as read.
    #[must_use]
    pub fn message(&self, id: &str) -> Option<Message> {
        self.stored(id).map(|stored| stored.message())
    }

    /// The source as kept: the message as sent, below `Return-Path` and what else delivery adds.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<Vec<u8>> {
        self.stored(id).map(|stored| stored.source.clone())
    }

    /// Waits until at least `count` messages match `query`, then answers them whole, newest first; after `within`
    /// answers what there is, which may be fewer.
    ///
    /// # Errors
    /// If the query is empty or uses a filter that is not offered.
    pub async fn wait_for(&self, query: &str, count: usize, within: Duration) -> Result<Vec<Message>, SearchError> {
        let query = Query::parse(query)?;
        let deadline = Instant::now() + within;
        let mut arrivals = self.shared.arrivals.subscribe();
        loop {
            arrivals.mark_unchanged();
            let mut found = self.newest_first();
            found.retain(|stored| query.matches(&stored.index, stored.is_read()));
            let enough = found.len() >= count;
            if enough || tokio::time::timeout_at(deadline, arrivals.changed()).await.is_err() {
                return Ok(found.iter().map(|stored| stored.message()).collect());
            }
        }
    }

    /// Marks these messages, or all if `ids` is `None`; unknown ids are passed over.
    pub fn set_read(&self, ids: Option<&[String]>, read: bool) {
        let mailbox = self.mailbox();
        let mark = |stored: &Arc<Stored>| stored.read.store(read, Ordering::Relaxed);
        match ids {
            None => mailbox.messages.values().for_each(mark),
            Some(ids) => ids.iter().filter_map(|id| mailbox.find(id)).for_each(mark),
        }
    }

    /// Removes these messages, or all if `ids` is `None`; unknown ids are passed over.
    pub fn delete(&self, ids: Option<&[String]>) {
        let mut mailbox = self.mailbox();
        let sequences: Vec<u64> = match ids {
            None => mailbox.messages.keys().copied().collect(),
            Some(ids) => ids.iter().filter_map(|id| mailbox.sequences.get(id)).copied().collect(),
        };
        sequences.into_iter().for_each(|sequence| mailbox.remove(sequence));
    }

    /// Keeps a delivered message and answers its id. When this returns, every reader sees it.
    pub(crate) fn insert(&self, envelope: &Envelope, data: &[u8]) -> String {
        let sequence = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let id = ident::message_id(sequence);
        let source = stamp(envelope, data, &id);
        let created = format!("{:.3}", wall_clock());
        let (summary, index) = mail::summarise(id.clone(), &source, created);
        let stored = Arc::new(Stored { summary, source, index, read: AtomicBool::new(false) });
        {
            let mut mailbox = self.mailbox();
            mailbox.add(sequence, stored);
            mailbox.shrink(self.shared.max_messages, self.shared.max_bytes);
        }
        self.shared.arrivals.send_modify(|arrivals| *arrivals += 1);
        id
    }

    pub(crate) fn count_rejected(&self) {
        self.shared.rejected.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stored(&self, id: &str) -> Option<Arc<Stored>> {
        self.mailbox().find(id).map(Arc::clone)
    }

    pub(crate) fn latest(&self, query: Option<&str>) -> Result<Option<Arc<Stored>>, SearchError> {
        let query = query.map(Query::parse).transpose()?;
        let wanted =
            |stored: &&Arc<Stored>| query.as_ref().is_none_or(|query| query.matches(&stored.index, stored.is_read()));
        Ok(self.newest_first().iter().find(wanted).map(Arc::clone))
    }

    pub(crate) fn matching_ids(&self, query: &str) -> Result<Vec<String>, SearchError> {
        Ok(self.search(query, 0, 0)?.messages.into_iter().map(|summary| summary.id).collect())
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let mailbox = self.mailbox();
        Statistics {
            messages: mailbox.messages.len(),
            unread: mailbox.messages.values().filter(|stored| !stored.is_read()).count(),
            bytes: mailbox.bytes,
            removed: mailbox.removed,
            accepted: mailbox.accepted,
            accepted_bytes: mailbox.accepted_bytes,
            rejected: self.shared.rejected.load(Ordering::Relaxed),
            uptime: self.shared.started.elapsed(),
        }
    }

    /// A moment's list, so that searching holds up no delivery.
    fn newest_first(&self) -> Vec<Arc<Stored>> {
        self.mailbox().messages.values().rev().map(Arc::clone).collect()
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.shared.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    fn find(&self, id: &str) -> Option<&Arc<Stored>> {
        self.messages.get(self.sequences.get(id)?)
    }

    fn add(&mut self, sequence: u64, stored: Arc<Stored>) {
        self.bytes += stored.source.len();
        self.accepted += 1;
        self.accepted_bytes += stored.source.len();
        self.sequences.insert(stored.summary.id.clone(), sequence);
        self.messages.insert(sequence, stored);
    }

    fn remove(&mut self, sequence: u64) {
        if let Some(stored) = self.messages.remove(&sequence) {
            self.bytes -= stored.source.len();
            self.sequences.remove(&stored.summary.id);
            self.removed += 1;
        }
    }

    fn shrink(&mut self, max_messages: usize, max_bytes: usize) {
        while self.messages.len() > max_messages || (self.bytes > max_bytes && self.messages.len() > 1) {
            let Some(oldest) = self.messages.keys().next().copied() else { return };
            self.remove(oldest);
        }
    }
}

fn page(all: &[Arc<Stored>], matching: Vec<&Arc<Stored>>, start: usize, limit: usize) -> MessagesSummary {
    let unread = |stored: &&Arc<Stored>| !stored.is_read();
    let limit = if limit == 0 { usize::MAX } else { limit };
    let messages: Vec<MessageSummary> =
        matching.iter().skip(start).take(limit).map(|stored| stored.summary()).collect();
    MessagesSummary {
        total: all.len(),
        unread: all.iter().filter(unread).count(),
        count: messages.len(),
        messages_count: matching.len(),
        messages_unread: matching.iter().copied().filter(unread).count(),
        start,
        tags: Vec::new(),
        messages,
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
