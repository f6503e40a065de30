//! Settling: deletes what is done, hides what comes again, dead-letters what is given up. Every entry's answer is checked.

use std::time::Duration;

use super::policy::{Policy, Settlement, Wait};
use super::visibility::Hidden;
use super::{Consumer, Held, Work};
use crate::backoff;
use crate::disposition::Disposition;
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::queue::{MAX_VISIBILITY, QUEUE_MAX_BATCH, RawDelivery, Receipt};

impl<W: Work> Consumer<W> {
    pub(super) async fn settle(&self, settlements: Vec<(RawDelivery, Settlement)>, hidden: &Hidden) {
        let mut done = Vec::new();
        let mut again = Vec::new();
        let mut dead = Vec::new();
        for (delivery, settlement) in settlements {
            match settlement {
                Settlement::Done => done.push(delivery.receipt),
                Settlement::Again(wait) => again.push((delivery.receipt, self.length_of(wait))),
                Settlement::Dead { reason, error } => dead.push((delivery, reason, error)),
            }
        }
        hidden.release(done.iter().chain(again.iter().map(|(receipt, _)| receipt)));
        self.delete(&done).await;
        self.change_visibility(&again).await;
        // Last, and hidden until then: nothing that is done waits for a dead-letter queue that is slow.
        self.set_aside(dead, hidden).await;
    }

    /// Dead letters are sent before their messages are deleted. A message whose letter was not taken comes again.
    async fn set_aside(&self, dead: Vec<(RawDelivery, &'static str, String)>, hidden: &Hidden) {
        if dead.is_empty() {
            return;
        }
        let receipts: Vec<_> = dead.iter().map(|(delivery, ..)| delivery.receipt.clone()).collect();
        let (sent, kept) = self.send_dead_letters(dead).await;
        self.tell_set_aside(&sent).await;
        hidden.release(receipts.iter());
        self.delete(&sent.into_iter().map(|(delivery, ..)| delivery.receipt).collect::<Vec<_>>()).await;
        let policy = Policy::of(&self.config);
        let again = kept.into_iter().map(|delivery| {
            let wait = self.length_of(policy.interrupted(delivery.receive_count));
            (delivery.receipt, wait)
        });
        self.change_visibility(&again.collect::<Vec<_>>()).await;
    }

    fn length_of(&self, wait: Wait) -> Duration {
        let length = match wait {
            Wait::For(length) => length,
            Wait::Within(bound) => backoff::within(bound, self.ports.random.as_ref()),
        };
        length.min(MAX_VISIBILITY)
    }

    async fn delete(&self, receipts: &[Receipt]) {
        for chunk in receipts.chunks(QUEUE_MAX_BATCH) {
            self.count_failures("delete", self.queue.delete(chunk).await);
        }
    }

    pub(super) async fn change_visibility(&self, changes: &[(Receipt, Duration)]) {
        for chunk in changes.chunks(QUEUE_MAX_BATCH) {
            self.count_failures("change visibility", self.queue.change_visibility(chunk).await);
        }
    }

    /// A message that was not settled comes again; handlers are idempotent, so it is only counted.
    fn count_failures(&self, what: &str, answer: Result<Vec<Result<(), Fault>>, Fault>) {
        let faults = match answer {
            Ok(answers) => answers.into_iter().filter_map(Result::err).collect(),
            Err(fault) => vec![fault],
        };
        for fault in faults {
            metrics::count_fault(&fault);
            tracing::debug!(consumer = self.config.name, what, %fault, "not settled; comes again");
        }
    }

    /// Counts and logs what the handler answered.
    pub(super) fn observe(&self, batch: &[Held<W::Item>], answers: &[Disposition]) {
        for (held, answer) in batch.iter().zip(answers) {
            let about = self.work.about(&held.item);
            let (subject, attempt) = (about.subject, about.receive_count);
            metrics::SETTLED.add(1, [self.config.name.into(), about.kind.to_owned().into(), answer.outcome().into()]);
            match answer {
                Disposition::Done => {
                    if let Some(time) = about.time {
                        let age = self.ports.clock.now().duration_since(time);
                        metrics::EVENT_AGE.record(age.as_secs_f64().max(0.0), [self.config.name.into()]);
                    }
                }
                Disposition::Retry { cause, .. }
                | Disposition::Waits { cause, .. }
                | Disposition::Failed { cause, .. } => about.span.in_scope(|| {
                    tracing::info!(consumer = self.config.name, subject, attempt, %cause, "will be tried again");
                }),
                Disposition::Reject { reason, error } => about.span.in_scope(|| {
                    tracing::error!(consumer = self.config.name, subject, reason, %error, "rejected");
                }),
            }
        }
    }
}
