//! Takes in the letters that a run is about.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_kernel::Timestamp;
use shotengai_messaging::metrics;
use shotengai_messaging::ports::queue::{QUEUE_MAX_BATCH, RawDelivery, Receipt};
use tokio_util::sync::CancellationToken;

use crate::DeadLetters;
use crate::attempts::{ATTEMPTS, backoff};
use crate::cause::Causes;
use crate::filter::Filter;
use crate::held::Held;
use crate::letter::Letter;
use crate::lines::{Entry, Line};
use crate::record::record;
use crate::redrive_message::fingerprint;
use crate::report::Report;

/// State of a run, over all its rounds.
pub(super) struct Knowledge {
    /// Letters that came after this moment are not this run's.
    pub(super) started: Timestamp,
    /// Message ids, each letter is judged once.
    seen: BTreeSet<String>,
    /// Message ids of what was sent: never sent again, whatever became of the deletion.
    pub(super) sent: BTreeSet<String>,
    /// Fingerprints of the records that were sent: the stream keeps no attribute that could name the run.
    pub(super) records: BTreeSet<u64>,
    /// Lines of which a letter failed.
    pub(super) blocked: BTreeSet<Line>,
    /// Letters that the filter meant.
    pub(super) causes: Causes,
    /// Whether a receive failed.
    pub(super) receive_failed: bool,
    /// Letters that are held and left alone.
    aside: usize,
}

impl Knowledge {
    pub(super) fn new(started: Timestamp) -> Self {
        Self {
            started,
            seen: BTreeSet::new(),
            sent: BTreeSet::new(),
            records: BTreeSet::new(),
            blocked: BTreeSet::new(),
            causes: Causes::default(),
            receive_failed: false,
            aside: 0,
        }
    }
}

/// How a round's receiving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collected {
    /// The queue has no more.
    All,
    /// As many as may be held; there may be more.
    Full,
    /// More letters that are not meant than may be held: what was found is worked on, and the run ends.
    Crowded,
    /// The run must end: cancelled, or the queue failed.
    Broken,
}

impl DeadLetters {
    /// Receives until the queue has no more or the bounds are reached.
    pub(super) async fn collect(
        &self,
        filter: &Filter,
        held: &Held,
        known: &mut Knowledge,
        report: &mut Report,
        cancel: &CancellationToken,
    ) -> (Vec<Entry>, Collected) {
        let mut round: BTreeMap<String, Entry> = BTreeMap::new();
        let (mut bytes, mut failures, mut received_in_all) = (0, 0, 0);
        let ended = loop {
            if cancel.is_cancelled() {
                break Collected::Broken;
            }
            if round.len() >= self.bounds.hold_letters || bytes >= self.bounds.hold_bytes {
                break Collected::Full;
            }
            // The second bound: letters that lapse while the queue refuses extensions would come again for ever.
            if known.aside >= self.bounds.look_at || received_in_all >= 2 * (self.bounds.look_at + round.len()) {
                report.stopped = Some(format!("{} letters are held that are not meant, no more may be", known.aside));
                break Collected::Crowded;
            }
            match self.queue.receive(QUEUE_MAX_BATCH, self.bounds.wait, self.bounds.visibility).await {
                Ok(received) if received.is_empty() => break Collected::All,
                Ok(received) => {
                    received_in_all += received.len();
                    for delivery in received {
                        bytes += self.judge(delivery, filter, held, known, report, &mut round).await;
                    }
                }
                Err(fault) => {
                    metrics::count_fault(&fault);
                    // What a call received whose answer got lost is hidden: the queue's end is no longer seen.
                    known.receive_failed = true;
                    failures += 1;
                    if !fault.is_retryable() || failures >= ATTEMPTS {
                        report.stopped = Some(fault.to_string());
                        break Collected::Broken;
                    }
                    tokio::time::sleep(backoff().delay(failures, self.ports.random.as_ref())).await;
                }
            }
        };
        (round.into_values().collect(), ended)
    }

    /// Decides about one delivery; answers how many bytes it adds to the round.
    async fn judge(
        &self,
        delivery: RawDelivery,
        filter: &Filter,
        held: &Held,
        known: &mut Knowledge,
        report: &mut Report,
        round: &mut BTreeMap<String, Entry>,
    ) -> usize {
        let receipt: Receipt = delivery.receipt.clone();
        held.add(receipt.clone());
        if known.sent.contains(&delivery.message_id) {
            // Sent by this run, and its deletion failed then.
            let _ = held.delete(&[receipt]).await;
            return 0;
        }
        if let Some(entry) = round.get_mut(&delivery.message_id) {
            // It lapsed: only its newest receipt is sure to delete it.
            entry.receipt = receipt;
            return 0;
        }
        if !known.seen.insert(delivery.message_id.clone()) {
            return 0;
        }
        let letter = Letter::read(delivery);
        report.looked_at += 1;
        if self.came_later(&letter, known, report) {
            report.came_later += 1;
            known.aside += 1;
            return 0;
        }
        if !filter.matches(&letter) {
            known.aside += 1;
            return 0;
        }
        report.matching += 1;
        known.causes.add(&self.route.dead_letters, &letter);
        let bytes = letter.bytes();
        round.insert(letter.message_id.clone(), Entry { letter, receipt });
        bytes
    }

    /// Whether the letter was not here when the run began. By the letter's own mark where it has one; else by time, which
    /// is the queue's clock against ours: where ours is late, the youngest letters are left to the next run.
    fn came_later(&self, letter: &Letter, known: &Knowledge, report: &Report) -> bool {
        let marked = letter.redriven.as_ref().is_some_and(|redriven| redriven.run == report.run);
        let younger = letter.sent_at.is_some_and(|sent_at| sent_at > known.started);
        let same_record = || record(letter).is_ok_and(|record| known.records.contains(&fingerprint(&record)));
        marked || younger || (self.route.target.is_stream() && same_record())
    }
}
