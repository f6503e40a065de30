//! Messages that nobody can handle, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;

use super::Consumer;
use crate::metrics;
use crate::ports::queue::{OutgoingMessage, QUEUE_MAX_BATCH, RawDelivery, Receipt, SEND_MAX_BYTES, is_permitted};
use crate::trace::TRACEPARENT;

/// The attribute of a dead letter that says why it is one: a [`DeadLetterFacts`] in JSON.
pub const DEAD_LETTER_ATTRIBUTE: &str = "dead_letter";

/// Why a message is a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterFacts {
    /// A stable word; `docs/dead-letters.md` lists all of them.
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
    pub(super) async fn bury(&self, dead: Vec<(RawDelivery, &'static str, String)>) -> Vec<Receipt> {
        let mut buried = Vec::new();
        let mut dead = dead.into_iter().map(|(delivery, reason, error)| {
            let letter = self.letter(&delivery, reason, &error);
            (delivery.receipt, letter)
        });
        let mut next = dead.next();
        while let Some((receipt, letter)) = next.take() {
            let mut bytes = letter.size();
            let (mut receipts, mut letters) = (vec![receipt], vec![letter]);
            for (receipt, letter) in dead.by_ref() {
                bytes += letter.size();
                if letters.len() == QUEUE_MAX_BATCH || bytes > SEND_MAX_BYTES {
                    next = Some((receipt, letter));
                    break;
                }
                receipts.push(receipt);
                letters.push(letter);
            }
            match self.dead_letters.send(&letters).await {
                Ok(answers) => {
                    let taken = receipts.into_iter().zip(answers).filter(|(_, answer)| answer.is_ok());
                    buried.extend(taken.map(|(receipt, _)| receipt));
                }
                Err(fault) => {
                    metrics::count_fault(&fault);
                    tracing::warn!(consumer = self.config.name, %fault, "dead letters were not taken; they come again");
                }
            }
        }
        buried
    }

    fn letter(&self, delivery: &RawDelivery, reason: &str, error: &str) -> OutgoingMessage {
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
        OutgoingMessage { body: delivery.body.clone(), attributes, delay: Duration::ZERO }
    }
}
