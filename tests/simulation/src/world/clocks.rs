//! Clocks, chance and ids of processes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shotengai_kernel::{Clock, IdGenerator, Ports, SeededRandom};
use tokio::time::Instant;
use uuid::Uuid;

use super::World;
use crate::mishap::Mishap;

/// 2026-01-01T00:00:00Z, where every simulation begins, in seconds.
pub(super) const BEGINNING: i64 = 1_767_225_600;

/// A process's idea of the time.
struct SkewedClock {
    base: Timestamp,
    began: Instant,
    skew: SignedDuration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.base.saturating_add(elapsed).and_then(|now| now.saturating_add(self.skew)).unwrap_or(self.base)
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
        let skew = self.plan.skews.get(process).copied().unwrap_or(0);
        if skew != 0 {
            self.count(Mishap::SkewedClock);
        }
        let seed = self.plan.seed.wrapping_mul(31).wrapping_add(life).wrapping_mul(0xd134_2543_de82_ef95);
        ports(seed, self.began, skew)
    }

    /// The ports of what happened long before the first process.
    #[must_use]
    pub fn ports_of_the_past(&self) -> Ports {
        let ports = ports(self.plan.seed ^ 0x9a57, self.began, -3_600_000);
        let in_one_shard = self.plan.seed.is_multiple_of(2);
        if in_one_shard { Ports { ids: Arc::new(InOneShard(ports.ids)), ..ports } } else { ports }
    }
}

pub(super) fn ports(seed: u64, began: Instant, skew_ms: i64) -> Ports {
    let base = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
    let clock = SkewedClock { base, began, skew: SignedDuration::from_millis(skew_ms) };
    Ports::from_parts(Arc::new(clock), Arc::new(SeededRandom::new(seed)))
}
