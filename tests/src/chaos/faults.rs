//! Faults on every wire between a role and the local AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fleet::Fleet;
use crate::proxy::{Action, Rule, RuleHandle};

/// What the proxies know by name.
pub const SERVICES: [&str; 4] = ["dynamodb", "kinesis", "sns", "sqs"];
const STALL: Duration = Duration::from_secs(10);

/// Exchanges by service and by what became of them.
pub type Outcomes = BTreeMap<(&'static str, &'static str), u64>;

/// Whether a process that serves these roles, with commas between, serves this one.
pub(super) fn runs(roles: &str, role: &str) -> bool {
    roles.split(',').any(|it| it == role)
}

/// Faults in force.
pub struct Faults(Vec<Wire>);

/// The faults of one process's way to one service.
struct Wire {
    roles: &'static str,
    service: &'static str,
    rule: RuleHandle,
}

impl Faults {
    /// On every wire, each of them drawn from the seed: 5 % server errors, 5 % throttles, 3 % answers lost after
    /// success, 1 % stalls of ten seconds.
    pub fn on_every_wire(fleet: &Fleet, seed: u64) -> Self {
        let odds = || {
            vec![
                (0.05, Action::ServerError),
                (0.05, Action::Throttle),
                (0.03, Action::LoseAnswer),
                (0.01, Action::Delay(STALL)),
            ]
        };
        Self::put(fleet, seed, &SERVICES, odds)
    }

    /// One service away: half of its callers find nobody, the others a server error.
    pub fn without(fleet: &Fleet, seed: u64, service: &'static str) -> Self {
        Self::put(fleet, seed, &[service], || vec![(0.5, Action::DropRequest), (0.5, Action::ServerError)])
    }

    /// Ends them. What is under way goes on.
    pub fn end(&self) {
        for wire in &self.0 {
            wire.rule.release();
        }
    }

    /// What became of all exchanges so far.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::new();
        for wire in &self.0 {
            for (outcome, count) in wire.rule.outcomes() {
                *outcomes.entry((wire.service, outcome)).or_default() += count;
            }
        }
        outcomes
    }

    /// How many of a role's exchanges with a service did not pass.
    #[must_use]
    pub fn spoiled(&self, role: &str, service: &str) -> u64 {
        let wires = self.0.iter().filter(|wire| wire.service == service && runs(wire.roles, role));
        wires.flat_map(|wire| wire.rule.outcomes()).filter(|(outcome, _)| *outcome != "passed").map(|(_, it)| it).sum()
    }

    fn put(fleet: &Fleet, seed: u64, services: &[&'static str], odds: impl Fn() -> Vec<(f64, Action)>) -> Self {
        let mut rules = Vec::new();
        let mut seeds = seed..;
        for slot in &fleet.slots {
            for service in services.iter().copied() {
                let rule = Rule::when(move |it| it.service == service);
                let rule = rule.chance(seeds.next().unwrap_or_default(), odds());
                rules.push(Wire { roles: slot.roles, service, rule: slot.proxy.rule(rule) });
            }
        }
        Self(rules)
    }
}
