//! Messages that nobody can handle, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;

use super::Consumer;
use crate::metrics;
use crate::ports::message::Message;
use crate::ports::queue::{RawDelivery, Receipt, is_permitted};
use crate::send::send_all;
use crate::trace::TRACEPARENT;

/// The attribute of a dead letter that says why it is one: a [`DeadLetterFacts`] in JSON.
pub const DEAD_LETTER_ATTRIBUTE: &str = "dead_letter";

/// Why a message is a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterFacts {
    /// A stable word; `docs/dead-dead_letter.md` lists all of them.
    pub reason: String,
    /// What exactly; no personal data.
    pub error: String,
    /// The consumer that gave up.
    pub consumer: String,
    /// How often it was received.
    pub attempts: u32,
    /// When it was first received.
    pub first_seen: Option<Timestamp>,
    /// The trace it belongs to.
    pub trace: Option<String>,
}

impl Consumer {
    /// Sends rejected messages to the dead letters; returns the receipts of those that arrived there.
    pub(super) async fn send_dead_letters(&self, dead: Vec<(RawDelivery, &'static str, String)>) -> Vec<Receipt> {
        let dead_letter: Vec<_> =
            dead.iter().map(|(delivery, reason, error)| self.letter(delivery, reason, error)).collect();
        let sent = send_all(self.dead_letters.as_ref(), &dead_letter).await;
        let mut buried = Vec::new();
        for ((delivery, reason, _), sent) in dead.into_iter().zip(sent) {
            match sent {
                Ok(()) => {
                    metrics::count_dead_letter(self.config.name, self.handler.reasons(), reason);
                    buried.push(delivery.receipt);
                }
                Err(fault) => {
                    metrics::count_fault(&fault);
                    tracing::warn!(consumer = self.config.name, %fault, "a dead letter was not taken; it comes again");
                }
            }
        }
        buried
    }

    fn letter(&self, delivery: &RawDelivery, reason: &str, error: &str) -> Message {
        let facts = DeadLetterFacts {
            reason: reason.to_owned(),
            // Without what no queue takes: an error may quote a string's escapes undone.
            error: error.chars().filter(|c| is_permitted(*c)).take(500).collect(),
            consumer: self.config.name.to_owned(),
            attempts: delivery.receive_count,
            first_seen: delivery.first_received_at,
            trace: delivery.attributes.get(TRACEPARENT).cloned(),
        };
        let facts = serde_json::to_string(&facts).unwrap_or_default();
        let mut attributes: BTreeMap<_, _> = delivery.attributes.clone();
        attributes.insert(DEAD_LETTER_ATTRIBUTE.to_owned(), facts);
        Message { body: delivery.body.clone(), attributes, delay: Duration::ZERO }
    }
}
