//! Faults that a simulation may inject.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::fault::{Fault, FaultKind};

/// Fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The call fails and nothing happened.
    Refuse(FaultKind),
    /// The effect happens; the caller sees a transient fault.
    LoseAnswer,
    /// Some entries of a batch, one at least, fail as throttled; which ones, chance decides. A call without entries is
    /// refused as throttled.
    FailEntries,
    /// The call takes this long before it happens.
    Delay(Duration),
}

/// Decides about every call of the memory adapters.
///
/// Operations are `<port>.<method>`: `store.append`, `store.load`, `store.load_snapshot`, `store.save_snapshot`,
/// `store.pending`, `store.marked`, `store.clear_pending`, `store.scan`, `store.scan_between`, `store.note`,
/// `store.put_note`, `store.ping`, `stream.put`, `stream.shards`, `stream.cursor`,
/// `stream.read`, `stream.subscribe`, `stream.push`, `topic.publish`, `queue.receive`, `queue.delete`, `queue.change_visibility`, `queue.send`,
/// `queue.depth`, `table.get`, `table.get_many`, `table.list`, `table.put`, `table.delete`, `table.transact`,
/// `table.ping`, `bucket.put`, `bucket.head`, `bucket.get`, `bucket.delete`, `bucket.list`, `bucket.sign`, `bucket.ping`.
pub trait FaultInjector: Send + Sync {
    /// Fault of the call that is about to run.
    fn before(&self, operation: &'static str) -> Option<InjectedFault>;

    /// The same, for injectors that aim at one resource (`order`, `order-queue`, `tally-counters`, `ec-events`, …).
    fn before_on(&self, operation: &'static str, resource: &str) -> Option<InjectedFault> {
        let _ = resource;
        self.before(operation)
    }
}

/// Breaks nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFaults;

impl FaultInjector for NoFaults {
    fn before(&self, _: &'static str) -> Option<InjectedFault> {
        None
    }
}

/// Where every call of one adapter passes before it happens.
#[derive(Clone)]
pub(super) struct Gate {
    resource: Arc<str>,
    injector: Arc<dyn FaultInjector>,
    pub(super) ports: Ports,
}

/// How a call that may happen answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage {
    operation: &'static str,
    lose_answer: bool,
}

impl Passage {
    /// The answer, unless it gets lost on its way.
    pub(super) fn answer<T>(self, value: T) -> Result<T, Fault> {
        if self.lose_answer {
            return Err(Fault::new(FaultKind::Transient, self.operation, "injected: the answer was lost"));
        }
        Ok(value)
    }
}

impl Gate {
    pub(super) fn new(resource: &str, injector: Arc<dyn FaultInjector>, ports: Ports) -> Self {
        Self { resource: resource.into(), injector, ports }
    }

    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// Lets a call without entries pass, or not.
    pub(super) async fn single(&self, operation: &'static str) -> Result<Passage, Fault> {
        let (passage, failing) = self.batch(operation, 0).await?;
        if failing.is_empty() { Ok(passage) } else { Err(throttled(operation)) }
    }

    /// Lets a call with `entries` entries pass, or not; the second value says which entries must fail.
    pub(super) async fn batch(
        &self,
        operation: &'static str,
        entries: usize,
    ) -> Result<(Passage, BTreeSet<usize>), Fault> {
        // A call over a network lets others run; without this, tasks of one thread would never interleave.
        tokio::task::yield_now().await;
        let mut passage = Passage { operation, lose_answer: false };
        let mut failing = BTreeSet::new();
        match self.injector.before_on(operation, &self.resource) {
            None => {}
            Some(InjectedFault::Refuse(kind)) => return Err(Fault::new(kind, operation, "injected: refused")),
            Some(InjectedFault::LoseAnswer) => passage.lose_answer = true,
            Some(InjectedFault::FailEntries) => failing = self.some_of(entries),
            Some(InjectedFault::Delay(delay)) => tokio::time::sleep(delay).await,
        }
        Ok((passage, failing))
    }

    fn some_of(&self, entries: usize) -> BTreeSet<usize> {
        let random = &self.ports.random;
        let mut failing: BTreeSet<usize> = (0..entries).filter(|_| random.below(2) == 0).collect();
        if failing.is_empty() {
            let bound = u64::try_from(entries).unwrap_or(u64::MAX);
            failing.insert(usize::try_from(random.below(bound)).unwrap_or(0));
        }
        failing
    }
}

/// The answer of an entry, or of a call, that was injected to fail.
pub(super) fn throttled(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Throttled, operation, "injected: throttled")
}
