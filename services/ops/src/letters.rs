//! Dead letters of several queues at a glance, by cause.

use std::cmp::Reverse;
use std::time::Duration;

use futures::future::join_all;
use serde::Serialize;
use shotengai_dead_letters::{Bounds, DeadLetters, Group, Route, Sample};
use shotengai_kernel::Ports;
use shotengai_messaging::Infrastructure;

/// Dead letters of several queues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Look {
    /// The queues that could be read.
    pub queues: Vec<QueueLook>,
    /// Causes seen in them, the largest first.
    pub groups: Vec<Group>,
    /// The queues that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

/// How much of a queue was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueLook {
    /// The dead-letter queue.
    pub queue: String,
    /// About how many letters it holds.
    pub depth: u64,
    /// How many were seen.
    pub seen: usize,
    /// Whether that is all.
    pub complete: bool,
    /// Letters that could not be made visible at once; they come by themselves within a minute.
    pub hidden: usize,
}

/// A queue that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The dead-letter queue.
    pub queue: String,
    /// Why.
    pub fault: String,
}

impl From<&Sample> for QueueLook {
    fn from(sample: &Sample) -> Self {
        let Sample { queue, depth, letters, complete, hidden } = sample;
        Self { queue: queue.clone(), depth: *depth, seen: letters.len(), complete: *complete, hidden: *hidden }
    }
}

/// How long that may take: less than a door waits for an answer to begin.
const WITHIN: Duration = Duration::from_secs(10);

/// Looks at up to `most` letters of each queue, all queues at the same time. Changes nothing.
///
/// **Don't drop it**: what it holds would stay hidden for a minute.
pub async fn look(infra: &dyn Infrastructure, routes: &[Route], most: usize, ports: &Ports) -> Look {
    let bounds = Bounds { sample_within: WITHIN, ..Bounds::default() };
    let open = |route| DeadLetters::open(infra, route, ports.clone()).with_bounds(bounds);
    let opened: Vec<_> = routes.iter().map(open).collect();
    let answers = join_all(opened.iter().map(|letters| letters.sample(most))).await;
    let mut look = Look::default();
    for (route, answer) in routes.iter().zip(answers) {
        match answer {
            Ok(sample) => {
                look.queues.push(QueueLook::from(&sample));
                look.groups.extend(sample.groups());
            }
            Err(fault) => {
                look.unreadable.push(Unreadable { queue: route.dead_letters.clone(), fault: fault.to_string() });
            }
        }
    }
    look.groups.sort_by_key(|group| Reverse(group.count));
    look
}
