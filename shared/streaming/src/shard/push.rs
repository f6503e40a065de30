//! A shard whose records are sent, by a subscription, instead of asked for.
//!
//! A subscription ends after five minutes, by a fault, or when another takes it over. The next one begins behind what is applied,
//! under the same lease and epoch; until there is one, the shard is polled. What keeps failing is tried ever more seldom, and a
//! subscription that doesn't begin in time is given up: so polls wait for seconds at the most, and seldom.

use std::pin::pin;
use std::time::Duration;

use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::fault::{Fault, FaultKind};
use shotengai_messaging::ports::stream::{Subscription, SubscriptionTaken};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::reading::{Ended, Reading, RoundError};

/// Before the five minutes of the service are over.
const RENEWED_AFTER: Duration = Duration::from_secs(290);
/// One that says nothing for so long is broken: it would say every few seconds that there is nothing.
const SILENCE: Duration = Duration::from_secs(20);
/// How long after a subscription has begun another can begin.
const TAKEN_FOR: Duration = Duration::from_secs(5);
/// How long one may take to begin. The adapter's own bounds end where the answer begins to come.
const BEGUN_WITHIN: Duration = Duration::from_secs(5);
/// The pause after the first of other faults, twice as long after each that follows; and where the stream can't be subscribed to until somebody does something about it.
const FAILED_FOR: Duration = Duration::from_secs(2);
const DENIED_FOR: Duration = Duration::from_secs(60);

const SUBSCRIPTION: &str = "stream.subscription";

/// When a shard's reader subscribes next.
#[derive(Debug)]
pub(super) struct Push {
    /// Never, where there is none.
    next: Option<Instant>,
    /// The last attempt was denied, as the log says.
    is_denied: bool,
    /// Faults since a subscription last brought anything.
    failures: u32,
}

impl Push {
    pub(super) fn new(wanted: bool) -> Self {
        Self { next: wanted.then(Instant::now), is_denied: false, failures: 0 }
    }

    fn is_due(&self) -> bool {
        self.next.is_some_and(|next| next <= Instant::now())
    }

    fn again_after(&mut self, pause: Duration) {
        self.next = Some(Instant::now() + pause);
    }

    fn again_after_a_fault(&mut self) {
        let pause = FAILED_FOR.saturating_mul(1 << self.failures.min(5));
        self.failures = self.failures.saturating_add(1);
        self.again_after(pause.min(DENIED_FOR));
    }
}

impl Reading<'_> {
    /// A subscription behind what is applied, when it is time for one.
    pub(super) async fn subscribed(&mut self) -> Option<Box<dyn Subscription>> {
        if !self.push.is_due() {
            return None;
        }
        let (reader, shard) = (&self.consumer.reader, self.shard);
        let begun = self.behind_what_is_applied(|start| async move { reader.subscribe(shard, &start).await });
        let begun = tokio::select! {
            biased;
            () = self.stop.asked() => return None,
            begun = timeout(BEGUN_WITHIN, begun) => begun,
        };
        match begun.unwrap_or_else(|elapsed| Err(Fault::new(FaultKind::Transient, SUBSCRIPTION, elapsed))) {
            Ok(subscription) => {
                if self.push.is_denied {
                    tracing::info!(reader = self.consumer.name, shard = self.shard, "the shard is subscribed to again");
                }
                self.push.is_denied = false;
                Some(subscription)
            }
            Err(fault) => {
                self.unsubscribed(&fault);
                None
            }
        }
    }

    /// Takes what a subscription brings, until it is over or the reader is told to stop.
    pub(super) async fn listen(
        &mut self,
        mut subscription: Box<dyn Subscription>,
    ) -> Result<Option<Ended>, RoundError> {
        let config = self.consumer.config;
        let begun_at = Instant::now();
        let renewed_at = begun_at + RENEWED_AFTER;
        loop {
            let received = {
                let quiet_at = renewed_at.min(Instant::now() + SILENCE);
                let mut next = pin!(timeout_at(quiet_at, subscription.next()));
                loop {
                    tokio::select! {
                        biased;
                        () = self.stop.asked() => return Ok(None),
                        received = &mut next => break received,
                        () = sleep_until(self.saved_at + config.save_every), if self.unsaved => self.save().await?,
                    }
                }
            };
            match received {
                Ok(Ok(Some(batch))) => {
                    self.push.failures = 0;
                    if !self.apply(&batch.records, batch.behind_ms).await? {
                        return Ok(None);
                    }
                    if batch.ended {
                        self.checkpoint.ended = true;
                        return Ok(None);
                    }
                    if self.unsaved && self.saved_at.elapsed() >= config.save_every {
                        self.save().await?;
                    }
                }
                Err(_) if Instant::now() < renewed_at => {
                    let silent = format!("nothing was said for {} s", SILENCE.as_secs());
                    self.unsubscribed(&Fault::new(FaultKind::Transient, SUBSCRIPTION, silent));
                    self.keep_what_is_applied().await?;
                    return Ok(None);
                }
                Ok(Ok(None)) if begun_at.elapsed() < TAKEN_FOR => {
                    self.push.again_after_a_fault();
                    return Ok(None);
                }
                // Over, or it is time for the next.
                Ok(Ok(None)) | Err(_) => {
                    self.push.again_after(Duration::ZERO);
                    return Ok(None);
                }
                Ok(Err(fault)) => {
                    self.unsubscribed(&fault);
                    self.keep_what_is_applied().await?;
                    return Ok(None);
                }
            }
        }
    }

    fn unsubscribed(&mut self, fault: &Fault) {
        let (reader, shard) = (self.consumer.name, self.shard);
        if SubscriptionTaken::is_cause_of(fault) {
            self.push.again_after(TAKEN_FOR);
            return;
        }
        count_fault(fault);
        if fault.kind() != FaultKind::Denied && fault.kind() != FaultKind::Permanent {
            self.push.again_after_a_fault();
            tracing::info!(reader, shard, %fault, "not subscribed; the shard is polled meanwhile");
            return;
        }
        if !self.push.is_denied {
            tracing::warn!(
                reader,
                shard,
                %fault,
                "the shard can't be subscribed to and is polled; with STREAM_READ=push `shotengai provision` registers the \
                 consumer, and its reader needs kinesis:DescribeStreamConsumer and kinesis:SubscribeToShard"
            );
        }
        self.push.is_denied = true;
        self.push.again_after(DENIED_FOR);
    }
}
