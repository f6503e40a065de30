//! Time for what a command talks to: the first answer may be late.
//!
//! Many clusters open a pod's network a moment after the pod has begun, and until then its connects are refused or lost. A command that
//! begins in a pod tries again for a time of its own, and says so once, so that nobody takes the wait for work.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_client::{Call, CallError, Client};
use tokio::time::Instant;

use crate::dead_letters::complain;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long is left for all that a command wants.
pub(crate) struct Patience {
    until: Instant,
    told: AtomicBool,
}

impl Patience {
    /// From now on.
    pub(crate) fn of(time: Duration) -> Self {
        Self { until: Instant::now() + time, told: AtomicBool::new(false) }
    }

    /// Whether time is up.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() > self.until
    }

    /// Tries until it goes well, it goes wrong in a way that `is_worth` no other try, or time is up. Who calls knows that it may be done
    /// twice.
    pub(crate) async fn attempt<T, E: Display>(
        &self,
        whom: &str,
        mut ask: impl AsyncFnMut() -> Result<T, E>,
        is_worth: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        loop {
            match ask().await {
                Err(error) if is_worth(&error) && !self.is_over() => self.tell(whom, &error),
                ended => return ended,
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends a call of the shop until it is answered well, or with a refusal that another try won't change.
    pub(crate) async fn call<B: Serialize, A: DeserializeOwned>(
        &self,
        shop: &Client,
        call: impl Fn() -> Call<B, A>,
    ) -> Result<A, CallError> {
        let ask = async || call().send().await;
        self.attempt(shop.base(), ask, CallError::is_worth_another_try).await.map(|answered| answered.body)
    }

    fn tell(&self, whom: &str, error: &impl Display) {
        if !self.told.swap(true, Ordering::Relaxed) {
            let left = self.until.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
            complain(&format!("{whom} does not answer well yet ({error}); trying again for {left} s"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn what_answers_late_is_waited_for_within_the_time() {
        let (begun, patience) = (Instant::now(), Patience::of(TIME));
        let opens = begun + TIME / 2;
        let ask = async || if Instant::now() < opens { Err("refused") } else { Ok(()) };
        patience.attempt("the shop", ask, |_| true).await.unwrap();
        assert!(begun.elapsed() < TIME / 2 + LOOK_EVERY * 2, "{:?}", begun.elapsed());
        assert!(patience.told.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_answers_is_given_up_when_time_is_up_for_everything_together() {
        let (begun, patience) = (Instant::now(), Patience::of(TIME));
        for _ in 0..3 {
            patience.attempt("the shop", async || Err::<(), _>("refused"), |_| true).await.unwrap_err();
        }
        assert!((TIME..TIME + LOOK_EVERY * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_that_will_stay_one_is_not_waited_for() {
        let (begun, patience) = (Instant::now(), Patience::of(TIME));
        patience.attempt("the shop", async || Err::<(), _>("401"), |error| *error != "401").await.unwrap_err();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(!patience.told.load(Ordering::Relaxed), "nothing is waited for");
    }
}
