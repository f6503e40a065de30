//! What befell processes, for invariants that a fault excuses.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// All that went wrong for processes, and when.
#[derive(Debug, Default)]
pub struct FaultLog(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    fault_log: Vec<Trouble>,
}

/// Something that went wrong in the life of a process.
#[derive(Debug)]
struct Trouble {
    at: Duration,
    life: u64,
    /// What the call was about; none when the whole process died or stood still.
    resource: Option<String>,
}

impl FaultLog {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something went wrong in the life of a process: with a call on something, or with the whole of it.
    pub fn add(&self, at: Duration, life: u64, resource: Option<&str>) {
        self.known().fault_log.push(Trouble { at, life, resource: resource.map(str::to_owned) });
    }

    /// Whether anything went wrong for a life, or for its calls on these, between two moments, both included.
    #[must_use]
    pub fn befell(&self, life: u64, resources: &[&str], from: Duration, to: Duration) -> bool {
        let concerns = |of: &Option<String>| of.as_ref().is_none_or(|of| resources.contains(&of.as_str()));
        let is_it = |it: &Trouble| it.life == life && (from..=to).contains(&it.at) && concerns(&it.resource);
        self.known().fault_log.iter().any(is_it)
    }

    /// Whether nothing went wrong for anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known().fault_log.is_empty()
    }
}
