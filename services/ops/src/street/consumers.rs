//! Consumers: their figures in all processes, and how those changed since the look before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use shotengai_contracts::api::ops::street::StreetConsumer;
use shotengai_contracts::topology::Installation;
use shotengai_messaging::pauses::PausedQueues;
use tokio::time::Instant;

use super::processes::Asked;
use crate::figures::{Figures, figures};
use crate::http::consumers::shown;

/// A look at all processes, and what changed since the one before.
pub(crate) struct Measured {
    pub(crate) asked: Vec<Asked>,
    of: BTreeMap<String, (Figures, Change)>,
}

/// How a consumer's figures changed between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Change {
    handled_per_second: Option<f64>,
    failed_per_second: Option<f64>,
    age: Option<f64>,
}

impl Measured {
    /// How many processes have this role. By their roles: who rehearses letters shows figures of consumers that it has not.
    fn having(&self, role: &str) -> usize {
        self.asked.iter().filter(|asked| asked.process.roles.iter().any(|has| has == role)).count()
    }

    /// How long the oldest message that was last received from this queue had waited.
    pub(crate) fn oldest(&self, queue: &str) -> Option<f64> {
        self.of.get(consumer_of(queue)).and_then(|(figures, _)| figures.oldest)
    }
}

/// The figures of the look before.
#[derive(Default)]
pub(crate) struct Rates(Mutex<Option<(Instant, BTreeMap<String, Figures>)>>);

impl Rates {
    /// What was asked now, held against what was asked before.
    pub(crate) fn measure(&self, asked: Vec<Asked>) -> Measured {
        let (now, figures) = (Instant::now(), figures(asked.iter().map(|asked| asked.figures.as_str())));
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace((now, figures.clone()));
        let of = figures.into_iter().map(|(name, figures)| {
            let earlier = before.as_ref().and_then(|(at, before)| Some((*at, before.get(&name)?)));
            let change = earlier.map(|(at, before)| change(before, &figures, now.duration_since(at).as_secs_f64()));
            (name, (figures, change.unwrap_or_default()))
        });
        Measured { of: of.collect(), asked }
    }
}

/// None of a figure that fell: a process has ended, or begun anew.
fn change(before: &Figures, now: &Figures, seconds: f64) -> Change {
    let less = |before: u64, now: u64| now.checked_sub(before).map(float);
    let per_second = |count: f64| if seconds > 0.0 { Some(count / seconds) } else { None };
    let events = less(before.age_count, now.age_count).filter(|count| *count > 0.0);
    Change {
        handled_per_second: less(before.handled, now.handled).and_then(per_second),
        failed_per_second: less(before.failed, now.failed).and_then(per_second),
        age: events.map(|count| ((now.age_sum - before.age_sum) / count).max(0.0)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is about right")]
fn float(count: u64) -> f64 {
    count as f64
}

/// A consumer's name: its queue's, without what all queues end with.
pub(crate) fn consumer_of(queue: &str) -> &str {
    queue.strip_suffix("-queue").unwrap_or(queue)
}

/// The consumers of all queues, those included that no process has.
pub(crate) fn consumers(
    installation: &Installation,
    measured: &Measured,
    paused: &PausedQueues,
) -> Vec<StreetConsumer> {
    let none = (Figures::default(), Change::default());
    let consumers = installation.consumed_queues().map(|queue| {
        let name = consumer_of(queue.name);
        let (figures, change) = measured.of.get(name).unwrap_or(&none);
        StreetConsumer {
            consumer: name.to_owned(),
            queue: queue.name.to_owned(),
            service: queue.service.as_str().to_owned(),
            processes: measured.having(queue.service.as_str()),
            handled: figures.handled,
            failed: figures.failed,
            handled_per_second: change.handled_per_second,
            failed_per_second: change.failed_per_second,
            age_seconds: change.age,
            breaker_open: figures.breaker_open,
            paused: paused.get(queue.name).and_then(shown),
        }
    });
    consumers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_two_looks_and_none_of_what_began_anew() {
        let before = Figures { handled: 10, failed: 3, age_sum: 1.0, age_count: 4, ..Figures::default() };
        let now = Figures { handled: 30, failed: 1, age_sum: 2.0, age_count: 8, ..Figures::default() };
        let wanted = Change { handled_per_second: Some(10.0), failed_per_second: None, age: Some(0.25) };
        assert_eq!(change(&before, &now, 2.0), wanted);
        assert_eq!(change(&now, &now, 2.0).age, None);
    }
}
