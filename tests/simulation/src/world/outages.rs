//! What is away, denied or refused at the moment.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{World, address, lock};
use crate::denial::Denial;
use crate::mishap::Mishap;
use crate::plan::Dependency;

#[derive(Default)]
pub(super) struct Outages {
    calm: bool,
    away: BTreeMap<Dependency, Instant>,
    denials: Vec<(Denial, Instant)>,
    /// Until when the relay refuses every recipient.
    relay_refuses: Option<Instant>,
}

impl World {
    /// From now on nothing goes wrong any more.
    pub fn calm_down(&self) {
        let mut state = lock(&self.outages);
        state.calm = true;
        state.away.clear();
        state.denials.clear();
        state.relay_refuses = None;
    }

    /// Whether faults have ended.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        lock(&self.outages).calm
    }

    /// Nobody reaches a dependency for so long.
    pub fn take_away(&self, dependency: Dependency, away: Duration) {
        let until = Instant::now() + away;
        let mut state = lock(&self.outages);
        let standing = state.away.entry(dependency).or_insert(until);
        *standing = until.max(*standing);
    }

    /// Whether a dependency can't be reached.
    #[must_use]
    pub fn is_away(&self, dependency: Dependency) -> bool {
        lock(&self.outages).away.get(&dependency).is_some_and(|until| Instant::now() < *until)
    }

    /// The installation denies something for so long.
    pub fn deny(&self, denial: Denial, denied: Duration) {
        lock(&self.outages).denials.push((denial, Instant::now() + denied));
    }

    /// Whether the installation denies this call.
    #[must_use]
    pub fn is_denied(&self, operation: &str, resource: &str) -> bool {
        let state = lock(&self.outages);
        state.denials.iter().any(|(denial, until)| Instant::now() < *until && denial.concerns(operation, resource))
    }

    /// The relay refuses every recipient for so long.
    pub fn relay_refuses(&self, refusing: Duration) {
        let until = Instant::now() + refusing;
        let mut state = lock(&self.outages);
        state.relay_refuses = Some(state.relay_refuses.map_or(until, |standing| until.max(standing)));
    }

    /// What the relay answers to this recipient, unless it takes the mail; and whether it would refuse everybody.
    #[must_use]
    pub fn relay_says(&self, recipient: &str) -> Option<(&'static str, Mishap)> {
        if lock(&self.outages).relay_refuses.is_some_and(|until| Instant::now() < until) {
            return Some(("554 5.7.1 Relay access denied", Mishap::RelayRefused));
        }
        let is_refused = self.plan.refused.is_some_and(|customer| recipient == address(&format!("usr_{customer}")));
        is_refused.then_some(("550 5.1.1 User unknown", Mishap::RecipientRefused))
    }
}
