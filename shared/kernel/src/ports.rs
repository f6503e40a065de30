//! Where time, randomness and new ids come from.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use uuid::Uuid;

/// The time of day. For durations and deadlines use `tokio::time`, which simulations steer too.
pub trait Clock: Send + Sync {
    /// The time now. May stand still or step back, as real clocks do.
    fn now(&self) -> Timestamp;
}

/// Random numbers; good enough for jitter and ids, never for keys.
pub trait Random: Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;

    /// A number evenly from `0..bound`; 0 for a bound of 0.
    fn below(&self, bound: u64) -> u64 {
        // The bias of a 64-bit modulus is far below anything jitter could show.
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }
}

/// New unique ids.
pub trait IdGenerator: Send + Sync {
    /// A UUIDv7 (RFC 9562): sorts by time to the millisecond, no order promised within one.
    fn uuid_v7(&self) -> Uuid;
}

/// The three ports, as every service takes them.
#[derive(Clone)]
pub struct Ports {
    /// Time of day.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub random: Arc<dyn Random>,
    /// Ids.
    pub ids: Arc<dyn IdGenerator>,
}

impl Ports {
    /// The real ones.
    #[must_use]
    pub fn system() -> Self {
        Self::from_parts(Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// Ids made from this clock and this randomness.
    #[must_use]
    pub fn from_parts(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let ids = Arc::new(ClockedIds { clock: Arc::clone(&clock), random: Arc::clone(&random) });
        Self { clock, random, ids }
    }

    /// A world that one seed decides, with a clock that moves only when told.
    #[must_use]
    pub fn seeded(seed: u64, clock: Arc<ManualClock>) -> Self {
        Self::from_parts(clock, Arc::new(SeededRandom::new(seed)))
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves it; a negative duration moves it back.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(*now);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        // 2026-01-01T00:00:00Z; any fixed moment serves.
        Self::new(Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the system")]
    fn next_u64(&self) -> u64 {
        rand::rng().next_u64()
    }
}

/// Randomness that a seed decides.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn next_u64(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}

struct ClockedIds {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl IdGenerator for ClockedIds {
    fn uuid_v7(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let mut bytes = [0_u8; 10];
        let (head, tail) = bytes.split_at_mut(8);
        head.copy_from_slice(&self.random.next_u64().to_le_bytes());
        tail.copy_from_slice(self.random.next_u64().to_le_bytes().first_chunk::<2>().unwrap_or(&[0; 2]));
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_history() {
        let ids = |seed| {
            let ports = Ports::seeded(seed, Arc::new(ManualClock::default()));
            [ports.ids.uuid_v7(), ports.ids.uuid_v7()]
        };
        assert_eq!(ids(7), ids(7));
        assert_ne!(ids(7), ids(8));
    }

    #[test]
    fn ids_are_version_seven_and_sort_by_time() {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock));
        let first = ports.ids.uuid_v7();
        clock.advance(SignedDuration::from_millis(1));
        let second = ports.ids.uuid_v7();
        assert_eq!(first.get_version_num(), 7);
        assert!(first < second);
    }
}
