//! Since when things stand unchanged, by this process's own watch: how a lease or a claim is judged to have run out without
//! one clock being compared with another.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// What was seen of things, by name: the value at which each stands, and since when.
///
/// Every time is the one at which the answer that shows the value was *asked for*: it may have changed while the answer was
/// under way.
#[derive(Debug)]
pub struct Watch<K, V> {
    seen: BTreeMap<K, (V, Instant)>,
}

impl<K, V> Default for Watch<K, V> {
    fn default() -> Self {
        Self { seen: BTreeMap::new() }
    }
}

impl<K: Ord, V: PartialEq> Watch<K, V> {
    /// Notes the value at which a thing stands, and answers for how long it has stood so.
    pub fn observe(&mut self, name: K, value: V, asked: Instant) -> Duration {
        let since = match self.seen.get(&name) {
            Some((standing, since)) if *standing == value => *since,
            _ => {
                self.seen.insert(name, (value, asked));
                asked
            }
        };
        asked.saturating_duration_since(since)
    }

    /// For how long a thing has stood at this value; no time at all where another was seen last, or none.
    pub fn unchanged_for<Q: Ord + ?Sized>(&self, name: &Q, value: &V, asked: Instant) -> Duration
    where
        K: Borrow<Q>,
    {
        match self.seen.get(name) {
            Some((standing, since)) if standing == value => asked.saturating_duration_since(*since),
            _ => Duration::ZERO,
        }
    }

    /// Since when a thing has stood as it does.
    pub fn since<Q: Ord + ?Sized>(&self, name: &Q) -> Option<Instant>
    where
        K: Borrow<Q>,
    {
        self.seen.get(name).map(|(_, since)| *since)
    }

    /// Forgets all things but these, by their names and since when they stand.
    pub fn retain(&mut self, keep: impl Fn(&K, Instant) -> bool) {
        self.seen.retain(|name, (_, since)| keep(name, *since));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_from_the_first_sight_of_a_value_and_anew_when_it_changes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let seconds = Duration::from_secs;
        let mut watch = Watch::default();
        assert_eq!(watch.observe("a", 1, at(0)), seconds(0));
        assert_eq!(watch.observe("a", 1, at(7)), seconds(7));
        assert_eq!(watch.observe("b", 1, at(8)), seconds(0));
        assert_eq!(watch.unchanged_for("a", &1, at(9)), seconds(9));
        assert_eq!(watch.unchanged_for("a", &2, at(9)), seconds(0), "it was not seen so");
        assert_eq!(watch.unchanged_for("c", &1, at(9)), seconds(0));
        assert_eq!(watch.observe("a", 2, at(10)), seconds(0));
        assert_eq!(watch.observe("a", 2, at(9)), seconds(0), "an answer that was asked for earlier");
        assert_eq!((watch.since("a"), watch.since("c")), (Some(at(10)), None));
        watch.retain(|name, since| *name != "b" && since > at(5));
        assert_eq!((watch.since("a"), watch.since("b")), (Some(at(10)), None));
        assert_eq!(watch.observe("b", 1, at(20)), seconds(0), "what was forgotten begins anew");
    }
}
