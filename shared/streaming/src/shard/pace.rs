//! The pace of a shard's reader: when the next read is due, and when a hint may bring it forward.

use std::collections::VecDeque;
use std::time::Duration;

use shotengai_messaging::Wake;
use tokio::time::Instant;

use super::ShardConfig;

const WINDOW: Duration = Duration::from_secs(1);
/// How many reads may begin at once before they are spread evenly: without that, five reads in a hurry would leave what comes
/// next waiting for the rest of the second.
const BURST: usize = 2;

/// When a shard is read. Busy, it is read every [`ShardConfig::busy_poll`]; once it has been quiet, each wait is twice the one
/// before, up to [`ShardConfig::idle_poll`]. A hint brings the next read forward. Never do more reads begin within a second than
/// [`ShardConfig::reads_per_second`], and after [`BURST`] of them they keep their distance.
#[derive(Debug)]
pub(super) struct Pace {
    config: ShardConfig,
    wake: Wake,
    /// When the last reads began, as many as may begin within a second.
    begun: VecDeque<Instant>,
    busy_until: Instant,
    /// The next wait of a shard that is quiet.
    resting: Duration,
}

impl Pace {
    pub(super) fn new(config: ShardConfig, wake: Wake) -> Self {
        let now = Instant::now();
        Self { config, wake, begun: VecDeque::new(), busy_until: now, resting: config.busy_poll }
    }

    /// A read begins, which covers every hint until now.
    pub(super) fn read_begins(&mut self) {
        self.wake.hear();
        while self.begun.len() >= self.config.reads_per_second() {
            self.begun.pop_front();
        }
        self.begun.push_back(Instant::now());
    }

    /// The read that began last was of no shard: its cursor had expired.
    pub(super) fn read_was_none(&mut self) {
        self.begun.pop_back();
    }

    /// Something came, or is about to.
    pub(super) fn is_busy(&mut self) {
        self.busy_until = Instant::now() + self.config.idle_after;
        self.resting = self.config.busy_poll;
    }

    /// Waits for the next read of a shard that is read to its end, or nearly: `behind` says that there is more.
    pub(super) async fn rest(&mut self, behind: bool) {
        let wait = self.wait(behind);
        let due = Instant::now() + wait;
        let hinted = tokio::select! {
            biased;
            () = self.wake.hinted() => true,
            () = tokio::time::sleep_until(due) => false,
        };
        if hinted {
            self.is_busy();
        }
        tokio::time::sleep_until(self.earliest()).await;
    }

    /// Waits for the next read of a shard that surely has more: only as long as the service allows no other.
    pub(super) async fn go_on(&self) {
        tokio::time::sleep_until(self.earliest()).await;
    }

    fn wait(&mut self, behind: bool) -> Duration {
        if behind || Instant::now() < self.busy_until {
            return self.config.busy_poll;
        }
        let longest = self.config.idle_poll.max(self.config.busy_poll);
        let wait = self.resting.min(longest);
        self.resting = (wait * 2).min(longest);
        wait
    }

    /// When a read may begin with which no more begin within a second than are allowed.
    fn earliest(&self) -> Instant {
        let (now, most) = (Instant::now(), self.config.reads_per_second());
        let oldest = self.begun.front().filter(|_| self.begun.len() >= most);
        let within = oldest.map_or(now, |oldest| *oldest + WINDOW);
        let recent = self.begun.iter().rev().take_while(|begun| begun.elapsed() < WINDOW).count();
        let distance = WINDOW / u32::try_from(most).unwrap_or(u32::MAX).max(1);
        let apart = self.begun.back().filter(|_| recent >= BURST).map_or(now, |last| *last + distance);
        within.max(apart)
    }
}

#[cfg(test)]
mod tests {
    use shotengai_messaging::Hints;

    use super::*;

    fn pace(hints: &Hints) -> Pace {
        Pace::new(ShardConfig { idle_poll: Duration::from_secs(1), ..ShardConfig::default() }, hints.of_shard("1"))
    }

    async fn rested(pace: &mut Pace) -> u128 {
        let since = Instant::now();
        pace.rest(false).await;
        pace.read_begins();
        since.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_shard_is_read_ever_more_seldom_and_a_busy_one_at_its_own_pace() {
        let pace = &mut pace(&Hints::default());
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(rested(pace).await);
        }
        assert_eq!(waits, [200, 400, 800, 1000, 1000]);
        pace.is_busy();
        assert_eq!(rested(pace).await, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_brings_a_read_forward_and_makes_the_shard_busy() {
        let hints = Hints::default();
        let pace = &mut pace(&hints);
        hints.streamed(Some("1"));
        assert_eq!(rested(pace).await, 0);
        assert_eq!(rested(pace).await, 200, "the read has covered the hint");
    }

    #[tokio::test(start_paused = true)]
    async fn hints_bring_no_more_reads_into_any_second_than_the_service_allows() {
        let hints = Hints::default();
        let pace = &mut pace(&hints);
        let since = Instant::now();
        let mut begun = Vec::new();
        for _ in 0..40 {
            hints.streamed(Some("1"));
            pace.rest(false).await;
            pace.read_begins();
            begun.push(since.elapsed());
        }
        assert!(begun[1].is_zero(), "two at once");
        // Under a hint at any moment it is no slower than polls are.
        assert!(begun.windows(2).all(|two| two[1] - two[0] <= Duration::from_millis(400)), "{begun:?}");
        assert!(begun.windows(6).all(|six| six[5] - six[0] >= WINDOW), "{begun:?}");
        assert!(begun[39] >= Duration::from_secs(7), "five a second: {begun:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_behind_is_read_on_at_once_within_the_same_bounds() {
        let pace = &mut pace(&Hints::default());
        let since = Instant::now();
        for _ in 0..50 {
            pace.go_on().await;
            pace.read_begins();
        }
        assert_eq!(since.elapsed().as_secs(), 9);
    }
}
