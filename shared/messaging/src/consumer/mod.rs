//! Receives, decodes, limits and settles. What to do about an event is the [`Handler`]'s.
//!
//! Each delivery is settled alone, and deleted only after the handler said `Done` or after the dead-letter queue has it.
//! While a handler works, its messages' visibility is extended, so slow work is no reason for a second delivery.

mod breaker;
mod config;
mod letters;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use shotengai_contracts::{DecodeError, Envelope};
use shotengai_kernel::Ports;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt;
use crate::backoff::Backoff;
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::queue::{MAX_VISIBILITY, QUEUE_MAX_BATCH, Queue, RawDelivery, Receipt};
use crate::settle::{Delivery, Disposition, Handler};
use crate::trace::{TRACEPARENT, follow};
use crate::worker::Worker;

use self::breaker::Breaker;
pub use self::breaker::Probe;
pub use self::config::ConsumerConfig;
pub use self::letters::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};

/// How often an event of a future version is looked at within the patience it gets; few enough to stay far from the
/// queue's own limit of receives.
const FUTURE_TRIES: u32 = 20;

/// What becomes of one delivery.
enum Settlement {
    /// Deleted.
    Done,
    /// Hidden for so long.
    Again(Duration),
    /// To the dead letters, then deleted.
    Dead { reason: &'static str, error: String },
}

/// Feeds one queue's messages to one handler.
pub struct Consumer {
    config: ConsumerConfig,
    queue: Arc<dyn Queue>,
    dead_letters: Arc<dyn Queue>,
    handler: Arc<dyn Handler>,
    breaker: Breaker,
    ports: Ports,
}

/// The messages of a batch that are not settled yet.
type Hidden = Mutex<Vec<Receipt>>;

/// A message that was decoded, and what it came in.
struct Held {
    raw: RawDelivery,
    delivery: Delivery,
}

impl Consumer {
    /// A consumer of `queue`; what can't be handled goes to `dead_letters`.
    #[must_use]
    pub fn new(
        config: ConsumerConfig,
        queue: Arc<dyn Queue>,
        dead_letters: Arc<dyn Queue>,
        handler: Arc<dyn Handler>,
        ports: Ports,
    ) -> Arc<Self> {
        let breaker = Breaker::new(config.name, config.probes.clone(), Arc::clone(&ports.random));
        metrics::show_dead_letters(config.name);
        Arc::new(Self { config, queue, dead_letters, handler, breaker, ports })
    }

    /// The worker that consumes until told to stop, then finishes what it holds.
    #[must_use]
    pub fn worker(self: Arc<Self>) -> Worker {
        Worker::new(format!("{}/consumer", self.config.name), move |token| {
            let consumer = Arc::clone(&self);
            async move { consumer.run(token).await }
        })
    }

    /// One receive, handled and settled to the end; returns how many messages came. For tests and drains.
    ///
    /// # Errors
    /// A [`Fault`] of the receive. Faults while settling are logged: those messages come again.
    pub async fn step(&self, wait: Duration) -> Result<usize, Fault> {
        let received = self.queue.receive(self.config.batch, wait, self.config.visibility).await?;
        let count = received.len();
        self.handle(received, &CancellationToken::new()).await;
        Ok(count)
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.config.concurrency));
        let mut running = JoinSet::new();
        let receive_backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut failures = 0;
        // Processes that are restarted again and again into an outage would cost each message an attempt a start.
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            _away = self.breaker.suspect(Instant::now()) => {}
        }
        while !shutdown.is_cancelled() {
            // A permit first: what can't be worked on is better left in the queue for another pod.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
            self.breaker.closed(&shutdown).await;
            let received = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                received = self.queue.receive(self.config.batch, self.config.wait, self.config.visibility) => received,
            };
            while let Some(ended) = running.try_join_next() {
                report(self.config.name, ended);
            }
            match received {
                Ok(batch) => {
                    failures = 0;
                    if batch.is_empty() {
                        continue;
                    }
                    let (consumer, shutdown) = (Arc::clone(&self), shutdown.clone());
                    running.spawn(async move {
                        consumer.handle(batch, &shutdown).await;
                        drop(permit);
                    });
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
        while let Some(ended) = running.join_next().await {
            report(self.config.name, ended);
        }
    }

    /// Handles what was received and settles it to the end, and keeps hidden meanwhile what is not settled.
    async fn handle(&self, received: Vec<RawDelivery>, shutdown: &CancellationToken) {
        let hidden = Mutex::new(received.iter().map(|raw| raw.receipt.clone()).collect());
        // Beside the work: a queue that is slow to answer must not keep it from going on.
        tokio::select! {
            biased;
            () = self.work(received, &hidden, shutdown) => {}
            never = self.keep_hidden(&hidden) => match never {},
        }
    }

    async fn work(&self, received: Vec<RawDelivery>, hidden: &Hidden, shutdown: &CancellationToken) {
        let mut settlements = Vec::new();
        let mut held = Vec::new();
        for raw in received {
            match self.decode(&raw) {
                Ok(delivery) => held.push(Held { raw, delivery }),
                Err(settlement) => settlements.push((raw, settlement)),
            }
        }
        self.settle(settlements, hidden).await;
        while !held.is_empty() {
            let since = Instant::now();
            let waiting = self.attempt(held, hidden).await;
            if !waiting.is_empty() && self.stopped(since, shutdown).await {
                held = waiting.into_iter().map(|(held, _)| held).collect();
                continue;
            }
            let given_up = waiting.into_iter().map(|(held, cause)| {
                let settlement = if shutdown.is_cancelled() {
                    // Nothing is wrong with it, however often it came.
                    self.again_later(&held.raw, &self.config.backoff)
                } else {
                    self.settlement(&held.raw, Disposition::Unavailable { cause })
                };
                (held.raw, settlement)
            });
            self.settle(given_up.collect(), hidden).await;
            return;
        }
    }

    /// Handles deliveries once and settles those that are done with. Returns those that something away keeps waiting.
    async fn attempt(&self, held: Vec<Held>, hidden: &Hidden) -> Vec<(Held, String)> {
        let batch: Vec<_> = held.iter().map(|held| held.delivery.clone()).collect();
        let answers = attempt::answers(self.handler.as_ref(), self.config.name, &batch).await;
        self.observe(&batch, &answers);
        let mut answers = answers.into_iter();
        let mut settlements = Vec::new();
        let mut waiting = Vec::new();
        for held in held {
            match answers.next().unwrap_or_else(attempt::no_answer) {
                Disposition::Unavailable { cause } => waiting.push((held, cause)),
                answer => {
                    let settlement = self.settlement(&held.raw, answer);
                    settlements.push((held.raw, settlement));
                }
            }
        }
        self.settle(settlements, hidden).await;
        waiting
    }

    /// After a fault of an attempt that began at `since`: waits while something is away. Answers whether it was, and is back.
    async fn stopped(&self, since: Instant, shutdown: &CancellationToken) -> bool {
        if !self.breaker.suspect(since).await {
            return false;
        }
        self.breaker.closed(shutdown).await;
        !shutdown.is_cancelled()
    }

    fn decode(&self, raw: &RawDelivery) -> Result<Delivery, Settlement> {
        let decoded = Envelope::from_json(raw.body.as_bytes()).and_then(|envelope| {
            let event = envelope.event()?;
            Ok((envelope, event))
        });
        match decoded {
            Ok((envelope, event)) => {
                let traceparent = raw.attributes.get(TRACEPARENT).or(envelope.traceparent.as_ref());
                let span = tracing::info_span!(
                    "process",
                    otel.name = format!("process {}", self.queue.name()),
                    otel.kind = "consumer",
                    messaging.system = "aws_sqs",
                    messaging.destination.name = self.queue.name(),
                    event.r#type = envelope.event_type,
                    event.id = %envelope.id,
                    event.subject = %envelope.subject,
                );
                follow(&span, traceparent.map(String::as_str));
                Ok(Delivery {
                    envelope: Arc::new(envelope),
                    event: Arc::new(event),
                    body: raw.body.as_str().into(),
                    receive_count: raw.receive_count,
                    message_id: raw.message_id.clone(),
                    span,
                })
            }
            // However often it came: it is the release that is too old, not the attempts that are too many.
            Err(error @ DecodeError::FutureVersion { .. }) if self.is_patient(raw) => {
                tracing::info!(consumer = self.config.name, attempt = raw.receive_count, %error, "will be tried again");
                let patience = Duration::try_from(self.config.future_patience).unwrap_or_default();
                Err(Settlement::Again((patience / FUTURE_TRIES).max(Duration::from_secs(1))))
            }
            Err(error) => {
                let (reason, error) = (error.reason(), error.to_string());
                tracing::error!(consumer = self.config.name, message_id = raw.message_id, reason, "can't be read");
                Err(Settlement::Dead { reason, error })
            }
        }
    }

    /// What the handler's answer comes to.
    fn settlement(&self, delivery: &RawDelivery, answer: Disposition) -> Settlement {
        match answer {
            Disposition::Done => Settlement::Done,
            Disposition::Retry { cause, .. } | Disposition::Unavailable { cause }
                if delivery.receive_count >= self.config.max_attempts =>
            {
                Settlement::Dead { reason: "exhausted", error: cause }
            }
            Disposition::Unavailable { .. } => self.again_later(delivery, &self.config.unavailable_backoff),
            Disposition::Retry { after: Some(after), .. } => Settlement::Again(after),
            Disposition::Retry { after: None, .. } => self.again_later(delivery, &self.config.backoff),
            Disposition::Reject { reason, error } => Settlement::Dead { reason, error },
        }
    }

    fn again_later(&self, delivery: &RawDelivery, backoff: &Backoff) -> Settlement {
        Settlement::Again(backoff.delay(delivery.receive_count, self.ports.random.as_ref()))
    }

    fn is_patient(&self, raw: &RawDelivery) -> bool {
        let now = self.ports.clock.now();
        now.duration_since(raw.first_received_at.unwrap_or(now)) < self.config.future_patience
    }

    async fn keep_hidden(&self, hidden: &Hidden) -> Infallible {
        loop {
            tokio::time::sleep(self.config.visibility / 3).await;
            let receipts = hidden.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let changes: Vec<_> = receipts.into_iter().map(|receipt| (receipt, self.config.visibility)).collect();
            self.change_visibility(&changes).await;
        }
    }

    fn observe(&self, batch: &[Delivery], answers: &[Disposition]) {
        for (delivery, answer) in batch.iter().zip(answers) {
            metrics::SETTLED.add(
                1,
                &[
                    KeyValue::new("consumer", self.config.name),
                    KeyValue::new("event_type", delivery.envelope.event_type.clone()),
                    KeyValue::new("outcome", answer.outcome()),
                ],
            );
            match answer {
                Disposition::Done => {
                    let age = self.ports.clock.now().duration_since(delivery.envelope.time);
                    metrics::EVENT_AGE.record(age.as_secs_f64().max(0.0), &[KeyValue::new("consumer", self.config.name)]);
                }
                Disposition::Retry { cause, .. } | Disposition::Unavailable { cause } => delivery.span.in_scope(|| {
                    tracing::info!(consumer = self.config.name, subject = %delivery.envelope.subject, attempt = delivery.receive_count, %cause, "will be tried again");
                }),
                Disposition::Reject { reason, error } => delivery.span.in_scope(|| {
                    tracing::error!(consumer = self.config.name, subject = %delivery.envelope.subject, reason, %error, "rejected");
                }),
            }
        }
    }

    async fn settle(&self, settlements: Vec<(RawDelivery, Settlement)>, hidden: &Hidden) {
        hidden
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|receipt| !settlements.iter().any(|(delivery, _)| delivery.receipt == *receipt));
        let mut done = Vec::new();
        let mut again = Vec::new();
        let mut dead = Vec::new();
        for (delivery, settlement) in settlements {
            match settlement {
                Settlement::Done => done.push(delivery.receipt),
                Settlement::Again(after) => again.push((delivery.receipt, after.min(MAX_VISIBILITY))),
                Settlement::Dead { reason, error } => dead.push((delivery, reason, error)),
            }
        }
        done.extend(self.bury(dead).await);
        self.change_visibility(&again).await;
        self.delete(&done).await;
    }

    async fn delete(&self, receipts: &[Receipt]) {
        for chunk in receipts.chunks(QUEUE_MAX_BATCH) {
            self.count_failures("delete", self.queue.delete(chunk).await);
        }
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) {
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
}

fn report(consumer: &str, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(consumer, %error, "a batch was not settled; its messages come again after their visibility");
    }
}
