//! What held processes up, where and when: the causes by which something may be late.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For how long a fault goes on holding things up that begin after it: the longest call that stalls, or a message that
/// whoever received it has lost, and the longest pause before it is tried again.
const AFTERMATH: Duration = Duration::from_secs(60);

/// All that held anything up.
#[derive(Debug, Default)]
pub struct HoldUps(Mutex<Vec<HoldUp>>);

/// Something that held a process up: with its calls on something, or altogether.
#[derive(Debug, Clone)]
struct HoldUp {
    /// None is everybody.
    process: Option<usize>,
    /// None is all that it does.
    resource: Option<String>,
    from: Duration,
    until: Duration,
}

impl HoldUps {
    fn all(&self) -> MutexGuard<'_, Vec<HoldUp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of a process on this went wrong, or the process has.
    pub fn add(&self, process: usize, resource: Option<&str>, at: Duration) {
        self.add_span(process, resource, at, at);
    }

    /// The same for a time.
    pub fn add_span(&self, process: usize, resource: Option<&str>, from: Duration, until: Duration) {
        let resource = resource.map(str::to_owned);
        self.all().push(HoldUp { process: Some(process), resource, from, until });
    }

    /// Something happened to a resource, whoever uses it.
    pub fn add_for_all(&self, resource: &str, at: Duration) {
        let resource = Some(resource.to_owned());
        self.all().push(HoldUp { process: None, resource, from: at, until: at });
    }

    /// Whether anything held up one of these processes, in all it did or on what `concerns`, in this time or so shortly
    /// before that it may have lasted.
    #[must_use]
    pub fn any(
        &self,
        processes: impl Fn(usize) -> bool,
        concerns: impl Fn(&str) -> bool,
        from: Duration,
        to: Duration,
    ) -> bool {
        self.any_between(processes, concerns, from.saturating_sub(AFTERMATH), to)
    }

    /// The same for what held them up within this time, and nothing that only came before.
    #[must_use]
    pub fn any_between(
        &self,
        processes: impl Fn(usize) -> bool,
        concerns: impl Fn(&str) -> bool,
        from: Duration,
        to: Duration,
    ) -> bool {
        self.all().iter().any(|it| {
            it.from <= to
                && from <= it.until
                && it.process.is_none_or(&processes)
                && it.resource.as_deref().is_none_or(&concerns)
        })
    }

    /// Whether nothing was ever held up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}
