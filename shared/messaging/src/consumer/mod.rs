//! The consumer of a queue: receives, decodes, limits and settles. What to do about an event is the [`Handler`]'s, about a
//! message of another sender's form the [`MessageHandler`]'s.
//!
//! Each delivery is settled alone, and deleted only after the handler said `Done` or after the dead-letter queue has it.
//! While a handler works, its messages' visibility is extended, so slow work is no reason for a second delivery.
//!
//! - `receive`: the loop, its permits and its end.
//! - `flow`: how long a receive waits for a batch that is worth it.
//! - `work`: what messages are read as, and who handles them.
//! - `decode`: from a message to a delivery, or why there is none.
//! - `policy`: from a handler's answer to what becomes of the message; pure.
//! - `redriven`: what became of messages that were dead letters before, told to operators.
//! - `settle`, `dead_letter`: deletes, hides and dead-letters, each entry's answer checked.
//! - `visibility`: keeps hidden what is not settled. [`Probe`] and the breaker: nothing is received while something is away
//!   or denied.

mod breaker;
mod config;
mod dead_letter;
mod decode;
mod flow;
mod policy;
mod receive;
mod redriven;
mod settle;
mod visibility;
mod work;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::disposition::Disposition;
use crate::effects::Effects;
use crate::handler::{Handler, MessageHandler};
use crate::metrics;
use crate::ports::fault::Fault;
use crate::ports::queue::{Queue, RawDelivery};
use crate::receipts::{self, Causes, order_in};
use crate::worker::Worker;

use self::breaker::Breaker;
pub use self::breaker::Probe;
pub use self::config::ConsumerConfig;
use self::policy::{Policy, Settlement};
use self::redriven::Finished;
use self::visibility::Hidden;
pub use self::work::{Events, Messages, Work};

/// Feeds one queue's messages to one handler.
pub struct Consumer<W: Work = Events> {
    config: ConsumerConfig,
    queue: Arc<dyn Queue>,
    dead_letters: Arc<dyn Queue>,
    work: W,
    breaker: Breaker,
    ports: Ports,
}

/// A message that was decoded, and what it came in.
struct Held<I> {
    raw: RawDelivery,
    item: I,
    /// What handling it has done so far, where somebody wants to know.
    effects: Option<Effects>,
}

/// Whether messages to which the installation denies something are kept, hidden, until it does no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    UntilWell,
    Never,
}

/// How many faults of other kinds in a row leave a message that was denied something where it is.
const OTHER_FAULTS: u32 = 5;

/// A message that is not done with: something failed that it needs, or it waits where others are denied something.
struct Unsettled<I> {
    held: Held<I>,
    answer: Disposition,
}

impl Consumer<Events> {
    /// A consumer of `queue`, whose messages are events; what can't be handled goes to `dead_letters`.
    #[must_use]
    pub fn new(
        config: ConsumerConfig,
        queue: Arc<dyn Queue>,
        dead_letters: Arc<dyn Queue>,
        handler: Arc<dyn Handler>,
        ports: Ports,
    ) -> Arc<Self> {
        Self::of(config, queue, dead_letters, Events(handler), ports)
    }
}

impl Consumer<Messages> {
    /// A consumer of `queue`, whose messages are of another sender's form.
    #[must_use]
    pub fn of_messages(
        config: ConsumerConfig,
        queue: Arc<dyn Queue>,
        dead_letters: Arc<dyn Queue>,
        handler: Arc<dyn MessageHandler>,
        ports: Ports,
    ) -> Arc<Self> {
        Self::of(config, queue, dead_letters, Messages(handler), ports)
    }
}

impl<W: Work> Consumer<W> {
    fn of(
        config: ConsumerConfig,
        queue: Arc<dyn Queue>,
        dead_letters: Arc<dyn Queue>,
        work: W,
        ports: Ports,
    ) -> Arc<Self> {
        let breaker = Breaker::new(config.name, config.probes.clone(), Arc::clone(&ports.random));
        metrics::show_dead_letters(config.name, work.reasons());
        metrics::show_done(config.name, &work.kinds());
        Arc::new(Self { config, queue, dead_letters, work, breaker, ports })
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
        self.handle(received, Kept::UntilWell, &CancellationToken::new()).await;
        Ok(count)
    }

    /// Handles what was received and settles it to the end, and keeps hidden meanwhile what is not settled.
    async fn handle(&self, received: Vec<RawDelivery>, kept: Kept, shutdown: &CancellationToken) {
        let hidden = Hidden::new(&received);
        let causes = Causes::each(received.iter().map(|raw| Causes::of(order_in(&raw.body))));
        // Beside the work: a queue that is slow to answer must not keep it from going on.
        let work = async {
            tokio::select! {
                biased;
                () = self.work(received, &hidden, kept, shutdown) => {}
                never = self.keep_hidden(&hidden) => match never {},
            }
        };
        receipts::scope(causes, work).await;
    }

    async fn work(&self, received: Vec<RawDelivery>, hidden: &Hidden, kept: Kept, shutdown: &CancellationToken) {
        let mut settlements = Vec::new();
        let mut held = Vec::new();
        let now = self.ports.clock.now();
        for raw in received {
            match self.decode(&raw, now) {
                Ok(item) => {
                    let effects = self.is_asked_about(&raw).then(Effects::default);
                    held.push(Held { raw, item, effects });
                }
                Err(settlement) => settlements.push((raw, settlement)),
            }
        }
        let mut denial = None;
        let (mut trials, mut other_faults) = (0, 0);
        loop {
            let since = Instant::now();
            let unsettled = self.attempt(held, std::mem::take(&mut settlements), hidden, denial.is_some()).await;
            if unsettled.is_empty() {
                return;
            }
            let has_failed = unsettled.iter().any(|one| matches!(one.answer, Disposition::Failed { .. }));
            let is_well_again = match unsettled.iter().find_map(|one| one.answer.denial()) {
                Some(_) if kept == Kept::Never => false,
                Some(cause) => {
                    denial.get_or_insert_with(|| self.breaker.denied(cause));
                    (trials, other_faults) = (trials + 1, 0);
                    self.breaker.pause(trials, shutdown).await
                }
                None if has_failed && self.stopped(since, shutdown).await => true,
                // It says nothing of the denial, which would cost the message a receive for each such fault.
                None if denial.is_some() && other_faults < OTHER_FAULTS => {
                    (trials, other_faults) = (trials + 1, other_faults + u32::from(has_failed));
                    self.breaker.pause(trials, shutdown).await
                }
                None => {
                    denial = None;
                    false
                }
            };
            if is_well_again {
                held = unsettled.into_iter().map(|one| one.held).collect();
                continue;
            }
            let policy = Policy::of(&self.config);
            let given_up = unsettled.into_iter().map(|Unsettled { held, answer }| {
                let receives = held.raw.receive_count;
                let settlement = if shutdown.is_cancelled() {
                    // Nothing is wrong with it, however often it came.
                    Settlement::Again(policy.interrupted(receives))
                } else {
                    policy.settlement(receives, answer.clone())
                };
                Finished { held, answer, settlement }
            });
            let (asked, plain): (Vec<_>, Vec<_>) = given_up.partition(|one| one.held.effects.is_some());
            self.settle(plain.into_iter().map(|one| (one.held.raw, one.settlement)).collect(), hidden).await;
            self.settle_told(asked, hidden).await;
            return;
        }
    }

    /// Handles deliveries once and settles those that are done with, and what was settled before. Returns those for which
    /// something failed that they need, and after a denial those that wait, too: a receive is spent on neither.
    async fn attempt(
        &self,
        held: Vec<Held<W::Item>>,
        mut settlements: Vec<(RawDelivery, Settlement)>,
        hidden: &Hidden,
        is_denied: bool,
    ) -> Vec<Unsettled<W::Item>> {
        let answers = self.answers(&held).await;
        self.observe(&held, &answers);
        let policy = Policy::of(&self.config);
        let (mut unsettled, mut told) = (Vec::new(), Vec::new());
        for (held, answer) in held.into_iter().zip(answers) {
            match answer {
                answer @ Disposition::Failed { .. } => unsettled.push(Unsettled { held, answer }),
                answer @ Disposition::Waits { .. } if is_denied => unsettled.push(Unsettled { held, answer }),
                answer if held.effects.is_some() => {
                    let settlement = policy.settlement(held.raw.receive_count, answer.clone());
                    told.push(Finished { held, answer, settlement });
                }
                answer => {
                    let settlement = policy.settlement(held.raw.receive_count, answer);
                    settlements.push((held.raw, settlement));
                }
            }
        }
        self.settle(settlements, hidden).await;
        self.settle_told(told, hidden).await;
        unsettled
    }

    /// After a fault of an attempt that began at `since`: waits while something is away. Answers whether it was, and is back.
    async fn stopped(&self, since: Instant, shutdown: &CancellationToken) -> bool {
        if !self.breaker.suspect(since).await {
            return false;
        }
        self.breaker.closed(shutdown).await;
        !shutdown.is_cancelled()
    }
}
