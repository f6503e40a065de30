//! Which dead-letter queues there are, and where each one's letters belong.

use std::fmt;

use serde::Serialize;
use shotengai_contracts::topology::{Installation, QueueSpec, Source};

/// Where letters belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A consumer's queue.
    Queue(String),
    /// The stream.
    Stream,
    /// The price stream.
    PriceStream,
}

impl Target {
    /// Whether letters become records again.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        matches!(self, Self::Stream | Self::PriceStream)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(name) => f.write_str(name),
            Self::Stream => f.write_str("the stream"),
            Self::PriceStream => f.write_str("the price stream"),
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
    fn of_queue(queue: &QueueSpec) -> Self {
        let target = match queue.source {
            Source::Topic(_) | Source::Own | Source::Bucket => Target::Queue(queue.name.to_owned()),
            Source::Stream => Target::Stream,
            Source::PriceStream => Target::PriceStream,
        };
        Self { dead_letters: queue.dead_letters(), target }
    }
}

/// A name that is no dead-letter queue's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dead-letter queue {name:?}, only {}", known.join(", "))]
pub struct UnknownQueue {
    /// The name.
    pub name: String,
    /// Those that there are.
    pub known: Vec<String>,
}

/// All of an installation's.
#[must_use]
pub fn routes(installation: &Installation) -> Vec<Route> {
    installation.queues().map(Route::of_queue).collect()
}

/// The route of this dead-letter queue.
///
/// # Errors
/// [`UnknownQueue`], which names those that there are.
pub fn route(installation: &Installation, name: &str) -> Result<Route, UnknownQueue> {
    let routes = routes(installation);
    match routes.iter().find(|route| route.dead_letters == name) {
        Some(route) => Ok(route.clone()),
        None => Err(UnknownQueue {
            name: name.to_owned(),
            known: routes.into_iter().map(|route| route.dead_letters).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::topology::{Service, Topology};

    use super::*;

    #[test]
    fn letters_go_back_to_the_queue_they_came_from() {
        let installation = Installation::default();
        let target = |name| route(&installation, name).unwrap().target.to_string();
        assert_eq!(target("order-dlq"), "order-queue");
        assert_eq!(target("order-deadline-dlq"), "order-deadline-queue");
        assert_eq!(route(&installation, "bridge-dlq").unwrap().target, Target::Stream);
        assert_eq!(route(&installation, "prices-dlq").unwrap().target, Target::PriceStream);
        assert_eq!(routes(&installation).len(), installation.queues().count());
    }

    #[test]
    fn the_dead_letters_of_a_role_that_an_application_adds_have_a_route() {
        const LOYALTY: Service = Service::new("loyalty");
        const QUEUE: QueueSpec = QueueSpec { name: "loyalty-queue", service: LOYALTY, source: Source::Own };
        let added = Topology { services: &[LOYALTY], queues: &[&QUEUE], ..Topology::EMPTY };
        let installation = Installation::with(&[added]).unwrap();
        assert_eq!(route(&installation, "loyalty-dlq").unwrap().target, Target::Queue("loyalty-queue".to_owned()));
        assert!(route(&Installation::default(), "loyalty-dlq").is_err());
    }

    #[test]
    fn an_unknown_queue_is_answered_with_the_known_ones() {
        let said = route(&Installation::default(), "order-queue").unwrap_err().to_string();
        assert!(said.contains("\"order-queue\"") && said.contains("bridge-dlq") && !said.contains('\n'), "{said}");
    }
}
