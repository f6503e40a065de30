//! How a consumer behaves.

use std::time::Duration;

use jiff::SignedDuration;

use super::Probe;
use crate::backoff::Backoff;
use crate::hints::Wake;
use crate::outcomes::Outcomes;
use crate::pauses::Pauses;
use crate::ports::queue::QUEUE_MAX_BATCH;

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
    /// How long a receive may wait before it is made, where so many messages come that a batch gathers meanwhile; zero: it
    /// never waits.
    pub gather: Duration,
    /// The wait before a message that could not be handled comes again.
    pub backoff: Backoff,
    /// The same where something that the handler needs failed, though what is probed answers: a neighbour that is away, say.
    /// That is not the message's fault and can last for hours.
    pub unavailable_backoff: Backoff,
    /// A message that still can't be handled at this receive is rejected as exhausted.
    pub max_attempts: u32,
    /// How long an event of a future version is retried before it is rejected: longer than a rolling upgrade takes.
    pub future_patience: SignedDuration,
    /// What the handler needs. While one of these is away, nothing is received; see [`Probe`].
    pub probes: Vec<Probe>,
    /// Hints that the queue has something. One brings a receive that waits for nothing, beside the one that waits.
    pub wake: Wake,
    /// Whether somebody has paused it.
    pub pauses: Pauses,
    /// Where it says what became of messages that were redriven.
    pub outcomes: Outcomes,
}

impl ConsumerConfig {
    /// The defaults, with reasons: 4 batches keep a pod busy while one waits for its database; 30 s of visibility is
    /// three of the longest calls; 50 ms are felt by nobody where dozens of messages come a second; 40 attempts stay below the queue's own net of 50, and last for more than two hours (and
    /// the next wait, once a neighbour is back, about as long as it was away, ten minutes at the most).
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            concurrency: 4,
            batch: QUEUE_MAX_BATCH,
            visibility: Duration::from_secs(30),
            wait: Duration::from_secs(20),
            gather: Duration::from_millis(50),
            backoff: Backoff::new(Backoff::FIRST, Duration::from_secs(60)),
            unavailable_backoff: Backoff::patient(),
            max_attempts: 40,
            future_patience: SignedDuration::from_mins(10),
            probes: Vec::new(),
            wake: Wake::never(),
            pauses: Pauses::default(),
            outcomes: Outcomes::default(),
        }
    }

    /// The same, guarded by one more probe.
    #[must_use]
    pub fn probing(mut self, probe: &Probe) -> Self {
        self.probes.push(probe.clone());
        self
    }
}
