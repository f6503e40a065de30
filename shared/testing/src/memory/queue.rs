//! A standard queue.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use shotengai_kernel::Ports;
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::queue::{
    MAX_DELAY, MAX_VISIBILITY, MAX_WAIT, QUEUE_MAX_BATCH, Queue, QueueDepth, RawDelivery, Receipt,
};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults::{FaultInjector, Gate, throttled};
use super::limits::{self, invalid};
use super::mailbox::{Mailbox, StoredMessage, Unsettled};
use super::{NoFaults, lock};

const RECEIVE: &str = "queue.receive";
const DELETE: &str = "queue.delete";
const CHANGE: &str = "queue.change_visibility";
const SEND: &str = "queue.send";
const DEPTH: &str = "queue.depth";

/// A duplicate comes at most this much later than its original.
const DUPLICATE_LAG_SECONDS: u64 = 5;

/// How a queue behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueConfig {
    /// After so many receives a message goes to the dead letters, where there are any.
    pub max_receive_count: u32,
    /// Deliver in random order instead of the order of arrival.
    pub shuffle: bool,
    /// How many of a thousand messages come twice.
    pub duplicates_per_mille: u64,
    /// How long after it was sent a message is kept; `None`: for ever. A redrive by the queue's own policy does not make it
    /// younger.
    pub keeps: Option<SignedDuration>,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { max_receive_count: 50, shuffle: false, duplicates_per_mille: 0, keeps: None }
    }
}

/// A queue in memory: at least once, visibility, delays, redrive.
///
/// Stricter than SQS in one thing: a receipt is void as soon as its message is visible again, not only when somebody else
/// has received it. A message counts as received too often once its last visibility has passed, and moves when the
/// queue is next used.
pub struct MemoryQueue {
    gate: Gate,
    config: QueueConfig,
    dead_letters: Option<Arc<Self>>,
    mailbox: Mutex<Mailbox>,
    /// Wakes the receives that wait.
    arrived: Notify,
}

impl MemoryQueue {
    /// A queue without dead letters that behaves by default.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with(name, ports, QueueConfig::default(), None, Arc::new(NoFaults))
    }

    /// A queue with everything chosen.
    #[must_use]
    pub fn with(
        name: &str,
        ports: Ports,
        config: QueueConfig,
        dead_letters: Option<Arc<Self>>,
        faults: Arc<dyn FaultInjector>,
    ) -> Self {
        Self {
            gate: Gate::new(name, faults, ports),
            config,
            dead_letters,
            mailbox: Mutex::new(Mailbox::default()),
            arrived: Notify::new(),
        }
    }

    /// Everything it holds, in flight and delayed included, by arrival.
    #[must_use]
    pub fn messages(&self) -> Vec<StoredMessage> {
        self.advance();
        lock(&self.mailbox).messages()
    }

    /// How many messages it holds, without passing the fault injector.
    #[must_use]
    pub fn depth_now(&self) -> QueueDepth {
        self.advance();
        lock(&self.mailbox).depth()
    }

    /// What it held for longer than it keeps messages, and dropped: nobody heard of it.
    #[must_use]
    pub fn dropped(&self) -> Vec<StoredMessage> {
        self.advance();
        lock(&self.mailbox).dropped().to_vec()
    }

    /// Forgets every message.
    pub fn purge(&self) {
        lock(&self.mailbox).clear();
    }

    /// Where messages go that were received too often.
    #[must_use]
    pub fn dead_letters(&self) -> Option<&Arc<Self>> {
        self.dead_letters.as_ref()
    }

    /// Takes a message that has passed every check.
    pub(super) fn accept(&self, message: &Message) {
        let random = &self.gate.ports.random;
        let stored = StoredMessage {
            message_id: self.gate.ports.ids.uuid_v7().to_string(),
            body: message.body.clone(),
            attributes: message.attributes.clone(),
            receive_count: 0,
            first_received_at: None,
            sent_at: self.gate.ports.clock.now(),
        };
        let delay = limits::whole_seconds(message.delay);
        let twice = self.config.duplicates_per_mille > 0 && random.below(1000) < self.config.duplicates_per_mille;
        if twice {
            let lag = Duration::from_secs(random.below(DUPLICATE_LAG_SECONDS + 1));
            self.insert(stored.clone(), delay + lag);
        }
        self.insert(stored, delay);
    }

    fn insert(&self, message: StoredMessage, delay: Duration) {
        let hidden_until = (!delay.is_zero()).then(|| Instant::now() + delay);
        lock(&self.mailbox).insert(message, hidden_until);
        self.arrived.notify_waiters();
    }

    fn advance(&self) {
        let kept_since = self.config.keeps.and_then(|keeps| self.gate.ports.clock.now().checked_sub(keeps).ok());
        if let Some(kept_since) = kept_since {
            lock(&self.mailbox).drop_older_than(kept_since);
        }
        let most = self.dead_letters.as_ref().map(|_| self.config.max_receive_count);
        let expelled = lock(&self.mailbox).advance(Instant::now(), most);
        if let Some(dead_letters) = &self.dead_letters {
            for message in expelled {
                dead_letters
                    .insert(StoredMessage { receive_count: 0, first_received_at: None, ..message }, Duration::ZERO);
            }
        }
    }

    fn take(&self, max: usize, visibility: Duration) -> Vec<RawDelivery> {
        self.advance();
        let (now, hidden_until) = (self.gate.ports.clock.now(), Instant::now() + visibility);
        let mut mailbox = lock(&self.mailbox);
        let mut deliveries = Vec::new();
        while deliveries.len() < max && mailbox.ready_count() > 0 {
            let place = if self.config.shuffle {
                let bound = u64::try_from(mailbox.ready_count()).unwrap_or(u64::MAX);
                usize::try_from(self.gate.ports.random.below(bound)).unwrap_or(0)
            } else {
                0
            };
            deliveries.extend(mailbox.take(place, hidden_until, now));
        }
        deliveries
    }

    fn check_batch(&self, messages: &[Message]) -> Result<(), Fault> {
        limits::entries(SEND, messages.len(), QUEUE_MAX_BATCH)?;
        let size: usize = messages.iter().map(|message| message.size()).sum();
        if messages.len() > 1 && size > limits::MESSAGE_MAX_BYTES {
            return Err(invalid(SEND, "the batch has more than 256 KiB"));
        }
        Ok(())
    }
}

/// The entries' answers, with those that were injected to fail left undone.
fn each<T>(
    operation: &'static str,
    entries: &[T],
    failing: &BTreeSet<usize>,
    mut apply: impl FnMut(&T) -> Result<(), Fault>,
) -> Vec<Result<(), Fault>> {
    let answer = |(index, entry)| if failing.contains(&index) { Err(throttled(operation)) } else { apply(entry) };
    entries.iter().enumerate().map(answer).collect()
}

#[async_trait]
impl Queue for MemoryQueue {
    fn name(&self) -> &str {
        self.gate.resource()
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        limits::entries(RECEIVE, max, QUEUE_MAX_BATCH)?;
        if wait > MAX_WAIT || visibility > MAX_VISIBILITY {
            return Err(invalid(RECEIVE, "waits have at most 20 s, visibility at most 12 h"));
        }
        let passage = self.gate.single(RECEIVE).await?;
        let deadline = Instant::now() + wait;
        loop {
            let notified = self.arrived.notified();
            tokio::pin!(notified);
            // Listening before looking: a message that comes in between is not missed.
            notified.as_mut().enable();
            let deliveries = self.take(max, limits::whole_seconds(visibility));
            if !deliveries.is_empty() || Instant::now() >= deadline {
                return passage.answer(deliveries);
            }
            let due = lock(&self.mailbox).next_due().map_or(deadline, |due| due.min(deadline));
            // Either outcome means: look again.
            let _ = tokio::time::timeout_at(due, notified).await;
        }
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        limits::entries(DELETE, receipts.len(), QUEUE_MAX_BATCH)?;
        let (passage, failing) = self.gate.batch(DELETE, receipts.len()).await?;
        self.advance();
        let answers = each(DELETE, receipts, &failing, |receipt| match lock(&self.mailbox).delete(receipt) {
            // As SQS: deleting what is gone is a success.
            Ok(()) | Err(Unsettled::Gone) => Ok(()),
            Err(Unsettled::Invalid) => Err(invalid(DELETE, "not a receipt of this queue")),
            Err(Unsettled::Stale) => Err(invalid(DELETE, "the receipt is void")),
        });
        passage.answer(answers)
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        limits::entries(CHANGE, changes.len(), QUEUE_MAX_BATCH)?;
        let (passage, failing) = self.gate.batch(CHANGE, changes.len()).await?;
        self.advance();
        let answers = each(CHANGE, changes, &failing, |(receipt, visibility)| {
            if *visibility > MAX_VISIBILITY {
                return Err(invalid(CHANGE, "visibility has at most 12 h"));
            }
            let until = Instant::now() + limits::whole_seconds(*visibility);
            let changed = lock(&self.mailbox).hide_until(receipt, until);
            changed.map_err(|_| invalid(CHANGE, "the receipt is void"))
        });
        self.advance();
        self.arrived.notify_waiters();
        passage.answer(answers)
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.check_batch(messages)?;
        let (passage, failing) = self.gate.batch(SEND, messages.len()).await?;
        let answers = each(SEND, messages, &failing, |message| {
            if message.delay > MAX_DELAY {
                return Err(invalid(SEND, "delays have at most 900 s"));
            }
            if let Some(why) = limits::message_fault(message) {
                return Err(invalid(SEND, why));
            }
            self.accept(message);
            Ok(())
        });
        passage.answer(answers)
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        let passage = self.gate.single(DEPTH).await?;
        passage.answer(self.depth_now())
    }
}
