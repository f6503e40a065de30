//! How often a caller may call.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::caller::Counted;

/// Callers that are remembered; some 10 MB. Beyond that all share one allowance until some have paused.
const MAX_KEYS: usize = 100_000;
/// Forgetting looks at every caller, so not at every call.
const FORGET_EVERY: Duration = Duration::from_secs(1);

/// One allowance for each caller: tokens that come back evenly.
pub struct Limit {
    limiter: RateLimiter<Counted, HashMapStateStore<Counted>, MonotonicClock, NoOpMiddleware<std::time::Instant>>,
    forget_at: Mutex<Instant>,
    max_keys: usize,
}

impl Limit {
    /// So many calls a second, and so many at once after a pause. None where nothing is limited.
    #[must_use]
    pub fn per_second(calls: u32, burst: u32) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(calls)?);
        Some(Self::of(quota.allow_burst(NonZeroU32::new(burst.max(1))?), MAX_KEYS))
    }

    /// So many calls a minute, all of them at once after a minute's pause. None where nothing is limited.
    #[must_use]
    pub fn per_minute(calls: u32) -> Option<Self> {
        Some(Self::of(Quota::per_minute(NonZeroU32::new(calls)?), MAX_KEYS))
    }

    fn of(quota: Quota, max_keys: usize) -> Self {
        let limiter = RateLimiter::hashmap_with_clock(quota, MonotonicClock);
        Self { limiter, forget_at: Mutex::new(Instant::now() + FORGET_EVERY), max_keys }
    }

    /// Takes one call from the caller's allowance, or answers how long to wait for the next, in whole seconds.
    ///
    /// # Errors
    /// The seconds to wait, 1 at least.
    pub fn take(&self, caller: Counted) -> Result<(), u32> {
        let caller = if self.has_room() { caller } else { Counted::Crowd };
        self.limiter.check_key(&caller).map_err(|refusal| {
            let wait = refusal.wait_time_from(MonotonicClock.now());
            u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
        })
    }

    fn has_room(&self) -> bool {
        if self.limiter.len() < self.max_keys {
            return true;
        }
        // Whoever holds the lock is forgetting already.
        if let Ok(mut at) = self.forget_at.try_lock()
            && *at <= Instant::now()
        {
            *at = Instant::now() + FORGET_EVERY;
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.len() < self.max_keys
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn at(last: u8) -> Counted {
        Counted::Address(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn each_caller_has_an_allowance_of_their_own() {
        let limit = Limit::per_minute(2).unwrap();
        assert_eq!((limit.take(at(1)), limit.take(at(1))), (Ok(()), Ok(())));
        assert!((1..=30).contains(&limit.take(at(1)).unwrap_err()), "half a minute for the next of two");
        assert_eq!(limit.take(at(2)), Ok(()));
    }

    #[test]
    fn nought_is_no_limit() {
        assert!(Limit::per_minute(0).is_none() && Limit::per_second(0, 5).is_none());
    }

    #[test]
    fn more_callers_than_are_remembered_share_one_allowance() {
        let quota = Quota::per_minute(NonZeroU32::MIN);
        let limit = Limit::of(quota, 3);
        for last in 0..3 {
            assert_eq!(limit.take(at(last)), Ok(()));
        }
        assert_eq!(limit.take(at(3)), Ok(()), "the first of the crowd");
        assert!(limit.take(at(4)).is_err(), "the second");
        assert_eq!(limit.limiter.len(), 4);
    }
}
