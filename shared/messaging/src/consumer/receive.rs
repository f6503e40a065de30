//! The receive loop of a consumer: permits before messages, a pause after a fault, an end that finishes what is held.
//!
//! While the installation denies something, nothing is received but one batch a minute, for trial.
//!
//! A hint that comes while a receive waits brings a second one beside it, which waits for nothing: the first is never dropped,
//! since what its answer holds would stay hidden until nobody has it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::flow::Flow;
use super::{Consumer, ConsumerConfig, Kept, Work};
use crate::backoff::Backoff;
use crate::metrics;
use crate::pauses::LOOK_EVERY;
use crate::ports::queue::RawDelivery;

/// How long it is from one batch for trial to the next.
const TRIAL_EVERY: Duration = Duration::from_secs(60);

/// Within how long after a hint a receive that waits has answered, where the queue is prompt.
const PROMPT: Duration = Duration::from_millis(10);
/// Instead of the number of the receive that waits.
const NONE_WAITS: u64 = 0;

/// What the two loops of a consumer know of each other.
struct Receiving {
    /// The number of the receive that waits for messages.
    waits: AtomicU64,
    flow: Mutex<Flow>,
}

impl Receiving {
    fn new(config: &ConsumerConfig) -> Self {
        Self { waits: AtomicU64::new(NONE_WAITS), flow: Mutex::new(Flow::new(config.batch, config.gather)) }
    }

    fn received(&self, count: usize) {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner).received(count, Instant::now());
    }

    /// Waits until a receive is worth it.
    async fn due(&self) {
        let (due, now) = {
            let now = Instant::now();
            (self.flow.lock().unwrap_or_else(PoisonError::into_inner).due(now), now)
        };
        if due > now {
            tokio::time::sleep_until(due).await;
        }
    }
}

/// Why a batch may be received.
enum Admission {
    /// There is a permit for it.
    Permit(OwnedSemaphorePermit),
    /// To see whether it fares better than those that are denied something.
    Trial,
}

impl<W: Work> Consumer<W> {
    pub(super) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.config.concurrency));
        // Processes that are restarted again and again into an outage would cost each message an attempt a start.
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            _away = self.breaker.suspect(Instant::now()) => {}
        }
        // Before the first receive: each process that starts in a pause would spend one of up to ten messages, and pods do start,
        // since autoscalers see their queue grow.
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            _paused = self.config.pauses.is_paused() => {}
        }
        let (mut batches, mut hinted) = (JoinSet::new(), JoinSet::new());
        let receiving = Receiving::new(&self.config);
        {
            let waiting = self.receive_waiting(&permits, &mut batches, &receiving, &shutdown);
            let hinting = self.receive_hinted(&permits, &mut hinted, &receiving, &shutdown);
            tokio::join!(waiting, hinting);
        }
        for running in [&mut batches, &mut hinted] {
            while let Some(ended) = running.join_next().await {
                report(self.config.name, ended);
            }
        }
    }

    /// One receive after another, each waiting for messages, until the process ends.
    async fn receive_waiting(
        self: &Arc<Self>,
        permits: &Arc<Semaphore>,
        running: &mut JoinSet<()>,
        receiving: &Receiving,
        shutdown: &CancellationToken,
    ) {
        let receive_backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut failures = 0;
        let mut number = NONE_WAITS;
        while let Some(admission) = self.admitted(permits, shutdown).await {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = receiving.due() => {}
            }
            number += 1;
            receiving.waits.store(number, Ordering::Relaxed);
            let received = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                received = self.queue.receive(self.config.batch, self.config.wait, self.config.visibility) => received,
            };
            receiving.waits.store(NONE_WAITS, Ordering::Relaxed);
            reap(self.config.name, running);
            match received {
                Ok(batch) => {
                    failures = 0;
                    if batch.is_empty() {
                        continue;
                    }
                    if self.gives_back(&batch).await {
                        continue;
                    }
                    receiving.received(batch.len());
                    self.note_age(&batch);
                    match admission {
                        Admission::Permit(permit) => self.start(batch, permit, running, shutdown),
                        // Here, so that there is one at a time.
                        Admission::Trial => self.handle(batch, Kept::Never, shutdown).await,
                    }
                }
                Err(fault) => {
                    failures += 1;
                    metrics::count_fault(&fault);
                    tracing::warn!(consumer = self.config.name, %fault, failures, "nothing received");
                    let pause =
                        receive_backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(50));
                    tokio::select! {
                        biased;
                        () = shutdown.cancelled() => break,
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            }
        }
    }

    /// A receive that waits for nothing, at each hint that comes while the other one waits and goes on to. Where that doesn't
    /// wait it is about to receive anyway; without a permit, or while something is away or denied, there is nothing to hurry for.
    async fn receive_hinted(
        self: &Arc<Self>,
        permits: &Arc<Semaphore>,
        running: &mut JoinSet<()>,
        receiving: &Receiving,
        shutdown: &CancellationToken,
    ) {
        let mut wake = self.config.wake.clone();
        if !wake.can_come() {
            return;
        }
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = wake.hinted() => {}
            }
            // One that is about to begin begins when it is due, and is asked for again if it then waits.
            receiving.due().await;
            let number = receiving.waits.load(Ordering::Relaxed);
            if number == NONE_WAITS {
                continue;
            }
            // It may be about to answer: then there is nothing left to receive.
            tokio::time::sleep(PROMPT).await;
            let has_answered = receiving.waits.load(Ordering::Relaxed) != number;
            let is_stopped = self.breaker.is_stopped() || self.config.pauses.was_paused();
            if has_answered || shutdown.is_cancelled() || is_stopped {
                continue;
            }
            let Ok(permit) = Arc::clone(permits).try_acquire_owned() else { continue };
            // Not dropped at the end of the process: it takes no longer than a request.
            match self.queue.receive(self.config.batch, Duration::ZERO, self.config.visibility).await {
                Ok(batch) if batch.is_empty() => {}
                Ok(batch) => {
                    if self.gives_back(&batch).await {
                        continue;
                    }
                    receiving.received(batch.len());
                    self.note_age(&batch);
                    self.start(batch, permit, running, shutdown);
                }
                // The other receive will meet it, too, and wait.
                Err(fault) => metrics::count_fault(&fault),
            }
            reap(self.config.name, running);
        }
    }

    /// Whether somebody has paused this consumer: then what was received is given back. What can't be comes by itself after its
    /// visibility.
    async fn gives_back(&self, batch: &[RawDelivery]) -> bool {
        if !self.config.pauses.is_paused().await {
            return false;
        }
        tracing::info!(consumer = self.config.name, "paused: nothing is received until somebody lets it go on");
        let back: Vec<_> = batch.iter().map(|raw| (raw.receipt.clone(), Duration::ZERO)).collect();
        if let Err(fault) = self.queue.change_visibility(&back).await {
            metrics::count_fault(&fault);
        }
        true
    }

    /// Waits while somebody has paused this consumer.
    async fn unpaused(&self, shutdown: &CancellationToken) {
        let pauses = &self.config.pauses;
        while pauses.was_paused() {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if !pauses.is_paused().await {
                tracing::info!(consumer = self.config.name, "goes on");
            }
        }
    }

    /// Notes how long the oldest of these had waited. Of one whose clock is ahead of ours: not at all.
    fn note_age(&self, batch: &[RawDelivery]) {
        let now = self.ports.clock.now();
        let ages = batch.iter().filter_map(|raw| Some(now.duration_since(raw.sent_at?).as_secs_f64()));
        metrics::OLDEST.record(ages.fold(0.0, f64::max), [self.config.name.into()]);
    }

    fn start(
        self: &Arc<Self>,
        batch: Vec<RawDelivery>,
        permit: OwnedSemaphorePermit,
        running: &mut JoinSet<()>,
        shutdown: &CancellationToken,
    ) {
        let (consumer, shutdown) = (Arc::clone(self), shutdown.clone());
        running.spawn(async move {
            consumer.handle(batch, Kept::UntilWell, &shutdown).await;
            drop(permit);
        });
    }
}

impl<W: Work> Consumer<W> {
    /// Waits until a batch may be received; nothing, at the process's end. A permit comes first: what can't be worked on
    /// is better left in the queue for another pod.
    async fn admitted(&self, permits: &Arc<Semaphore>, shutdown: &CancellationToken) -> Option<Admission> {
        let mut trial_at = None;
        loop {
            self.unpaused(shutdown).await;
            self.breaker.closed(shutdown).await;
            if shutdown.is_cancelled() {
                return None;
            }
            let is_denied = self.breaker.is_denied();
            if is_denied {
                let trial_at = *trial_at.get_or_insert_with(|| Instant::now() + TRIAL_EVERY);
                tokio::select! {
                    biased;
                    () = shutdown.cancelled() => return None,
                    () = self.breaker.denial_differs(is_denied) => {}
                    () = tokio::time::sleep_until(trial_at) => return Some(Admission::Trial),
                }
            } else {
                let permit = tokio::select! {
                    biased;
                    () = shutdown.cancelled() => return None,
                    () = self.breaker.denial_differs(is_denied) => continue,
                    permit = Arc::clone(permits).acquire_owned() => permit.ok()?,
                };
                // Somebody may have found something away while this waited.
                self.breaker.closed(shutdown).await;
                if !self.breaker.is_denied() && !shutdown.is_cancelled() {
                    return Some(Admission::Permit(permit));
                }
            }
        }
    }
}

fn reap(consumer: &str, running: &mut JoinSet<()>) {
    while let Some(ended) = running.try_join_next() {
        report(consumer, ended);
    }
}

fn report(consumer: &str, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(consumer, %error, "a batch was not settled; its messages come again after their visibility");
    }
}
