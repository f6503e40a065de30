//! Capacities: what stream, topic and tables take a second. What comes above is throttled, as long as it comes; so whoever
//! asks again at once is the load that keeps everybody waiting.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::process::PROCESSES;

/// Calls of which nothing was taken for each of which something was: one of each process, where one of them is heard. More
/// than callers make who wait longer each time.
const AMPLIFICATION: u64 = PROCESSES.len() as u64;
/// Calls refused beside those: each process's first ones, before it waits at all.
const FIRST: u64 = 60;

/// What a seed's stream, topic and tables take a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records, of the stream.
    pub stream: u64,
    /// Calls, of the topic.
    pub topic: u64,
    /// Writing calls, of each table and event store.
    pub table: u64,
}

/// What was taken, and what was not.
#[derive(Debug, Default)]
pub struct Capacity(Mutex<BTreeMap<String, Use>>);

#[derive(Debug, Default)]
struct Use {
    /// The second that is counted.
    second: u64,
    /// What was taken in it.
    taken: u64,
    /// Calls of which something was taken. A large batch takes many, each refused in part.
    needed: u64,
    /// Calls of which nothing was.
    refused: u64,
}

impl Capacity {
    /// How many of these a resource takes, of so many a second.
    pub fn take(&self, now: Duration, resource: &str, limit: u64, wanted: u64) -> u64 {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = uses.entry(resource.to_owned()).or_default();
        if of.second != now.as_secs() {
            (of.second, of.taken) = (now.as_secs(), 0);
        }
        let takes = wanted.min(limit.saturating_sub(of.taken));
        of.taken += takes;
        if wanted > 0 {
            *(if takes > 0 { &mut of.needed } else { &mut of.refused }) += 1;
        }
        takes
    }

    /// Resources of which far more was asked than they were needed for, in words.
    #[must_use]
    pub fn amplified(&self) -> Vec<String> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_amplified = |of: &Use| of.refused > of.needed * AMPLIFICATION + FIRST;
        let amplified = uses.iter().filter(|(_, of)| is_amplified(of));
        amplified
            .map(|(resource, of)| format!("{resource} was asked {} times too soon for {} calls", of.refused, of.needed))
            .collect()
    }
}

impl Limits {
    /// What a call counts against, if it is limited: a name, and how much of it there is a second.
    #[must_use]
    pub fn of(self, operation: &str, resource: &str) -> Option<(String, u64)> {
        match operation {
            "topic.publish" => Some((resource.to_owned(), self.topic)),
            "store.append" | "store.clear_pending" => Some((format!("events of {resource}"), self.table)),
            "table.put" | "table.transact" | "table.delete" => {
                // Claims of mails are called by their rows.
                let table = resource.split('/').next().unwrap_or(resource);
                Some((table.to_owned(), self.table))
            }
            _ => None,
        }
    }
}
