//! A seed's chance.

use std::time::Duration;

use shotengai_kernel::{Random, SeededRandom};

pub(super) struct Dice(SeededRandom);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    pub(super) fn below(&self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    pub(super) fn index(&self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap_or(1))).unwrap_or(0)
    }

    pub(super) fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(super) fn millis(&self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }

    pub(super) fn pieces(&self, bound: u64) -> u32 {
        u32::try_from(self.below(bound)).unwrap_or(0)
    }

    pub(super) fn some<T>(&self, n: u64, value: impl FnOnce(&Self) -> T) -> Option<T> {
        self.one_in(n).then(|| value(self))
    }
}
