//! The breaker: stops a consumer while something its handler needs is away, or denied to it.
//!
//! Without it an outage turns into attempts: every message is received, fails, waits and is received again, until it counts
//! as exhausted though nothing is wrong with it. With it, nothing is received and what is held stays hidden.
//!
//! What is away is asked whether it is back, by a cheap call, never by a message. What is denied can't be asked that way: a
//! role that may read and not write finds every read well. There the messages that are held are tried again, with pauses,
//! and one batch a minute beside them: what is denied to some may be all that is wrong.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use shotengai_kernel::Random;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::metrics;
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::queue::Queue;
use crate::ports::store::EventStore;
use crate::ports::table::Table;

/// How long a dependency may take to answer a probe.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause between two probes of something that is away. It is what an outage lasts longer for a consumer; a
/// cheap call every other second from each consumer is nothing to what comes back.
const PAUSE: Duration = Duration::from_secs(4);
/// The longest pause before what is held is tried again after a denial.
const TRIAL: Duration = Duration::from_secs(15);
/// For how long a good answer is good.
const FRESH: Duration = Duration::from_secs(1);

/// A cheap question to something that handlers need.
#[derive(Clone)]
pub struct Probe {
    name: Arc<str>,
    ask: Arc<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>,
}

impl Probe {
    /// A probe of the dependency `name`.
    pub fn new<F, Fut>(name: impl Into<Arc<str>>, ask: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        Self { name: name.into(), ask: Arc::new(move || Box::pin(ask())) }
    }

    /// A probe of an event store.
    #[must_use]
    pub fn store(name: &str, store: &Arc<dyn EventStore>) -> Self {
        let store = Arc::clone(store);
        Self::new(name, move || {
            let store = Arc::clone(&store);
            async move { store.ping().await }
        })
    }

    /// A probe of a table.
    #[must_use]
    pub fn table(name: &str, table: &Arc<dyn Table>) -> Self {
        let table = Arc::clone(table);
        Self::new(name, move || {
            let table = Arc::clone(&table);
            async move { table.ping().await }
        })
    }

    /// A probe of a queue that handlers send to.
    #[must_use]
    pub fn queue(name: &str, queue: &Arc<dyn Queue>) -> Self {
        let queue = Arc::clone(queue);
        Self::new(name, move || {
            let queue = Arc::clone(&queue);
            async move { queue.depth().await.map(drop) }
        })
    }

    /// The dependency's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Asks.
    ///
    /// # Errors
    /// A [`Fault`] of the dependency, also when it takes too long to answer.
    pub async fn ask(&self) -> Result<(), Fault> {
        match timeout(TIMEOUT, (self.ask)()).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(Fault::new(FaultKind::Transient, "probe", elapsed)),
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Probe({})", self.name)
    }
}

/// Whether a consumer may work. Without probes it always may.
pub(super) struct Breaker {
    consumer: &'static str,
    probes: Vec<Probe>,
    random: Arc<dyn Random>,
    open: AtomicBool,
    /// How many batches are held because the installation denies something to them.
    denials: AtomicUsize,
    /// Wakes who waits for the first of them, or for the last one's end.
    denial_changed: Notify,
    /// Wakes those that wait, in the order in which they came; a `watch` channel would wake them in any.
    closed: Notify,
    /// Held by whoever is asking.
    asking: Mutex<Answers>,
}

/// What the probes have said.
#[derive(Debug, Default)]
struct Answers {
    /// When all was well last.
    well_at: Option<Instant>,
    /// When what was away came back last.
    back_at: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(consumer: &'static str, probes: Vec<Probe>, random: Arc<dyn Random>) -> Self {
        Self {
            consumer,
            probes,
            random,
            open: AtomicBool::new(false),
            denials: AtomicUsize::new(0),
            denial_changed: Notify::new(),
            closed: Notify::new(),
            asking: Mutex::default(),
        }
    }

    /// A batch was denied something, and is held until it has been handled without; then the value returned is dropped.
    pub(super) fn denied(&self, cause: &str) -> Denial<'_> {
        if self.denials.fetch_add(1, Ordering::AcqRel) == 0 {
            tracing::error!(
                consumer = self.consumer,
                cause,
                "denied by the installation; hardly anything is received until it is mended"
            );
        }
        self.show();
        Denial(self)
    }

    /// Waits before a batch that was denied something is tried for the `trials`th time again; longer each time. Answers
    /// whether it may be, which it may not at the process's end.
    pub(super) async fn pause(&self, trials: u32, shutdown: &CancellationToken) -> bool {
        let backoff = Backoff::new(Duration::from_secs(1), TRIAL);
        let pause = backoff.delay(trials, self.random.as_ref()).max(Duration::from_millis(100));
        tokio::select! {
            biased;
            () = shutdown.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// Whether the installation denies something to a batch that is held.
    pub(super) fn is_denied(&self) -> bool {
        self.denials.load(Ordering::Acquire) > 0
    }

    /// Returns when a denial begins or the last one ends; at once, if none is as the caller has seen it.
    pub(super) async fn denial_differs(&self, from: bool) {
        let changed = self.denial_changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if self.is_denied() == from {
            changed.await;
        }
    }

    /// A handler that began at `since` met a fault of something it needs, or is about to be given its first message. Asks,
    /// unless somebody has just done so, and answers whether the consumer has to stop, or had to meanwhile.
    pub(super) async fn suspect(&self, since: Instant) -> bool {
        if self.probes.is_empty() {
            return false;
        }
        // Before the lock, which is held for as long as an outage lasts.
        if self.is_open() {
            return true;
        }
        let mut answers = self.asking.lock().await;
        if self.is_open() || answers.back_at.is_some_and(|at| at >= since) {
            return true;
        }
        if answers.well_at.is_some_and(|at| at.elapsed() < FRESH) {
            return false;
        }
        match self.ask_all().await {
            Ok(()) => {
                answers.well_at = Some(Instant::now());
                false
            }
            Err((name, fault)) => {
                tracing::warn!(consumer = self.consumer, dependency = %name, %fault, "away; nothing is received until it is back");
                self.set(true);
                true
            }
        }
    }

    /// Returns once all probes are well, or the process is told to end. Of all that wait here, one asks.
    pub(super) async fn closed(&self, shutdown: &CancellationToken) {
        let closed = self.closed.notified();
        tokio::pin!(closed);
        // Listening before looking: a closing that comes in between is not missed.
        closed.as_mut().enable();
        if !self.is_open() {
            return;
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = closed => {}
            () = self.ask_until_well() => {}
        }
    }

    async fn ask_until_well(&self) {
        let mut answers = self.asking.lock().await;
        let backoff = Backoff::new(Duration::from_millis(500), PAUSE);
        let since = Instant::now();
        let mut failures = 0;
        while self.is_open() {
            failures += 1;
            tokio::time::sleep(backoff.delay(failures, self.random.as_ref()).max(Duration::from_millis(100))).await;
            if self.ask_all().await.is_ok() {
                let now = Some(Instant::now());
                *answers = Answers { well_at: now, back_at: now };
                tracing::info!(consumer = self.consumer, asked = failures, waited = ?since.elapsed(), "back; receiving again");
                self.set(false);
            }
        }
    }

    async fn ask_all(&self) -> Result<(), (Arc<str>, Fault)> {
        for probe in &self.probes {
            probe.ask().await.map_err(|fault| {
                metrics::count_fault(&fault);
                (Arc::clone(probe.name()), fault)
            })?;
        }
        Ok(())
    }

    /// Whether nothing should be received now.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_open() || self.is_denied()
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn set(&self, open: bool) {
        self.open.store(open, Ordering::Release);
        self.show();
    }

    /// Tells those that wait, and the metrics, how it stands.
    fn show(&self) {
        let open = self.is_open();
        if !open {
            self.closed.notify_waiters();
        }
        self.denial_changed.notify_waiters();
        let stopped = open || self.is_denied();
        metrics::BREAKER_OPEN.record(stopped, [self.consumer.into()]);
    }
}

/// Held by a batch as long as the installation denies something to it.
pub(super) struct Denial<'a>(&'a Breaker);

impl Drop for Denial<'_> {
    fn drop(&mut self) {
        if self.0.denials.fetch_sub(1, Ordering::AcqRel) == 1 {
            tracing::info!(consumer = self.0.consumer, "no longer denied");
        }
        self.0.show();
    }
}
