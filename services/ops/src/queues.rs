//! Queues, and how many dead letters each has.

use serde::Serialize;
use shotengai_contracts::topology::{Installation, queues};
use shotengai_messaging::{Fault, Infrastructure};

/// One queue and its dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueState {
    /// Its name, without the installation's prefix.
    pub queue: &'static str,
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages in a consumer's hands.
    pub in_flight: u64,
    /// Messages that are hidden until later.
    pub delayed: u64,
    /// Messages in its dead-letter queue.
    pub dead_letters: u64,
    /// Notes for an operator about these numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// Dead letters that were in no queue before: records of a stream that its reader set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordLetters {
    /// The service that reads it.
    pub service: &'static str,
    /// How many.
    pub dead_letters: u64,
}

/// All queues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// Of messages.
    pub queues: Vec<QueueState>,
    /// Of records.
    pub records: Vec<RecordLetters>,
}

impl Queues {
    /// Dead letters of all of them.
    #[must_use]
    pub fn dead_letters(&self) -> u64 {
        let queues = self.queues.iter().map(|queue| queue.dead_letters);
        queues.chain(self.records.iter().map(|records| records.dead_letters)).sum()
    }
}

/// The queues of the installation and their dead letters.
///
/// # Errors
/// A [`Fault`] of a queue.
pub async fn queues(infra: &dyn Infrastructure, installation: &Installation) -> Result<Queues, Fault> {
    let mut found = Queues::default();
    for queue in installation.queues() {
        let dead_letters = infra.queue(&queue.dead_letters()).depth().await?.total();
        if !queue.is_consumed() {
            found.records.push(RecordLetters { service: queue.service.as_str(), dead_letters });
            continue;
        }
        let depth = infra.queue(queue.name).depth().await?;
        let is_normal = queue.name == queues::ORDER_DEADLINE.name && depth.delayed > 0;
        found.queues.push(QueueState {
            queue: queue.name,
            waiting: depth.visible,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            dead_letters,
            note: is_normal.then_some("delayed messages are reminders of orders' deadlines: normal, no backlog"),
        });
    }
    Ok(found)
}
