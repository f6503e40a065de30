//! The record of what happened, and the digest by which two runs are compared.

use std::fmt::Write as _;

use super::{World, lock};

#[derive(Default)]
pub(super) struct History {
    violations: Vec<String>,
    record: Option<String>,
    digest: u64,
    calls: u64,
}

impl History {
    pub(super) fn new(recording: bool) -> Self {
        Self { record: recording.then(String::new), ..Self::default() }
    }
}

impl World {
    /// Something that must never be.
    pub fn violation(&self, what: String) {
        self.note("world", || format!("VIOLATION {what}"));
        lock(&self.history).violations.push(what);
    }

    /// Everything that must never be, and was.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        lock(&self.history).violations.clone()
    }

    /// Adds a line to the history, if one is kept.
    pub fn note(&self, who: &str, what: impl FnOnce() -> String) {
        let at = self.elapsed();
        let mut state = lock(&self.history);
        if let Some(record) = &mut state.record {
            // Writing to a string does not fail.
            let _ = writeln!(record, "{:>10.3} {who:<16} {}", at.as_secs_f64(), what());
        }
    }

    /// Takes a call into the digest by which two runs of one seed are compared.
    pub fn digest(&self, operation: &str, resource: &str, life: u64, fate: u64) {
        let at = u64::try_from(self.elapsed().as_micros()).unwrap_or(0);
        let mut state = lock(&self.history);
        state.calls += 1;
        let mut hash = state.digest;
        for byte in operation.bytes().chain(resource.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        for word in [at, life, fate] {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        }
        state.digest = hash;
    }

    /// The digest of all calls so far, and how many there were.
    #[must_use]
    pub fn fingerprint(&self) -> (u64, u64) {
        let state = lock(&self.history);
        (state.digest, state.calls)
    }

    /// The history so far; empty when none is kept.
    #[must_use]
    pub fn history(&self) -> String {
        lock(&self.history).record.clone().unwrap_or_default()
    }
}
