//! Failed sign-ins: who fails too often has to wait, and nobody else does.
//!
//! A limit on an account alone would let anybody lock its owner out, so failures count for whoever is guessing: an account
//! from one address, or one device that has signed in to it before. An attempt is charged when it begins and given back
//! when it succeeds: guesses that are made at the same time count, and an owner's own sign-ins don't.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::caller::Counted;

/// Guessers that are remembered; some 15 MB. Whoever has failed longest ago is forgotten first.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();

/// Attempts that failed, by whom.
pub struct Guesses {
    /// Until when each has used up what comes back evenly.
    used: Mutex<LruCache<Counted, Instant>>,
    step: Duration,
    at_once: u32,
}

impl Guesses {
    /// So many failures at once after a pause, and one more with each `step`.
    #[must_use]
    pub fn new(at_once: u32, step: Duration) -> Self {
        Self { used: Mutex::new(LruCache::new(MAX_KEYS)), step, at_once }
    }

    /// Charges an attempt, or answers how long to wait for one, in whole seconds.
    ///
    /// # Errors
    /// The seconds to wait, 1 at least.
    pub fn charge(&self, who: &Counted) -> Result<(), u32> {
        let now = Instant::now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used.get(who).copied().map_or(now, |until| until.max(now)) + self.step;
        let most = now + self.step.saturating_mul(self.at_once);
        if until > most {
            let wait = until - most;
            return Err(u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1));
        }
        used.put(who.clone(), until);
        Ok(())
    }

    /// Gives an attempt back: it was none.
    pub fn give_back(&self, who: &Counted) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = used.get_mut(who) else { return };
        *until -= self.step;
        if *until <= Instant::now() {
            used.pop(who);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const STEP: Duration = Duration::from_secs(6);

    fn at(account: &str, last: u8) -> Counted {
        Counted::Account { account: account.to_owned(), address: IpAddr::from([203, 0, 113, last]) }
    }

    #[tokio::test(start_paused = true)]
    async fn who_fails_too_often_waits_and_nobody_else_does() {
        let guesses = Guesses::new(5, STEP);
        for _ in 0..5 {
            assert_eq!(guesses.charge(&at("mei", 1)), Ok(()));
        }
        assert_eq!(guesses.charge(&at("mei", 1)), Err(6));
        for other in [at("mei", 2), at("hana", 1), Counted::Device("known".to_owned())] {
            assert_eq!(guesses.charge(&other), Ok(()), "{other:?}");
        }
        tokio::time::advance(STEP).await;
        assert_eq!((guesses.charge(&at("mei", 1)), guesses.charge(&at("mei", 1))), (Ok(()), Err(6)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_guesses_are_few_and_are_forgotten() {
        let (guesses, started) = (Guesses::new(5, STEP), Instant::now());
        let mut let_through = 0;
        for _ in 0..1_000 {
            let_through += u32::from(guesses.charge(&at("mei", 1)).is_ok());
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!(started.elapsed().as_secs(), 100);
        assert!((20..=22).contains(&let_through), "{let_through}");
        assert_eq!(guesses.used.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_succeeds_costs_nothing() {
        let guesses = Guesses::new(2, STEP);
        for _ in 0..100 {
            assert_eq!(guesses.charge(&at("mei", 1)), Ok(()));
            guesses.give_back(&at("mei", 1));
        }
        assert!(guesses.used.lock().unwrap().is_empty(), "nobody is remembered who has not failed");
        guesses.give_back(&at("nobody", 1));
    }
}
