//! Since when things stand unchanged, by this process's own watch: how a lease or a claim is judged to have run out without
//! one clock being compared with another.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// What was seen of things, by name: the value at which each stands, and since when.
///
/// An answer that was long under way says little: the value may have come to stand just before it was given, and may have
/// changed just after it was asked for. So a value stands since its first answer *arrived*, until an answer was *asked for*.
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
    /// Notes the value at which a thing stands by an answer that was asked for and has arrived at these times, and answers
    /// for how long it had stood so at least when it was asked for.
    pub fn observe(&mut self, name: K, value: V, asked: Instant, arrived: Instant) -> Duration {
        let since = match self.seen.get(&name) {
            Some((standing, since)) if *standing == value => *since,
            _ => {
                self.seen.insert(name, (value, arrived));
                arrived
            }
        };
        asked.saturating_duration_since(since)
    }

    /// For how long a thing had stood at this value when an answer with it was asked for; no time at all where another was
    /// seen last, or none.
    pub fn unchanged_for<Q: Ord + ?Sized>(&self, name: &Q, value: &V, asked: Instant) -> Duration
    where
        K: Borrow<Q>,
    {
        match self.seen.get(name) {
            Some((standing, since)) if standing == value => asked.saturating_duration_since(*since),
            _ => Duration::ZERO,
        }
    }

    /// When a thing was first seen to stand as it does.
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
        assert_eq!(watch.observe("a", 1, at(0), at(0)), seconds(0));
        assert_eq!(watch.observe("a", 1, at(7), at(7)), seconds(7));
        assert_eq!(watch.observe("b", 1, at(8), at(8)), seconds(0));
        assert_eq!(watch.unchanged_for("a", &1, at(9)), seconds(9));
        assert_eq!(watch.unchanged_for("a", &2, at(9)), seconds(0), "it was not seen so");
        assert_eq!(watch.unchanged_for("c", &1, at(9)), seconds(0));
        assert_eq!(watch.observe("a", 2, at(10), at(10)), seconds(0));
        assert_eq!(watch.observe("a", 2, at(9), at(9)), seconds(0), "an answer that was asked for earlier");
        assert_eq!((watch.since("a"), watch.since("c")), (Some(at(10)), None));
        watch.retain(|name, since| *name != "b" && since > at(5));
        assert_eq!((watch.since("a"), watch.since("b")), (Some(at(10)), None));
        assert_eq!(watch.observe("b", 1, at(20), at(20)), seconds(0), "what was forgotten begins anew");
    }

    #[test]
    fn an_answer_that_was_long_under_way_counts_from_its_arrival_and_to_its_question() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watch = Watch::default();
        assert_eq!(watch.observe("a", 1, at(0), at(38)), Duration::ZERO, "it may have come to stand there just now");
        assert_eq!(watch.observe("a", 1, at(44), at(45)), Duration::from_secs(6));
        assert_eq!(
            watch.observe("a", 1, at(48), at(90)),
            Duration::from_secs(10),
            "it may have changed since it was asked for"
        );
        assert_eq!(watch.unchanged_for("a", &1, at(30)), Duration::ZERO, "asked for before it was seen");
    }
}
