//! Faults that tests ask for.

use std::sync::Mutex;

use shotengai_testing::memory::{FaultInjector, InjectedFault};

/// Breaks the next call of one operation.
#[derive(Default)]
pub struct NextCall(Mutex<Option<(&'static str, InjectedFault)>>);

impl NextCall {
    /// The next call of this operation meets this fault; those after it don't.
    pub fn breaks(&self, operation: &'static str, fault: InjectedFault) {
        *self.0.lock().unwrap() = Some((operation, fault));
    }
}

impl FaultInjector for NextCall {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let mut next = self.0.lock().unwrap();
        if next.as_ref().is_some_and(|(of, _)| *of == operation) { next.take().map(|(_, fault)| fault) } else { None }
    }
}
