//! Faults of a store, by which everybody who remembers something of it is warned.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::fault::{Fault, FaultKind};

/// The operation of faults in histories.
pub(super) const FOLD: &str = "fold";

/// Counts what speaks against what is remembered of a store: a store that was away may come back as another one.
#[derive(Debug, Default)]
pub(super) struct StoreFaults(AtomicU64);

/// A time without faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Streak(u64);

impl StoreFaults {
    /// The present streak without faults.
    pub(super) fn streak(&self) -> Streak {
        Streak(self.0.load(Ordering::Acquire))
    }

    /// Ends the streak, unless the store is there: it throttles, or has given events that don't follow on each other, which
    /// say something about one aggregate alone.
    pub(super) fn note(&self, fault: Option<&Fault>) {
        if fault.is_some_and(|fault| fault.kind() != FaultKind::Throttled && fault.operation() != FOLD) {
            self.distrust();
        }
    }

    /// Ends the streak.
    pub(super) fn distrust(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}
