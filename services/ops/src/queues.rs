//! Queues, and how many dead letters each has.

use futures::future::{try_join, try_join_all};
use serde::Serialize;
use shotengai_contracts::topology::{Installation, queues};
use shotengai_messaging::{Fault, Infrastructure};

/// One queue and its dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueState {
    /// Its name, without the installation's prefix.
    pub queue: &'static str,
    /// Service that empties it.
    pub service: &'static str,
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages in a consumer's hands.
    pub in_flight: u64,
    /// Messages that are hidden until later.
    pub delayed: u64,
    /// Dead-letter queue: where what can't be handled goes.
    pub dead_letter_queue: String,
    /// Messages in that.
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
    /// Where they are.
    pub dead_letter_queue: String,
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
    let depths = installation.queues().map(|queue| async move {
        let (own, letters) = (infra.queue(queue.name), infra.queue(&queue.dead_letters()));
        // Of what is its own dead letters there is one queue.
        let depth = async { if queue.is_consumed() { own.depth().await.map(Some) } else { Ok(None) } };
        let (depth, letters) = try_join(depth, letters.depth()).await?;
        Ok::<_, Fault>((queue, depth, letters.total()))
    });
    for (queue, depth, dead_letters) in try_join_all(depths).await? {
        let (service, dead_letter_queue) = (queue.service.as_str(), queue.dead_letters());
        let Some(depth) = depth else {
            found.records.push(RecordLetters { service, dead_letter_queue, dead_letters });
            continue;
        };
        let is_normal = queue.name == queues::ORDER_DEADLINE.name && depth.delayed > 0;
        found.queues.push(QueueState {
            queue: queue.name,
            service,
            waiting: depth.visible,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            dead_letter_queue,
            dead_letters,
            note: is_normal.then_some("delayed messages are reminders of orders' deadlines: normal, no backlog"),
        });
    }
    Ok(found)
}
