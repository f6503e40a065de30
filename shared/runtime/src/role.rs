//! What a service hands to the process it runs in.

use std::sync::Arc;

use shotengai_messaging::Worker;

use crate::health::Check;
use crate::http::{Gate, Routes};

/// Puts a role's routes beside those of the others. Called once for each HTTP thread.
pub type RouteTable = Arc<dyn Fn(&mut Routes) + Send + Sync>;

/// One role, built: its routes, its background work, and what it depends on.
#[derive(Clone)]
pub struct Role {
    /// Its name, as `shotengai serve` takes it.
    pub name: &'static str,
    /// Its HTTP routes.
    pub routes: RouteTable,
    /// Its background work.
    pub workers: Vec<Worker>,
    /// What it can't do without.
    pub checks: Vec<Check>,
    /// What it puts before all routes of its process.
    pub gate: Option<Arc<dyn Gate>>,
}

impl Role {
    /// A role that does nothing yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, routes: Arc::new(|_| ()), workers: Vec::new(), checks: Vec::new(), gate: None }
    }

    /// Serves these routes (instead of those set before).
    #[must_use]
    pub fn routes(mut self, routes: impl Fn(&mut Routes) + Send + Sync + 'static) -> Self {
        self.routes = Arc::new(routes);
        self
    }

    /// Runs this worker too.
    #[must_use]
    pub fn worker(mut self, worker: Worker) -> Self {
        self.workers.push(worker);
        self
    }

    /// Runs these workers too.
    #[must_use]
    pub fn workers(mut self, workers: impl IntoIterator<Item = Worker>) -> Self {
        self.workers.extend(workers);
        self
    }

    /// Puts this before all routes of its process.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Is ready only after this check has passed once (unless it is [`Check::advisory`]).
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}
