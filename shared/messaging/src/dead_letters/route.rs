//! Which dead-letter queues there are, and where each one's letters belong.

use std::fmt;

use serde::Serialize;
use shotengai_contracts::routing::{consumed_queues, dead_letters_of};

/// The bridge's dead letters: records of the stream.
const BRIDGE_DEAD_LETTERS: &str = "bridge-dlq";

/// Where letters belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A consumer's queue.
    Queue(String),
    /// The stream.
    Stream,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(name) => f.write_str(name),
            Self::Stream => f.write_str("the stream"),
        }
    }
}

/// A dead-letter queue and where its letters belong; names without an installation's prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The dead-letter queue.
    pub dead_letters: String,
    /// Where a redrive puts its letters.
    pub target: Target,
}

impl Route {
    fn of_queue(queue: &str) -> Self {
        Self { dead_letters: dead_letters_of(queue), target: Target::Queue(queue.to_owned()) }
    }
}

/// A name that is no dead-letter queue's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dead-letter queue {name:?}, only {}", known())]
pub struct UnknownQueue {
    /// The name.
    pub name: String,
}

fn known() -> String {
    let names: Vec<_> = routes().into_iter().map(|route| route.dead_letters).collect();
    names.join(", ")
}

/// All of them.
#[must_use]
pub fn routes() -> Vec<Route> {
    let consumers = consumed_queues().map(Route::of_queue);
    let bridge = Route { dead_letters: BRIDGE_DEAD_LETTERS.to_owned(), target: Target::Stream };
    consumers.chain([bridge]).collect()
}

/// The route of this dead-letter queue.
///
/// # Errors
/// [`UnknownQueue`], which names those that there are.
pub fn route(name: &str) -> Result<Route, UnknownQueue> {
    let found = routes().into_iter().find(|route| route.dead_letters == name);
    found.ok_or_else(|| UnknownQueue { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::QUEUES;

    use super::*;

    #[test]
    fn letters_go_back_to_the_queue_they_came_from() {
        let target = |name| route(name).unwrap().target.to_string();
        assert_eq!(target("order-dlq"), "order-queue");
        assert_eq!(target("order-deadline-dlq"), "order-deadline-queue");
        assert_eq!(route("bridge-dlq").unwrap().target, Target::Stream);
        assert_eq!(routes().len(), QUEUES.len() + 2);
    }

    #[test]
    fn an_unknown_queue_is_answered_with_the_known_ones() {
        let said = route("order-queue").unwrap_err().to_string();
        assert!(said.contains("\"order-queue\"") && said.contains("bridge-dlq") && !said.contains('\n'), "{said}");
    }
}
