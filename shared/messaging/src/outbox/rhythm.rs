//! How often the sweeper looks: often while something may be left behind, seldom while nothing is.

use std::time::Duration;

/// How many sweeps in a row find nothing before the pauses grow: as long as a marker takes to be old, twice over.
const QUIET: u32 = 4;

/// The pause between sweeps of one process. It grows while sweeps find no marker, up to a bound, and is short again as soon
/// as one is found or this process commits anything.
#[derive(Debug)]
pub(super) struct Rhythm {
    every: Duration,
    rest: Duration,
    /// Sweeps in a row that found nothing.
    quiet: u32,
}

impl Rhythm {
    /// Sweeps `every` so long, at rest every `rest`, which is not below it.
    pub(super) const fn new(every: Duration, rest: Duration) -> Self {
        Self { every, rest, quiet: 0 }
    }

    /// The pause until the next sweep.
    pub(super) fn pause(&self) -> Duration {
        let doublings = self.quiet.saturating_sub(QUIET).min(16);
        self.every.saturating_mul(1 << doublings).min(self.rest.max(self.every))
    }

    /// Whether the pause has grown.
    pub(super) fn rests(&self) -> bool {
        self.pause() > self.every
    }

    /// A sweep is over, and found some marker, or failed to look.
    pub(super) const fn swept(&mut self, found: bool) {
        self.quiet = if found { 0 } else { self.quiet.saturating_add(1) };
    }

    /// Something was committed here.
    pub(super) const fn stir(&mut self) {
        self.quiet = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_nothing_is_found_and_are_short_again_after() {
        let seconds = Duration::from_secs;
        let mut rhythm = Rhythm::new(seconds(5), seconds(60));
        let mut pauses = Vec::new();
        for _ in 0..10 {
            pauses.push(rhythm.pause().as_secs());
            rhythm.swept(false);
        }
        assert_eq!(pauses, [5, 5, 5, 5, 5, 10, 20, 40, 60, 60]);
        assert!(rhythm.rests());
        rhythm.swept(true);
        assert_eq!((rhythm.pause(), rhythm.rests()), (seconds(5), false));
        (0..99).for_each(|_| rhythm.swept(false));
        rhythm.stir();
        assert_eq!(rhythm.pause(), seconds(5));
        assert_eq!(Rhythm::new(seconds(20), seconds(5)).pause(), seconds(20));
    }
}
