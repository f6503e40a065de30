//! Messages that nobody can handle, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Consumer, Work};
use crate::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use crate::metrics;
use crate::ports::message::Message;
use crate::ports::queue::{RawDelivery, is_permitted};
use crate::send::send_all;
use crate::trace::TRACEPARENT;

/// A message that is given up, the reason's word, and what exactly.
pub(super) type Dead = (RawDelivery, &'static str, String);

impl<W: Work> Consumer<W> {
    /// Sends rejected messages to the dead letters; returns those that arrived there, and those that did not.
    pub(super) async fn send_dead_letters(&self, dead: Vec<Dead>) -> (Vec<Dead>, Vec<RawDelivery>) {
        let letters: Vec<_> =
            dead.iter().map(|(delivery, reason, error)| self.letter(delivery, reason, error)).collect();
        let sent = send_all(self.dead_letters.as_ref(), &letters).await;
        let (mut arrived, mut kept) = (Vec::new(), Vec::new());
        for ((delivery, reason, error), sent) in dead.into_iter().zip(sent) {
            match sent {
                Ok(()) => {
                    metrics::count_dead_letter(self.config.name, self.work.reasons(), reason);
                    arrived.push((delivery, reason, error));
                }
                Err(fault) => {
                    metrics::count_fault(&fault);
                    tracing::warn!(consumer = self.config.name, %fault, "a dead letter was not taken; it comes again");
                    kept.push(delivery);
                }
            }
        }
        (arrived, kept)
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
