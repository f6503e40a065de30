//! Rate limit of one's own work: so many a second, evenly.

use std::time::Duration;

use tokio::time::Instant;

/// Spreads work over time. What was done has its time, and until that is over the next waits. A pause saves nothing up: after
/// it, work goes at the same pace.
#[derive(Debug)]
pub struct Pacer {
    each: Duration,
    due: Option<Instant>,
}

impl Pacer {
    /// Each piece of work has this time; none: it goes as it comes.
    #[must_use]
    pub const fn every(each: Duration) -> Self {
        Self { each, due: None }
    }

    /// So many pieces a second; one at the least.
    #[must_use]
    pub fn per_second(number: u32) -> Self {
        Self::every(Duration::from_secs(1) / number.max(1))
    }

    /// Waits until more is due.
    pub async fn turn(&self) {
        if let Some(due) = self.due {
            tokio::time::sleep_until(due).await;
        }
    }

    /// Counts so many pieces that are done now.
    pub fn spend(&mut self, number: usize) {
        let now = Instant::now();
        let time = self.each.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        self.due = self.due.unwrap_or(now).max(now).checked_add(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of these batches goes, in milliseconds.
    async fn times(pacer: &mut Pacer, batches: &[usize]) -> Vec<u128> {
        let began = Instant::now();
        let mut times = Vec::new();
        for batch in batches {
            pacer.turn().await;
            pacer.spend(*batch);
            times.push(began.elapsed().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_evenly_whatever_its_batches() {
        assert_eq!(times(&mut Pacer::per_second(10), &[1, 1, 5, 0, 10, 1]).await, [0, 100, 200, 700, 700, 1700]);
        assert_eq!(times(&mut Pacer::every(Duration::ZERO), &[1000, 1000]).await, [0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_saves_nothing_up() {
        let mut pacer = Pacer::per_second(10);
        pacer.spend(1);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(times(&mut pacer, &[10, 10, 1]).await, [0, 1000, 2000]);
    }
}
