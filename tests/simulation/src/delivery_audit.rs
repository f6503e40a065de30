//! Looks at what queues deliver: what comes twice, and what comes after its followers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use shotengai_messaging::{RawDelivery, Receipt};

/// What was seen of all queues.
#[derive(Debug, Default)]
pub struct DeliveryAudit(Mutex<BTreeMap<String, Seen>>);

#[derive(Debug, Default)]
struct Seen {
    messages: BTreeSet<String>,
    /// What was delivered under a receipt.
    bodies: BTreeMap<String, String>,
    latest: Option<Timestamp>,
}

/// What is wrong with a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddity {
    /// It is the first receipt of a message that had another first receipt.
    pub twice: bool,
    /// One that was sent later came before.
    pub late: bool,
}

impl DeliveryAudit {
    /// Takes a delivery down. Redeliveries are not odd: they follow from faults that are counted.
    pub fn look(&self, queue: &str, delivery: &RawDelivery) -> Oddity {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = queues.entry(queue.to_owned()).or_default();
        seen.bodies.insert(delivery.receipt.0.clone(), delivery.body.clone());
        if delivery.receive_count > 1 {
            return Oddity::default();
        }
        let twice = !seen.messages.insert(delivery.message_id.clone());
        let late = !twice && delivery.sent_at < seen.latest;
        seen.latest = seen.latest.max(delivery.sent_at);
        Oddity { twice, late }
    }

    /// What was delivered under a receipt that is used up now.
    pub fn settled(&self, queue: &str, receipt: &Receipt) -> Option<String> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get_mut(queue)?.bodies.remove(&receipt.0)
    }
}
