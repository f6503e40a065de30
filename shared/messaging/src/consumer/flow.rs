//! How fast messages come, and so how long a receive may wait for a batch that is worth its request. Neither a clock nor I/O.
//!
//! A receive is paid whether it brings one message or ten. Where few come each is received at once. Where many come, the next
//! receive waits for about as long as ten take to come, never longer than it would be felt.

use std::time::Duration;

use tokio::time::Instant;

/// Messages a second below which nothing waits: an order by itself sends a queue some eleven.
const MANY: f64 = 25.0;
/// Over how long the rate is measured: what came so long ago counts for a third.
const MEMORY: Duration = Duration::from_secs(1);

/// The rate of one queue, as this process receives it.
#[derive(Debug)]
pub(super) struct Flow {
    /// Messages a batch.
    full: f64,
    longest: Duration,
    rate: f64,
    at: Option<Instant>,
    /// Whether the last receive brought enough for more to be behind it.
    was_full: bool,
}

impl Flow {
    /// Of a queue that is received in batches of so many; a receive waits no longer than this.
    pub(super) fn new(batch: usize, longest: Duration) -> Self {
        let full = u32::try_from(batch).map_or(f64::INFINITY, f64::from);
        Self { full, longest, rate: 0.0, at: None, was_full: false }
    }

    /// So many messages were received.
    pub(super) fn received(&mut self, count: usize, now: Instant) {
        let count = u32::try_from(count).map_or(0.0, f64::from);
        self.rate = self.rate_at(now) + count / MEMORY.as_secs_f64();
        self.at = Some(now);
        // A queue of many parts tells of some of them at a time.
        self.was_full = count * 2.0 >= self.full;
    }

    fn rate_at(&self, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let passed = now.saturating_duration_since(at).as_secs_f64() / MEMORY.as_secs_f64();
        self.rate * (-passed).exp()
    }

    /// When the next receive is due; at once where few messages come, and where a receive has just brought many.
    pub(super) fn due(&self, now: Instant) -> Instant {
        let (Some(at), rate) = (self.at, self.rate_at(now)) else { return now };
        if self.was_full || rate < MANY {
            return now;
        }
        at + Duration::from_secs_f64(self.full / rate).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(50);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How long the next receive waits after batches of so many, one each so many milliseconds.
    fn wait_after(batches: usize, count: usize, every: u64) -> Duration {
        let mut flow = Flow::new(10, LONGEST);
        let mut now = Instant::now();
        for _ in 0..batches {
            now += ms(every);
            flow.received(count, now);
        }
        flow.due(now).saturating_duration_since(now)
    }

    #[test]
    fn what_comes_seldom_is_received_at_once() {
        assert_eq!(Flow::new(10, LONGEST).due(Instant::now()).elapsed().as_secs(), 0);
        assert_eq!(wait_after(11, 1, 20), Duration::ZERO, "an order by itself");
        assert_eq!(wait_after(100, 1, 100), Duration::ZERO, "ten a second");
    }

    #[test]
    fn where_many_come_a_receive_waits_for_a_batch_of_them() {
        let wait = wait_after(200, 4, 10);
        assert!(wait > ms(20) && wait < ms(30), "400 a second make ten in 25 ms: {wait:?}");
        assert_eq!(wait_after(200, 2, 50), LONGEST, "40 a second would take too long for ten");
    }

    #[test]
    fn a_full_batch_has_more_behind_it() {
        assert_eq!(wait_after(100, 10, 10), Duration::ZERO);
    }

    #[test]
    fn a_pause_of_the_queue_ends_the_waiting() {
        let mut flow = Flow::new(10, LONGEST);
        let mut now = Instant::now();
        for _ in 0..100 {
            now += ms(10);
            flow.received(2, now);
        }
        let later = now + Duration::from_secs(3);
        assert_eq!(flow.due(later), later);
        assert!(flow.due(now + ms(60)) < now + ms(60), "what was waited for is over");
    }
}
