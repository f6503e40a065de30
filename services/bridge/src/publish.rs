//! Publishes messages until the topic has them, and sets aside those that it will never take.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::trace::TRACEPARENT;
use shotengai_messaging::{Backoff, Fault, FaultKind, metrics};
use shotengai_streaming::Unfit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::batch::{BatchEntry, Bridge};
use crate::reasons::REFUSED;

/// How often, and for how long, the topic must have refused a message for good before it is believed.
const REFUSALS: u32 = 6;
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// The same for one that has no company to compare it with.
const REFUSED_ALONE_FOR: Duration = Duration::from_secs(600);
/// Each so many failures are logged.
const LOG_EACH: u32 = 10;

/// A message that the topic has not taken yet.
struct Outstanding<'a> {
    entry: &'a BatchEntry,
    refusal: Option<Refusal<'a>>,
}

/// Reason of the topic against a message.
struct Refusal<'a> {
    since: Instant,
    times: u32,
    error: String,
    /// How many messages the topic had taken before the first call that refused it, and before the last.
    taken: (u64, u64),
    /// It is one of those that are refused now.
    _counted: Counted<'a>,
}

/// Counts as long as it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Outcome of one message of a call.
enum Answer {
    Taken,
    Refused(String),
    NotNow,
}

impl Answer {
    /// A fault that is the message's own refuses it; any other says nothing about it.
    fn of(fault: &Fault) -> Self {
        if fault.kind() == FaultKind::Permanent { Self::Refused(fault.to_string()) } else { Self::NotNow }
    }
}

impl Bridge {
    /// Publishes until every message is acknowledged; answers how many were set aside instead, or nothing when it was told
    /// to stop before.
    ///
    /// One that the topic keeps refusing for good is set aside, since it would block its shard for ever; but only while the
    /// topic takes others (or, after a while, where there are none): what it has against all of them is for an operator to
    /// mend, and nothing to do with any of them.
    pub(crate) async fn publish(
        &self,
        shard: &str,
        records: &[ReadRecord],
        messages: &[BatchEntry],
        shutdown: &CancellationToken,
    ) -> Option<usize> {
        let mut outstanding: Vec<_> = messages.iter().map(|entry| Outstanding { entry, refusal: None }).collect();
        let (mut failures, mut set_aside) = (0, 0);
        loop {
            let (left, fault) = self.round(outstanding).await;
            outstanding = Vec::with_capacity(left.len());
            for message in left {
                match message.refusal.as_ref().filter(|refusal| self.is_believed(refusal)) {
                    Some(refusal) => {
                        let record = records.get(message.entry.index)?;
                        self.set_refused_aside(shard, record, message.entry, refusal, shutdown).await?;
                        set_aside += 1;
                    }
                    None => outstanding.push(message),
                }
            }
            let Some(first) = outstanding.first() else { return Some(set_aside) };
            failures += 1;
            if failures % LOG_EACH == 1 {
                let position = records.get(first.entry.index).map(|record| record.position.as_str());
                let error = fault.map(|fault| fault.to_string());
                tracing::warn!(
                    shard,
                    position,
                    error,
                    outstanding = outstanding.len(),
                    failures,
                    "the topic did not take all; trying again"
                );
            }
            self.pause(failures, shutdown).await?;
        }
    }

    /// Offers each message once: those that were refused alone, since their company must not wait for them. Answers those
    /// that the topic did not take, and the last fault.
    ///
    /// A call that is refused as a whole is halved: one message can be what the topic has against all of them, and only
    /// one that is refused alone is.
    async fn round<'a>(&'a self, outstanding: Vec<Outstanding<'a>>) -> (Vec<Outstanding<'a>>, Option<Fault>) {
        let (alone, together): (Vec<_>, Vec<_>) =
            outstanding.into_iter().partition(|message| message.refusal.is_some());
        let mut calls: VecDeque<_> =
            std::iter::once(together).chain(alone.into_iter().map(|message| vec![message])).collect();
        let (mut left, mut last) = (Vec::new(), None);
        while let Some(mut call) = calls.pop_front() {
            if call.is_empty() {
                continue;
            }
            let taken = self.taken.load(Ordering::Relaxed);
            let answers = match self.call(&call, &mut last).await {
                Ok(answers) => answers,
                Err(Answer::Refused(_)) if call.len() > 1 => {
                    let second = call.split_off(call.len() / 2);
                    calls.push_front(second);
                    calls.push_front(call);
                    continue;
                }
                // The answer of the only one, or of nobody.
                Err(answer) => vec![answer],
            };
            let mut answers = answers.into_iter();
            for mut message in call {
                // A message without an answer is not acknowledged.
                match answers.next().unwrap_or(Answer::NotNow) {
                    Answer::Taken => continue,
                    Answer::Refused(error) => self.refused(&mut message, error, taken),
                    Answer::NotNow => {}
                }
                left.push(message);
            }
        }
        (left, last)
    }

    /// One call: an answer a message, or what the topic says of the call as a whole. The last fault is left in `last`.
    async fn call(&self, messages: &[Outstanding<'_>], last: &mut Option<Fault>) -> Result<Vec<Answer>, Answer> {
        let request: Vec<_> = messages.iter().map(|message| message.entry.message.clone()).collect();
        let mut failed = |fault: Fault| {
            metrics::count_fault(&fault);
            let answer = Answer::of(&fault);
            *last = Some(fault);
            answer
        };
        let answers = self.topic.publish(&request).await.map_err(&mut failed)?;
        let answers = answers.into_iter().map(|answer| match answer {
            Ok(()) => {
                self.taken.fetch_add(1, Ordering::Relaxed);
                Answer::Taken
            }
            Err(fault) => failed(fault),
        });
        Ok(answers.collect())
    }

    /// A call refused it, before which the topic had taken so many.
    fn refused<'a>(&'a self, message: &mut Outstanding<'a>, error: String, taken: u64) {
        let refusal = message.refusal.get_or_insert_with(|| Refusal {
            since: Instant::now(),
            times: 0,
            error: String::new(),
            taken: (taken, taken),
            _counted: Counted::new(&self.refused),
        });
        refusal.times += 1;
        refusal.error = error;
        refusal.taken.1 = taken;
    }

    fn is_believed(&self, refusal: &Refusal<'_>) -> bool {
        let takes_others = refusal.taken.1 > refusal.taken.0;
        let is_alone = self.refused.load(Ordering::Relaxed) == 1;
        let timeout = match (takes_others, is_alone) {
            (true, _) => REFUSED_FOR,
            (false, true) => REFUSED_ALONE_FOR,
            (false, false) => return false,
        };
        refusal.times >= REFUSALS && refusal.since.elapsed() >= timeout
    }

    async fn set_refused_aside(
        &self,
        shard: &str,
        record: &ReadRecord,
        entry: &BatchEntry,
        refusal: &Refusal<'_>,
        shutdown: &CancellationToken,
    ) -> Option<()> {
        let trace = entry.message.attributes.get(TRACEPARENT).cloned();
        let unfit = Unfit { reason: REFUSED.word, error: refusal.error.clone(), trace };
        let letter = self.aside.letter(shard, record, &unfit, refusal.times);
        self.aside.put(shard, &letter, unfit.reason, shutdown).await.then_some(())
    }

    /// Waits longer after each failure; nothing, when it was told to stop meanwhile.
    async fn pause(&self, failures: u32, shutdown: &CancellationToken) -> Option<()> {
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(10));
        tokio::select! {
            biased;
            () = shutdown.cancelled() => None,
            () = tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())) => Some(()),
        }
    }
}
