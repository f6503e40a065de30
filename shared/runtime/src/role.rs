//! A role, assembled: what a service hands to the process it runs in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use shotengai_contracts::topology::QueueSpec;
use shotengai_messaging::handler::{self, Mismatch};
use shotengai_messaging::{Consumer, ConsumerConfig, Handler, IntoHandler, MessageHandler, Probe, Queue, Worker};

use crate::deps::Deps;
use crate::health::Check;
use crate::http::{Gate, Routes};

/// Puts a role's routes beside those of the others. Called once for each HTTP thread.
pub type RouteTable = Arc<dyn Fn(&mut Routes) + Send + Sync>;

type Opening = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// In what one consumer differs from the others.
#[derive(Clone, Default)]
pub struct Consuming {
    concurrency: Option<usize>,
    batch: Option<usize>,
    regardless_of: Vec<&'static str>,
    opening: Option<Opening>,
}

impl Consuming {
    /// Handles so many batches at the same time.
    #[must_use]
    pub const fn batches(mut self, concurrency: usize) -> Self {
        self.concurrency = Some(concurrency);
        self
    }

    /// Receives so many messages at once, ten at the most.
    #[must_use]
    pub const fn messages(mut self, batch: usize) -> Self {
        self.batch = Some(batch);
        self
    }

    /// Goes on while this dependency of the role (by the name of its table or queue) is away: its handler has no use
    /// for it.
    #[must_use]
    pub fn regardless_of(mut self, dependency: &'static str) -> Self {
        self.regardless_of.push(dependency);
        self
    }

    /// Receives nothing before this has returned, each time that the consumer starts.
    #[must_use]
    pub fn after<F, Fut>(mut self, opening: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.opening = Some(Arc::new(move || Box::pin(opening())));
        self
    }
}

/// A queue's consumer, by which tests feed it.
#[derive(Clone)]
pub struct Consumed {
    queue: &'static QueueSpec,
    /// What reacts to its events.
    pub handler: Arc<dyn Handler>,
    /// What feeds it.
    pub consumer: Arc<Consumer>,
}

/// One role: its routes, its background work, and what it depends on.
pub struct Role {
    /// Its name, as `shotengai serve` takes it.
    pub name: &'static str,
    /// Its HTTP routes.
    pub routes: RouteTable,
    /// Its background work.
    pub workers: Vec<Worker>,
    /// What it can't do without.
    pub checks: Vec<Check>,
    /// What it puts before all routes of its process.
    pub gate: Option<Arc<dyn Gate>>,
    consumed: Vec<Consumed>,
    mismatches: Vec<Mismatch>,
    deps: Deps,
}

impl Role {
    /// A role over what was taken from `deps`, that does nothing of its own yet.
    #[must_use]
    pub fn new(mut deps: Deps) -> Self {
        Self {
            name: deps.service.as_str(),
            routes: Arc::new(|_| ()),
            workers: std::mem::take(&mut deps.workers),
            checks: std::mem::take(&mut deps.checks),
            gate: None,
            consumed: Vec::new(),
            mismatches: Vec::new(),
            deps,
        }
    }

    /// Consumes `queue`: what can't be handled goes to its dead letters. While a dependency of the role is away nothing
    /// is received; see [`Consuming::regardless_of`]. Ready only after the queue has answered once. Whether the handler takes
    /// what the topic sends the queue says [`check_subscriptions`](Self::check_subscriptions).
    #[must_use]
    pub fn consume<M>(mut self, queue: &'static QueueSpec, handler: impl IntoHandler<M>, consuming: Consuming) -> Self {
        let handler = self.deps.decorator().handler(queue, handler.into_handler());
        self.mismatches.extend(handler::check(queue, handler.events()).err());
        let (config, source, letters) = self.reading(queue, &consuming);
        let ports = self.deps.ports().clone();
        let consumer = Consumer::new(config, source, letters, Arc::clone(&handler), ports);
        let mut role = self.fed(queue, Arc::clone(&consumer).worker(), consuming);
        role.consumed.push(Consumed { queue, handler, consumer });
        role
    }

    /// Consumes `queue`, whose messages are no events of ours; otherwise as [`consume`](Self::consume) does.
    #[must_use]
    pub fn consume_messages(
        self,
        queue: &'static QueueSpec,
        handler: Arc<dyn MessageHandler>,
        consuming: Consuming,
    ) -> Self {
        let (config, source, letters) = self.reading(queue, &consuming);
        let consumer = Consumer::of_messages(config, source, letters, handler, self.deps.ports().clone());
        self.fed(queue, consumer.worker(), consuming)
    }

    /// Parts of a consumer of `queue`.
    fn reading(&self, queue: &QueueSpec, consuming: &Consuming) -> (ConsumerConfig, Arc<dyn Queue>, Arc<dyn Queue>) {
        let name = queue.name.strip_suffix("-queue").unwrap_or(queue.name);
        let mut config = ConsumerConfig { name, ..self.deps.settings().consumer.clone() };
        config.concurrency = consuming.concurrency.unwrap_or(config.concurrency);
        let needed = |probe: &&Probe| !consuming.regardless_of.contains(&&**probe.name());
        config.probes = self.deps.probes.iter().filter(needed).cloned().collect();
        config.batch = consuming.batch.unwrap_or(config.batch);
        config.wake = self.deps.wake(queue);
        config.pauses = self.deps.pauses().of_queue(queue.name);
        config.outcomes = self.deps.outcomes();
        (config, self.deps.any_queue(queue.name), self.deps.any_queue(&queue.dead_letters()))
    }

    /// Runs a consumer's worker, and is ready only after its queue has answered once.
    fn fed(self, queue: &QueueSpec, worker: Worker, consuming: Consuming) -> Self {
        let check = Check::of(&Probe::queue(queue.name, &self.deps.any_queue(queue.name))).seldom();
        let worker = match consuming.opening {
            Some(opening) => opened(worker, opening),
            None => worker,
        };
        let role = self.worker(worker);
        // A queue that it sends to as well has its check already.
        if role.checks.iter().any(|known| known.name() == queue.name) { role } else { role.check(check) }
    }

    /// Whether each of its queues gets what its handler takes; to be asked before the role runs.
    ///
    /// # Errors
    /// The first [`Mismatch`].
    pub fn check_subscriptions(&self) -> Result<(), Mismatch> {
        self.mismatches.first().cloned().map_or(Ok(()), Err)
    }

    /// The consumer of `queue`, if the role has one.
    #[must_use]
    pub fn consumed(&self, queue: &QueueSpec) -> Option<&Consumed> {
        self.consumed.iter().find(|consumed| consumed.queue == queue)
    }

    /// Serves these routes (instead of those set before).
    #[must_use]
    pub fn routes(mut self, routes: impl Fn(&mut Routes) + Send + Sync + 'static) -> Self {
        self.routes = Arc::new(routes);
        self
    }

    /// Runs this worker too.
    #[must_use]
    pub fn worker(mut self, worker: Worker) -> Self {
        self.workers.push(worker);
        self
    }

    /// Puts this before all routes of its process.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Is ready only after this check has passed once (unless it is [`Check::advisory`]).
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}

/// The worker, kept waiting whenever it starts.
fn opened(worker: Worker, opening: Opening) -> Worker {
    Worker::new(worker.name().to_owned(), move |shutdown| {
        let (worker, opening) = (worker.clone(), Arc::clone(&opening));
        async move {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = opening() => {}
            }
            worker.run(shutdown).await;
        }
    })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use shotengai_contracts::EventType;
    use shotengai_contracts::topology::{Service, queues};
    use shotengai_kernel::{ManualClock, Ports};
    use shotengai_messaging::{Delivery, Disposition, EventHandler};
    use shotengai_testing::memory::MemoryInfrastructure;

    use super::*;
    use crate::deps::Supply;

    /// Takes two of the three events that tally's queue gets, and one that it does not.
    struct Forgetful;

    #[async_trait]
    impl EventHandler for Forgetful {
        const EVENTS: &'static [EventType] = &[EventType::OrderPaid, EventType::OrderRefunded, EventType::OrderShipped];

        async fn handle(&self, _: &Delivery) -> Disposition {
            Disposition::Done
        }
    }

    #[test]
    fn a_role_whose_handler_takes_other_events_than_its_queue_gets_says_so_before_it_runs() {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let supply = Supply::new(Arc::new(MemoryInfrastructure::new(ports.clone())), ports);
        let role = Role::new(supply.deps(Service::TALLY));
        assert_eq!(role.check_subscriptions(), Ok(()));
        let role = role.consume(&queues::TALLY, Forgetful, Consuming::default());
        let mismatch = role.check_subscriptions().unwrap_err();
        assert_eq!(mismatch.queue, queues::TALLY.name);
        assert_eq!(mismatch.not_taken, [EventType::OrderCancelled]);
        assert_eq!(mismatch.not_subscribed, [EventType::OrderShipped]);
    }
}
