//! Messages that a queue holds, and when each can be received.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::queue::{QueueDepth, RawDelivery, Receipt};
use tokio::time::Instant;

/// A message as a queue keeps it; tests look at these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The same on each delivery.
    pub message_id: String,
    /// The body.
    pub body: String,
    /// Attributes by name.
    pub attributes: BTreeMap<String, String>,
    /// How often it has been received.
    pub receive_count: u32,
    /// When it was first received.
    pub first_received_at: Option<Timestamp>,
    /// When the first queue took it; a redrive keeps it.
    pub sent_at: Timestamp,
}

#[derive(Debug)]
struct Slot {
    message: StoredMessage,
    /// The right to settle the delivery that is under way.
    receipt: Option<String>,
    hidden_until: Option<Instant>,
}

/// Messages by order of arrival. Every one is either ready or hidden.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    slots: BTreeMap<u64, Slot>,
    ready: BTreeSet<u64>,
    hidden: BTreeSet<(Instant, u64)>,
    arrivals: u64,
    receipts: u64,
    /// What was held for too long.
    dropped: Vec<StoredMessage>,
}

/// Why a receipt settles nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// Not a receipt of this queue.
    Invalid,
    /// Deleted already.
    Gone,
    /// The message became visible again.
    Stale,
}

impl Mailbox {
    pub(super) fn insert(&mut self, message: StoredMessage, hidden_until: Option<Instant>) {
        self.arrivals += 1;
        let number = self.arrivals;
        match hidden_until {
            Some(until) => {
                self.hidden.insert((until, number));
            }
            None => {
                self.ready.insert(number);
            }
        }
        self.slots.insert(number, Slot { message, receipt: None, hidden_until });
    }

    /// Makes ready what is due, and takes out what has been received `max_receive_count` times.
    pub(super) fn advance(&mut self, now: Instant, max_receive_count: Option<u32>) -> Vec<StoredMessage> {
        let mut expelled = Vec::new();
        while let Some((until, number)) = self.hidden.first().copied().filter(|(until, _)| *until <= now) {
            self.hidden.remove(&(until, number));
            let Some(slot) = self.slots.get_mut(&number) else { continue };
            slot.receipt = None;
            slot.hidden_until = None;
            if max_receive_count.is_some_and(|most| slot.message.receive_count >= most) {
                expelled.extend(self.slots.remove(&number).map(|slot| slot.message));
            } else {
                self.ready.insert(number);
            }
        }
        expelled
    }

    /// Drops what was sent before this time, whoever holds it.
    pub(super) fn drop_older_than(&mut self, kept_since: Timestamp) {
        // Most calls find nothing, and messages come by age but for those that another queue redrove.
        let old: Vec<u64> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.message.sent_at < kept_since)
            .map(|(number, _)| *number)
            .collect();
        for number in old {
            let Some(slot) = self.slots.remove(&number) else { continue };
            self.ready.remove(&number);
            if let Some(until) = slot.hidden_until {
                self.hidden.remove(&(until, number));
            }
            self.dropped.push(slot.message);
        }
    }

    pub(super) fn dropped(&self) -> &[StoredMessage] {
        &self.dropped
    }

    /// When the next hidden message becomes ready.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.hidden.first().map(|(until, _)| *until)
    }

    pub(super) fn ready_count(&self) -> usize {
        self.ready.len()
    }

    /// Receives the ready message at this place among the ready ones.
    pub(super) fn take(&mut self, place: usize, hidden_until: Instant, now: Timestamp) -> Option<RawDelivery> {
        let number = self.ready.iter().nth(place).copied()?;
        let slot = self.slots.get_mut(&number)?;
        self.ready.remove(&number);
        self.hidden.insert((hidden_until, number));
        self.receipts += 1;
        let receipt = format!("{number}:{}", self.receipts);
        slot.receipt = Some(receipt.clone());
        slot.hidden_until = Some(hidden_until);
        slot.message.receive_count = slot.message.receive_count.saturating_add(1);
        slot.message.first_received_at.get_or_insert(now);
        Some(RawDelivery {
            message_id: slot.message.message_id.clone(),
            receipt: Receipt(receipt),
            body: slot.message.body.clone(),
            attributes: slot.message.attributes.clone(),
            receive_count: slot.message.receive_count,
            first_received_at: slot.message.first_received_at,
            sent_at: Some(slot.message.sent_at),
        })
    }

    fn holder(&self, receipt: &Receipt) -> Result<u64, Unsettled> {
        let number = receipt.0.split_once(':').and_then(|(number, _)| number.parse().ok());
        let number: u64 = number.filter(|number| *number <= self.arrivals).ok_or(Unsettled::Invalid)?;
        let slot = self.slots.get(&number).ok_or(Unsettled::Gone)?;
        if slot.receipt.as_ref() == Some(&receipt.0) { Ok(number) } else { Err(Unsettled::Stale) }
    }

    pub(super) fn delete(&mut self, receipt: &Receipt) -> Result<(), Unsettled> {
        let number = self.holder(receipt)?;
        if let Some(until) = self.slots.remove(&number).and_then(|slot| slot.hidden_until) {
            self.hidden.remove(&(until, number));
        }
        Ok(())
    }

    pub(super) fn hide_until(&mut self, receipt: &Receipt, until: Instant) -> Result<(), Unsettled> {
        let number = self.holder(receipt)?;
        if let Some(slot) = self.slots.get_mut(&number)
            && let Some(before) = slot.hidden_until.replace(until)
        {
            self.hidden.remove(&(before, number));
            self.hidden.insert((until, number));
        }
        Ok(())
    }

    pub(super) fn depth(&self) -> QueueDepth {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let in_flight = self.slots.values().filter(|slot| slot.receipt.is_some()).count();
        QueueDepth {
            visible: count(self.ready.len()),
            in_flight: count(in_flight),
            delayed: count(self.hidden.len().saturating_sub(in_flight)),
        }
    }

    pub(super) fn messages(&self) -> Vec<StoredMessage> {
        self.slots.values().map(|slot| slot.message.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.ready.clear();
        self.hidden.clear();
    }
}
