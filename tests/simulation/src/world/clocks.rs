//! Clocks, chance and ids of processes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shotengai_kernel::{Clock, IdGenerator, Ports, SeededRandom};
use tokio::time::Instant;
use uuid::Uuid;

use super::{World, lock};
use crate::mishap::Mishap;

/// 2026-01-01T00:00:00Z, where every simulation begins, in seconds.
pub(super) const BEGINNING: i64 = 1_767_225_600;

/// A process's idea of the time.
struct SkewedClock {
    base: Timestamp,
    began: Instant,
    /// How far it is off, in milliseconds.
    skew: Arc<AtomicI64>,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let skew = SignedDuration::from_millis(self.skew.load(Ordering::Relaxed));
        let elapsed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.base.saturating_add(elapsed).and_then(|now| now.saturating_add(skew)).unwrap_or(self.base)
    }
}

/// An hour, in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// How far processes' clocks are off, and were.
pub(super) struct Clocks {
    now: BTreeMap<usize, Arc<AtomicI64>>,
    /// By when each was set: how far it was off from then on.
    settings: Vec<(Duration, usize, i64)>,
}

impl Clocks {
    pub(super) fn new(skews: &[i64]) -> Self {
        let clock = |(process, skew): (usize, &i64)| (process, Arc::new(AtomicI64::new(*skew)));
        let settings = skews.iter().enumerate().map(|(process, skew)| (Duration::ZERO, process, *skew)).collect();
        Self { now: skews.iter().enumerate().map(clock).collect(), settings }
    }

    /// One that goes right, for whoever is none of the processes.
    fn of(&self, process: usize) -> Arc<AtomicI64> {
        self.now.get(&process).cloned().unwrap_or_default()
    }

    fn jump(&mut self, at: Duration, process: usize, by_ms: i64) {
        let Some(clock) = self.now.get(&process) else { return };
        let off = clock.fetch_add(by_ms, Ordering::Relaxed).saturating_add(by_ms);
        self.settings.push((at, process, off));
    }

    /// How far a clock was off between two moments.
    fn between(&self, process: usize, from: Duration, to: Duration) -> impl Iterator<Item = i64> {
        let settings = || self.settings.iter().filter(move |(_, of, _)| *of == process);
        let at_first = settings().rev().find(|(at, ..)| *at <= from).map(|(.., off)| *off);
        at_first.into_iter().chain(settings().filter(move |(at, ..)| from < *at && *at <= to).map(|(.., off)| *off))
    }
}

/// Ids whose commits all stand in one shard of an index: more than a page of it.
struct InOneShard(Arc<dyn IdGenerator>);

impl IdGenerator for InOneShard {
    fn uuid_v7(&self) -> Uuid {
        Uuid::from_u128(self.0.uuid_v7().as_u128() & !0xf)
    }
}

impl World {
    /// The ports of a process's next life.
    #[must_use]
    pub fn ports(&self, process: usize, life: u64) -> Ports {
        let skew = lock(&self.clocks).of(process);
        if skew.load(Ordering::Relaxed) != 0 {
            self.count(Mishap::SkewedClock);
        }
        if self.plan.skews.get(process).is_some_and(|skew| skew.unsigned_abs() >= HOUR_MS) {
            self.count(Mishap::ClockHourOff);
        }
        let seed = self.plan.seed.wrapping_mul(31).wrapping_add(life).wrapping_mul(0xd134_2543_de82_ef95);
        ports(seed, self.began, skew)
    }

    /// A process's clock.
    #[must_use]
    pub fn clock(&self, process: usize) -> Arc<dyn Clock> {
        clock(self.began, lock(&self.clocks).of(process))
    }

    /// A process's clock is set so much forwards, or backwards.
    pub fn set_clock(&self, process: usize, by_ms: i64) {
        lock(&self.clocks).jump(self.elapsed(), process, by_ms);
        self.count(Mishap::ClockJumped);
    }

    /// How far one process's clock was ahead of another's at the most, between two moments, each at any moment of these.
    #[must_use]
    pub fn clock_ahead(&self, process: usize, of: usize, from: Duration, to: Duration) -> Duration {
        let clocks = lock(&self.clocks);
        let most = clocks.between(process, from, to).max().unwrap_or_default();
        let least = clocks.between(of, from, to).min().unwrap_or_default();
        Duration::from_millis(u64::try_from(most.saturating_sub(least)).unwrap_or_default())
    }

    /// The ports of what happened long before the first process.
    #[must_use]
    pub fn ports_of_the_past(&self) -> Ports {
        let ports = ports(self.plan.seed ^ 0x9a57, self.began, Arc::new(AtomicI64::new(-3_600_000)));
        let in_one_shard = self.plan.seed.is_multiple_of(2);
        if in_one_shard { Ports { ids: Arc::new(InOneShard(ports.ids)), ..ports } } else { ports }
    }
}

pub(super) fn ports(seed: u64, began: Instant, skew: Arc<AtomicI64>) -> Ports {
    Ports::from_parts(clock(began, skew), Arc::new(SeededRandom::new(seed)))
}

fn clock(began: Instant, skew: Arc<AtomicI64>) -> Arc<dyn Clock> {
    let base = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
    Arc::new(SkewedClock { base, began, skew })
}
