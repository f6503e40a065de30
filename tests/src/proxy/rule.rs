//! What the proxy does to which exchanges.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_kernel::{Random, SeededRandom};
use tokio::sync::watch;

use super::{Action, Exchange};

type Predicate = Box<dyn Fn(&Exchange) -> bool + Send + Sync>;

/// An action and what it is for.
pub struct Rule {
    when: Predicate,
    times: Option<u64>,
    deed: Deed,
}

/// A rule whose action has not been said yet.
pub struct Draft {
    when: Predicate,
    times: Option<u64>,
}

enum Deed {
    Always(Action),
    Drawn { random: Box<SeededRandom>, odds: Vec<(f64, Action)> },
}

impl Rule {
    /// For exchanges of which this is true.
    pub fn when(when: impl Fn(&Exchange) -> bool + Send + Sync + 'static) -> Draft {
        Draft { when: Box::new(when), times: None }
    }

    /// Each exchange, whatever it is, meets one of these actions with its probability, or none.
    #[must_use]
    pub fn chance(seed: u64, odds: Vec<(f64, Action)>) -> Self {
        Self::when(|_| true).chance(seed, odds)
    }
}

impl Draft {
    /// Only for the first so many of them; then the rule is as good as gone.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// What happens to them.
    #[must_use]
    pub fn act(self, action: Action) -> Rule {
        Rule { when: self.when, times: self.times, deed: Deed::Always(action) }
    }

    /// Draws for each of them: one of these actions with its probability (together 1 at most), else none, and older
    /// rules are asked. One seed gives one sequence of draws; which exchange gets which is up to their order.
    #[must_use]
    pub fn chance(self, seed: u64, odds: Vec<(f64, Action)>) -> Rule {
        assert!(odds.iter().map(|(share, _)| share).sum::<f64>() <= 1.0, "more than certain: {odds:?}");
        Rule {
            when: self.when,
            times: self.times,
            deed: Deed::Drawn { random: Box::new(SeededRandom::new(seed)), odds },
        }
    }
}

/// What becomes of exchanges that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// They wait.
    Closed,
    /// They go on.
    Open,
    /// Their connections are closed.
    Cut,
}

/// A rule in force.
pub(super) struct Standing {
    rule: Rule,
    left: AtomicU64,
    gate: watch::Sender<Gate>,
    hits: watch::Sender<u64>,
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
}

impl Standing {
    pub(super) fn new(rule: Rule) -> Self {
        let left = AtomicU64::new(rule.times.unwrap_or(u64::MAX));
        let (gate, hits) = (watch::Sender::new(Gate::Closed), watch::Sender::new(0));
        Self { rule, left, gate, hits, outcomes: Mutex::default() }
    }

    /// Whether it can still decide anything.
    pub(super) fn stands(&self) -> bool {
        *self.gate.borrow() == Gate::Closed && self.left.load(Ordering::Relaxed) > 0
    }

    /// What it wants for this exchange. Called for one exchange at a time.
    pub(super) fn decide(&self, exchange: &Exchange) -> Option<Action> {
        if !self.stands() || !(self.rule.when)(exchange) {
            return None;
        }
        let action = match &self.rule.deed {
            Deed::Always(action) => Some(action.clone()),
            Deed::Drawn { random, odds } => {
                let drawn = draw(random, odds);
                self.count(drawn.as_ref().map_or("passed", Action::name));
                drawn
            }
        }?;
        self.left.fetch_sub(1, Ordering::Relaxed);
        Some(action)
    }

    /// Its action has taken hold of one more exchange.
    pub(super) fn hit(&self, action: &Action) {
        if matches!(self.rule.deed, Deed::Always(_)) {
            self.count(action.name());
        }
        self.hits.send_modify(|hits| *hits += 1);
    }

    /// Waits until what is held goes on; false when it does not.
    pub(super) async fn gate(&self) -> bool {
        let mut gate = self.gate.subscribe();
        let opened = gate.wait_for(|gate| *gate != Gate::Closed).await;
        opened.is_ok_and(|gate| *gate == Gate::Open)
    }

    fn count(&self, outcome: &'static str) {
        *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).entry(outcome).or_default() += 1;
    }
}

fn draw(random: &SeededRandom, odds: &[(f64, Action)]) -> Option<Action> {
    let drawn = u32::try_from(random.next_u64() >> 32).unwrap_or_default();
    let mut rest = f64::from(drawn) / (f64::from(u32::MAX) + 1.0);
    for (share, action) in odds {
        if rest < *share {
            return Some(action.clone());
        }
        rest -= share;
    }
    None
}

/// A rule in force, in a test's hand. The rule stays when this is dropped.
#[derive(Clone)]
pub struct RuleHandle(Arc<Standing>);

impl RuleHandle {
    pub(super) const fn new(standing: Arc<Standing>) -> Self {
        Self(standing)
    }

    /// How often its action has taken hold: a request is being held or was dropped, an answer came and is held or lost.
    #[must_use]
    pub fn hits(&self) -> u64 {
        *self.0.hits.borrow()
    }

    /// Waits until it has so many hits.
    pub async fn until_hit(&self, hits: u64, within: Duration) {
        let mut seen = self.0.hits.subscribe();
        let hit = tokio::time::timeout(within, seen.wait_for(|seen| *seen >= hits)).await.is_ok();
        assert!(hit, "the rule was hit {} times within {within:?}, not {hits}", self.hits());
    }

    /// How many exchanges met which action, by [`Action::name`]; `passed` where a drawn rule drew none.
    #[must_use]
    pub fn outcomes(&self) -> BTreeMap<&'static str, u64> {
        self.0.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the rule; what is held goes on, even where its sender has given up, as what is under way in a network does.
    pub fn release(&self) {
        self.0.gate.send_replace(Gate::Open);
    }

    /// Ends the rule; what is held is cut off.
    pub fn remove(&self) {
        self.0.gate.send_replace(Gate::Cut);
    }
}
