//! Is it alive, and should it get traffic?
//!
//! **Readiness is a latch.** A process becomes ready when each of its dependencies has answered once, and unready only
//! when it drains. A dependency that fails later is reported (in the body, and in the gauge `shotengai.dependency.up`) but does
//! not take the process out: all its replicas share the dependency, and a 503 with Retry-After beats no endpoint.

mod check;
mod server;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

pub use check::Check;
pub use server::HealthServing;

/// A heart that has not beaten for so long stands still.
const STALE: Duration = Duration::from_secs(15);

/// What is known about this process and its dependencies.
pub struct Health {
    roles: Vec<String>,
    dependencies: Vec<Dependency>,
    draining: AtomicBool,
    beat: Mutex<Instant>,
}

struct Dependency {
    check: Check,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    answered_once: bool,
    error: Option<String>,
}

/// What `/readyz` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether traffic is wanted.
    pub ready: bool,
    /// Whether the process is on its way out.
    pub draining: bool,
    /// The process's roles.
    pub roles: Vec<String>,
    /// Each dependency by name.
    pub dependencies: BTreeMap<String, DependencyReport>,
}

/// One dependency, as it answered last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DependencyReport {
    /// Whether its last answer was good.
    pub up: bool,
    /// What its last answer was, if bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Health {
    /// Not ready until each of these checks has passed once.
    #[must_use]
    pub fn new(checks: Vec<Check>) -> Self {
        let dependency = |check| Dependency { check, state: Mutex::default() };
        Self {
            roles: Vec::new(),
            dependencies: checks.into_iter().map(dependency).collect(),
            draining: AtomicBool::new(false),
            beat: Mutex::new(Instant::now()),
        }
    }

    /// The same of a process with these roles.
    #[must_use]
    pub fn of_roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.roles = roles.into_iter().map(str::to_owned).collect();
        self
    }

    /// Unready from now on, for good.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the process still turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < STALE
    }

    fn beat(&self) {
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether traffic is wanted, and how the dependencies are.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let draining = self.draining.load(Ordering::Relaxed);
        let mut ready = !draining;
        let mut dependencies = BTreeMap::new();
        for dependency in &self.dependencies {
            let state = dependency.state();
            ready &= state.answered_once || dependency.check.is_advisory();
            let up = state.answered_once && state.error.is_none();
            dependencies.insert(dependency.check.name().to_owned(), DependencyReport { up, error: state.error });
        }
        Readiness { ready, draining, roles: self.roles.clone(), dependencies }
    }
}

impl Dependency {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes an answer; the state before.
    fn note(&self, answer: Result<(), String>) -> State {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = State { answered_once: state.answered_once || answer.is_ok(), error: answer.err() };
        std::mem::replace(&mut *state, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_a_latch_that_only_draining_opens() {
        let health = Health::new(vec![Check::new("store", || async { Ok::<_, String>(()) })]);
        assert!(!health.readiness().ready, "nothing has answered yet");
        health.dependencies[0].note(Err("away".to_owned()));
        assert!(!health.readiness().ready);
        health.dependencies[0].note(Ok(()));
        assert!(health.readiness().ready);
        health.dependencies[0].note(Err("away again".to_owned()));
        let report = health.readiness();
        assert!(report.ready, "a later outage is told, not acted on");
        assert_eq!(report.dependencies["store"].error.as_deref(), Some("away again"));
        assert!(!report.dependencies["store"].up);
        health.drain();
        assert!(!health.readiness().ready);
    }

    #[test]
    fn readiness_does_not_wait_for_what_is_advisory() {
        let health = Health::new(vec![Check::new("order", || async { Ok::<_, String>(()) }).advisory()]);
        health.dependencies[0].note(Err("away".to_owned()));
        let report = health.readiness();
        assert!(report.ready && !report.dependencies["order"].up);
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_stands_still_is_not_alive() {
        let health = Health::new(Vec::new());
        assert!(health.is_alive());
        tokio::time::advance(STALE).await;
        assert!(!health.is_alive());
        health.beat();
        assert!(health.is_alive());
    }
}
