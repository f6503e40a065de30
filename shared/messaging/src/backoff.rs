//! Waiting longer after each failure.

use std::time::Duration;

use shotengai_kernel::Random;

/// Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): the
/// `n`th wait is evenly between nothing and `min(cap, first × 2ⁿ)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
}

impl Backoff {
    /// The first wait before a message comes again.
    pub const FIRST: Duration = Duration::from_millis(500);
    /// The longest: forty of these end before the queue forgets the message, which would be no dead letter then.
    pub const LONGEST: Duration = Duration::from_secs(600);

    /// A backoff from `first` up to `cap`; a cap below `first` is raised to it.
    #[must_use]
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap: cap.max(first) }
    }

    /// Up to ten minutes: for a message that waits for what is away, or still on its way. That is not its fault and can last
    /// for hours, which forty attempts then do, and it comes again about as long after the end as the wait had taken, ten
    /// minutes at the most.
    #[must_use]
    pub fn patient() -> Self {
        Self::new(Self::FIRST, Self::LONGEST)
    }

    /// The upper bound of the wait after `failures` failures (1 is the first).
    #[must_use]
    pub fn bound(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(30));
        self.first.saturating_mul(factor).min(self.cap)
    }

    /// The wait after `failures` failures.
    #[must_use]
    pub fn delay(&self, failures: u32, random: &dyn Random) -> Duration {
        within(self.bound(failures), random)
    }
}

/// A wait evenly between nothing and `bound`.
pub(crate) fn within(bound: Duration, random: &dyn Random) -> Duration {
    let bound = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX - 1);
    Duration::from_micros(random.below(bound.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::SeededRandom;

    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_no_further() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        assert_eq!(backoff.bound(1), Duration::from_millis(100));
        assert_eq!(backoff.bound(3), Duration::from_millis(400));
        assert_eq!(backoff.bound(4_000_000), Duration::from_secs(5));
    }

    #[test]
    fn waits_are_spread_below_their_bound() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let random = SeededRandom::new(1);
        let waits: Vec<_> = (0..100).map(|_| backoff.delay(2, &random)).collect();
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(200)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(50)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(150)));
    }
}
