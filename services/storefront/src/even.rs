//! Answers at even times: how long an answer takes tells nothing about what was found.
//!
//! The work of signing in and registering is the same whether or not an address has an account, as far as it goes. What
//! remains, a store that finds a row slower than none, is covered by answering at whole steps of time only. It is no proof
//! against somebody who asks very often: calls that sign in are bounded by address.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Longer than what differs, short enough not to be felt.
const STEP: Duration = Duration::from_millis(250);

/// Since when somebody waits for an answer.
#[derive(Debug, Clone, Copy)]
pub struct Even(Instant);

impl Even {
    /// From now.
    #[must_use]
    pub fn from_now() -> Self {
        Self(Instant::now())
    }

    /// Waits until the next whole step.
    pub async fn wait(self) {
        let steps = u32::try_from(self.0.elapsed().as_millis() / STEP.as_millis()).unwrap_or(u32::MAX);
        sleep_until(self.0 + STEP.saturating_mul(steps.saturating_add(1))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_at_a_whole_step() {
        for (work, wanted) in [(0, 250), (20, 250), (249, 250), (250, 500), (1_100, 1_250)] {
            let (even, started) = (Even::from_now(), Instant::now());
            tokio::time::sleep(Duration::from_millis(work)).await;
            even.wait().await;
            assert_eq!(started.elapsed().as_millis(), wanted, "{work}");
        }
    }
}
