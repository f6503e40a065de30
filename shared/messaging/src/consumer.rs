//! Receives, decodes, limits and settles. What to do about an event is the [`Handler`]'s.
//!
//! Each delivery is settled alone, and deleted only after the handler said `Done` or after the dead-letter queue has it.
//! While a handler works, its messages' visibility is extended, so slow work is no reason for a second delivery.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use opentelemetry::KeyValue;
use serde::{Deserialize, Serialize};
use shotengai_contracts::{DecodeError, Envelope};
use shotengai_kernel::{Ports, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::attempt;
use crate::backoff::Backoff;
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::queue::{
    MAX_VISIBILITY, OutgoingMessage, QUEUE_MAX_BATCH, Queue, RawDelivery, Receipt, SEND_MAX_BYTES, is_permitted,
};
use crate::settle::{Delivery, Disposition, Handler};
use crate::trace::{TRACEPARENT, follow};
use crate::worker::Worker;

/// The attribute of a dead letter that says why it is one: a [`DeadLetterFacts`] in JSON.
pub const DEAD_LETTER_ATTRIBUTE: &str = "dead_letter";

/// How often an event of a future version is looked at within the patience it gets; few enough to stay far from the
/// queue's own limit of receives.
const FUTURE_TRIES: u32 = 20;

/// How a consumer behaves.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// The consumer's name: its service.
    pub name: &'static str,
    /// Batches handled at the same time.
    pub concurrency: usize,
    /// Messages a batch, ten at the most.
    pub batch: usize,
    /// How long a received message stays hidden before it is extended.
    pub visibility: Duration,
    /// How long a receive waits for the first message.
    pub wait: Duration,
    /// The wait before a message that could not be handled comes again.
    pub backoff: Backoff,
    /// A message that still can't be handled at this receive is rejected as exhausted.
    pub max_attempts: u32,
    /// How long an event of a future version is retried before it is rejected: longer than a rolling upgrade takes.
    pub future_patience: SignedDuration,
}

impl ConsumerConfig {
    /// The defaults, with reasons: 4 batches keep a pod busy while one waits for its database; 30 s of visibility is
    /// three of the longest calls; 40 attempts stay below the queue's own net of 50.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            concurrency: 4,
            batch: QUEUE_MAX_BATCH,
            visibility: Duration::from_secs(30),
            wait: Duration::from_secs(20),
            backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(60)),
            max_attempts: 40,
            future_patience: SignedDuration::from_mins(10),
        }
    }
}

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
    ports: Ports,
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
        Arc::new(Self { config, queue, dead_letters, handler, ports })
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
        self.handle(received).await;
        Ok(count)
    }

    async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.config.concurrency));
        let mut running = JoinSet::new();
        let receive_backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut failures = 0;
        while !shutdown.is_cancelled() {
            // A permit first: what can't be worked on is better left in the queue for another pod.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
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
                    let consumer = Arc::clone(&self);
                    running.spawn(async move {
                        consumer.handle(batch).await;
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

    async fn handle(&self, received: Vec<RawDelivery>) {
        let mut settlements = Vec::new();
        let mut raw = Vec::new();
        let mut batch = Vec::new();
        // All of them: what could not be decoded waits for the others, too.
        let receipts: Vec<_> = received.iter().map(|delivery| delivery.receipt.clone()).collect();
        for delivery in received {
            match self.decode(&delivery) {
                Ok(decoded) => {
                    raw.push(delivery);
                    batch.push(decoded);
                }
                Err(settlement) => settlements.push((delivery, settlement)),
            }
        }
        if !batch.is_empty() {
            let answering = attempt::answers(self.handler.as_ref(), self.config.name, &batch);
            let answers = self.while_extending(&receipts, answering).await;
            self.observe(&batch, &answers);
            let mut answers = answers.into_iter();
            for delivery in raw {
                let settlement = self.settlement(&delivery, answers.next().unwrap_or_else(attempt::no_answer));
                settlements.push((delivery, settlement));
            }
        }
        self.settle(settlements).await;
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
                tracing::error!(consumer = self.config.name, message = raw.message_id, reason, "can't be read");
                Err(Settlement::Dead { reason, error })
            }
        }
    }

    /// What the handler's answer comes to.
    fn settlement(&self, delivery: &RawDelivery, answer: Disposition) -> Settlement {
        match answer {
            Disposition::Done => Settlement::Done,
            Disposition::Retry { cause, .. } if delivery.receive_count >= self.config.max_attempts => {
                Settlement::Dead { reason: "exhausted", error: cause }
            }
            Disposition::Retry { after, .. } => Settlement::Again(
                after.unwrap_or_else(|| self.config.backoff.delay(delivery.receive_count, self.ports.random.as_ref())),
            ),
            Disposition::Reject { reason, error } => Settlement::Dead { reason, error },
        }
    }

    fn is_patient(&self, raw: &RawDelivery) -> bool {
        let now = self.ports.clock.now();
        now.duration_since(raw.first_received_at.unwrap_or(now)) < self.config.future_patience
    }

    /// Runs `work` and keeps its messages hidden meanwhile.
    async fn while_extending<T>(&self, receipts: &[Receipt], work: impl Future<Output = T>) -> T {
        // Beside the work: a queue that is slow to answer must not keep it from going on.
        let extending = async {
            loop {
                tokio::time::sleep(self.config.visibility / 3).await;
                let changes: Vec<_> =
                    receipts.iter().map(|receipt| (receipt.clone(), self.config.visibility)).collect();
                self.change_visibility(&changes).await;
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            never = extending => never,
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
                Disposition::Retry { cause, .. } => delivery.span.in_scope(|| {
                    tracing::info!(consumer = self.config.name, subject = %delivery.envelope.subject, attempt = delivery.receive_count, %cause, "will be tried again");
                }),
                Disposition::Reject { reason, error } => delivery.span.in_scope(|| {
                    tracing::error!(consumer = self.config.name, subject = %delivery.envelope.subject, reason, %error, "rejected");
                }),
            }
        }
    }

    async fn settle(&self, settlements: Vec<(RawDelivery, Settlement)>) {
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

    /// Sends rejected messages to the dead letters; returns the receipts of those that arrived there.
    async fn bury(&self, dead: Vec<(RawDelivery, &'static str, String)>) -> Vec<Receipt> {
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
