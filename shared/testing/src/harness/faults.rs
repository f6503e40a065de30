//! Faults by operation.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use crate::memory::{FaultInjector, InjectedFault};

/// Faults by operation: some for the next calls, or one for all of them.
#[derive(Default)]
pub struct Faults {
    next: Mutex<BTreeMap<&'static str, VecDeque<Option<InjectedFault>>>>,
    always: Mutex<BTreeMap<&'static str, InjectedFault>>,
    calls: Mutex<BTreeMap<&'static str, usize>>,
}

impl Faults {
    /// Breaks the next call that is not planned for yet.
    pub fn next(&self, operation: &'static str, fault: InjectedFault) {
        self.next.lock().unwrap().entry(operation).or_default().push_back(Some(fault));
    }

    /// Breaks each `nth` of the next calls, so many times.
    pub fn each_nth(&self, operation: &'static str, nth: usize, times: usize, fault: InjectedFault) {
        let mut next = self.next.lock().unwrap();
        let calls = next.entry(operation).or_default();
        calls.extend((1..=nth * times).map(|call| (call % nth == 0).then_some(fault)));
    }

    /// Breaks every call for which nothing else is planned.
    pub fn always(&self, operation: &'static str, fault: InjectedFault) {
        self.always.lock().unwrap().insert(operation, fault);
    }

    /// Breaks no further call of those that `always` broke.
    pub fn end(&self, operation: &'static str) {
        self.always.lock().unwrap().remove(operation);
    }

    /// Forgets what was to break.
    pub fn calm(&self) {
        self.next.lock().unwrap().clear();
        self.always.lock().unwrap().clear();
    }

    /// How many calls there were, broken or not.
    pub fn calls(&self, operation: &'static str) -> usize {
        self.calls.lock().unwrap().get(operation).copied().unwrap_or_default()
    }
}

impl FaultInjector for Faults {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        let next = self.next.lock().unwrap().get_mut(operation).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| self.always.lock().unwrap().get(operation).copied())
    }
}
