//! A process's line to everything outside it. Every call passes here, and here is where it goes wrong.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_contracts::topology::STREAM;
use shotengai_kernel::Clock;
use shotengai_messaging::{Fault, FaultKind};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::plan::Dependency;
use crate::world::World;

/// One life of a process, as far as its calls are concerned. Clones are the same life.
#[derive(Clone)]
pub struct Network {
    world: Arc<World>,
    name: Arc<str>,
    process: usize,
    life: u64,
    marks_outbox: bool,
    newer: bool,
    dead: CancellationToken,
    frozen: Arc<Mutex<Option<Instant>>>,
    silent: Arc<Mutex<Option<Instant>>>,
}

/// Whether somebody waits for a call's effect when it falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// The caller waits for its answer.
    Awaited,
    /// The caller has given it up.
    Late,
}

/// How often the planted bug asks again at once for what is throttled.
const IMPATIENCE: usize = 100;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    Refuse(FaultKind),
    LoseAnswer,
    Stall(Duration),
    /// The caller gives up after the first, and the effect falls after both.
    LandLate(Duration, Duration),
    DieBefore,
    DieAfter,
}

impl Network {
    /// The line of a new life.
    #[must_use]
    pub fn new(world: Arc<World>, name: &str, process: usize) -> Self {
        let life = world.next_life();
        let marks_outbox = world.marks_outbox();
        if marks_outbox == world.plan.captured {
            world.count(Mishap::FeedChanged);
        }
        let newer = world.is_newer(process);
        Self {
            world,
            newer,
            name: name.into(),
            process,
            life,
            marks_outbox,
            dead: CancellationToken::new(),
            frozen: Arc::default(),
            silent: Arc::default(),
        }
    }

    /// The world at its other end.
    #[must_use]
    pub const fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The number of this life.
    #[must_use]
    pub const fn life(&self) -> u64 {
        self.life
    }

    /// The process's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which process this is a life of.
    #[must_use]
    pub const fn process(&self) -> usize {
        self.process
    }

    /// Whether this life marks its commits for an outbox.
    #[must_use]
    pub const fn marks_outbox(&self) -> bool {
        self.marks_outbox
    }

    /// Whether this life is of the newer release.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        self.newer
    }

    /// The clock of this process.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.world.clock(self.process)
    }

    /// Ends this life: no call of it has any effect from now on.
    pub fn kill(&self) {
        if !self.is_dead() {
            self.end();
            self.trouble(None);
            self.world.copies.excuse_marked(&self.world);
        }
    }

    /// The same for a life that has finished its work, which excuses nothing.
    pub fn end(&self) {
        self.dead.cancel();
    }

    /// Returns when this life is over.
    pub async fn died(&self) {
        self.dead.cancelled().await;
    }

    /// Whether this life is over.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.is_cancelled()
    }

    /// Every call stands still until then.
    pub fn freeze_until(&self, until: Instant) {
        *self.frozen.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        self.trouble(None);
        let (from, frozen) = (self.world.elapsed(), until.saturating_duration_since(Instant::now()));
        self.world.hold_ups.add_span(self.process, None, from, from + frozen);
        self.world.copies.excuse_marked(&self.world);
    }

    /// No member's row is written until then; everything else is.
    pub fn silence_members_until(&self, until: Instant) {
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        let (from, silent) = (self.world.elapsed(), until.saturating_duration_since(Instant::now()));
        self.world.hold_ups.add_span(self.process, Some(STREAM), from, from + silent);
    }

    /// Whether a write of a member's row is refused; counts it.
    #[must_use]
    pub fn silences_members(&self) -> bool {
        let until = *self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = until.is_some_and(|until| Instant::now() < until);
        if silent {
            self.world.count(Mishap::MemberSilent);
        }
        silent
    }

    /// Something goes wrong with this life, or with its call on something.
    pub fn trouble(&self, resource: Option<&str>) {
        let (world, at) = (&self.world, self.world.elapsed());
        world.fault_log.add(at, self.life, resource);
        world.hold_ups.add(self.process, resource, at);
    }

    /// Something holds up the process's calls on this, and is no fault of one of them.
    pub fn hold_up(&self, resource: &str) {
        self.world.hold_ups.add(self.process, Some(resource), self.world.elapsed());
    }

    /// One call: latency, then perhaps a fault, then the effect, then latency.
    ///
    /// # Errors
    /// What the effect answers, or the fault that chance put in its place.
    pub async fn call<T, E: From<Fault>>(
        &self,
        dependency: Dependency,
        operation: &'static str,
        resource: &str,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.travel().await;
        let (mut fate, mut mishap) = self.fate(dependency, operation, resource);
        if self.world.bug == Some(Bug::NeverBacksOff) {
            for _ in 0..IMPATIENCE {
                if mishap == Some(Mishap::OverCapacity) {
                    self.travel().await;
                    (fate, mishap) = self.fate(dependency, operation, resource);
                }
            }
        }
        self.world.digest(operation, resource, self.life, fate.code());
        if let Some(mishap) = mishap {
            self.world.count(mishap);
            self.trouble(Some(resource));
            self.world.note(&self.name, || format!("{operation} {resource}: {fate:?}"));
        }
        match fate {
            Fate::Refuse(kind) => return Err(Fault::new(kind, operation, "simulated: refused").into()),
            Fate::Stall(delay) => {
                self.world.copies.excuse_marked(&self.world);
                tokio::time::sleep(delay).await;
                self.stand_still().await;
            }
            Fate::DieBefore => self.die().await,
            Fate::Pass | Fate::LoseAnswer | Fate::DieAfter | Fate::LandLate(..) => {}
        }
        let answer = effect.await;
        match fate {
            Fate::DieAfter => self.die().await,
            // It began long ago: whoever waited may give up between the effect and the answer.
            Fate::Stall(_) => self.trouble(Some(resource)),
            Fate::LoseAnswer => {
                self.trouble(Some(resource));
                return Err(Fault::new(FaultKind::Transient, operation, "simulated: the answer was lost").into());
            }
            _ => {}
        }
        self.travel().await;
        answer
    }

    /// One call that can outlive its caller: sent, it takes effect though whoever made it has given it up, or is dead.
    ///
    /// # Errors
    /// As [`Network::call`]; a call that is given up is a transient fault.
    pub async fn send<T, E, Fut>(
        &self,
        dependency: Dependency,
        operation: &'static str,
        resource: &str,
        effect: impl FnOnce(Landing) -> Fut,
    ) -> Result<T, E>
    where
        E: From<Fault>,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let world = &self.world;
        if world.is_away(dependency)
            || world.is_denied(operation, resource)
            || !world.per_mille(world.plan.rates.landed_late)
        {
            return self.call(dependency, operation, resource, effect(Landing::Awaited)).await;
        }
        self.travel().await;
        let given_up = Duration::from_millis(3000 + world.below(7000));
        let landing = Duration::from_millis(world.below(30_000));
        let fate = Fate::LandLate(given_up, landing);
        world.digest(operation, resource, self.life, fate.code());
        world.count(Mishap::LandedLate);
        world.note(&self.name, || format!("{operation} {resource}: {fate:?}"));
        self.trouble(Some(resource));
        world.copies.excuse_marked(world);
        let (network, of, effect) = (self.clone(), resource.to_owned(), effect(Landing::Late));
        world.late_effects.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            tokio::time::sleep(given_up + landing).await;
            // Nobody hears the answer.
            let _ = effect.await;
            network.trouble(Some(&of));
            network.world.late_effects.fetch_sub(1, Ordering::Relaxed);
            network.world.note(&network.name, || format!("{operation} {of} has landed"));
        });
        tokio::time::sleep(given_up).await;
        self.stand_still().await;
        self.trouble(Some(resource));
        Err(Fault::new(FaultKind::Transient, operation, "simulated: given up").into())
    }

    /// Which records the stream refuses: by chance, or since there are more than it takes a second.
    #[must_use]
    pub fn refused_records(&self, stream: &str, records: usize) -> Vec<bool> {
        let limit = self.world.plan.limits.map(|limits| (stream.to_owned(), limits.stream));
        self.refused(stream, records, limit, 0)
    }

    /// Which writes of one request a table refuses, in the same way. The request itself counts for one of them.
    #[must_use]
    pub fn refused_writes(&self, operation: &str, resource: &str, writes: usize) -> Vec<bool> {
        self.refused(resource, writes, limit_of(&self.world, operation, resource), 1)
    }

    /// Of so many entries; `counted` of them are counted elsewhere.
    fn refused(&self, resource: &str, entries: usize, limit: Option<(String, u64)>, counted: u64) -> Vec<bool> {
        let mut refused = self.refused_entries(resource, entries);
        let Some((name, limit)) = limit else { return refused };
        let wanted = refused.iter().filter(|refused| !**refused).count();
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let beside = wanted.saturating_sub(counted);
        let mut taken = self.world.capacity.take(self.world.elapsed(), &name, limit, beside) + wanted.min(counted);
        if taken < wanted {
            self.world.count(Mishap::OverCapacity);
            self.trouble(Some(resource));
        }
        for entry in refused.iter_mut().filter(|entry| !**entry) {
            *entry = taken == 0;
            taken = taken.saturating_sub(1);
        }
        refused
    }

    /// Which entries of a batch are refused by chance.
    #[must_use]
    pub fn refused_entries(&self, resource: &str, entries: usize) -> Vec<bool> {
        let partial = self.world.per_mille(self.world.plan.rates.partial);
        let refused: Vec<bool> = (0..entries).map(|_| partial && self.world.below(2) == 0).collect();
        if refused.contains(&true) {
            self.world.count(Mishap::EntriesRefused);
            self.trouble(Some(resource));
            self.world.note(&self.name, || format!("entries refused: {refused:?}"));
        }
        refused
    }

    /// A call over a network takes a while; mostly a short one.
    async fn travel(&self) {
        self.stand_still().await;
        let micros = if self.world.below(16) == 0 { self.world.below(150_000) } else { 500 + self.world.below(3000) };
        tokio::time::sleep(Duration::from_micros(micros)).await;
        self.stand_still().await;
    }

    /// A dead process does nothing, a frozen one nothing yet.
    async fn stand_still(&self) {
        let mut frozen = false;
        loop {
            if self.dead.is_cancelled() {
                std::future::pending::<()>().await;
            }
            let until = *self.frozen.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if Instant::now() < until => {
                    tokio::time::sleep_until(until).await;
                    frozen = true;
                }
                _ => break,
            }
        }
        if frozen {
            self.world.count(Mishap::WokeLate);
        }
    }

    async fn die(&self) {
        self.kill();
        self.world.died(self.process);
        std::future::pending().await
    }

    fn fate(&self, dependency: Dependency, operation: &str, resource: &str) -> (Fate, Option<Mishap>) {
        let (world, rates) = (&self.world, &self.world.plan.rates);
        if world.is_away(dependency) {
            return (Fate::Refuse(FaultKind::Transient), Some(Mishap::Away));
        }
        if world.is_denied(operation, resource) {
            return (Fate::Refuse(FaultKind::Denied), Some(Mishap::Denied));
        }
        let limit = limit_of(world, operation, resource);
        if limit.is_some_and(|(name, limit)| world.capacity.take(world.elapsed(), &name, limit, 1) == 0) {
            return (Fate::Refuse(FaultKind::Throttled), Some(Mishap::OverCapacity));
        }
        if world.is_calm() {
            return (Fate::Pass, None);
        }
        let throw = world.below(1000);
        let mut mark = 0;
        let mut falls = |rate: u64| {
            mark += rate;
            throw < mark
        };
        if falls(rates.refused) {
            (Fate::Refuse(FaultKind::Transient), Some(Mishap::Refused))
        } else if falls(rates.throttled) {
            (Fate::Refuse(FaultKind::Throttled), Some(Mishap::Throttled))
        } else if falls(rates.lost) {
            (Fate::LoseAnswer, Some(Mishap::AnswerLost))
        } else if falls(rates.stalled) {
            (Fate::Stall(Duration::from_millis(2000 + world.below(38_000))), Some(Mishap::Stalled))
        } else if falls(rates.crash_before) {
            (Fate::DieBefore, Some(Mishap::CrashBefore))
        } else if falls(rates.crash_after) {
            (Fate::DieAfter, Some(Mishap::CrashAfter))
        } else {
            (Fate::Pass, None)
        }
    }
}

fn limit_of(world: &World, operation: &str, resource: &str) -> Option<(String, u64)> {
    world.plan.limits?.of(operation, resource)
}

impl Fate {
    const fn code(self) -> u64 {
        match self {
            Self::Pass => 0,
            Self::Refuse(FaultKind::Transient) => 1,
            Self::Refuse(FaultKind::Throttled) => 2,
            Self::Refuse(FaultKind::Permanent) => 3,
            Self::LoseAnswer => 4,
            Self::Stall(_) => 5,
            Self::DieBefore => 6,
            Self::DieAfter => 7,
            Self::Refuse(FaultKind::Denied) => 8,
            Self::LandLate(..) => 9,
        }
    }
}
