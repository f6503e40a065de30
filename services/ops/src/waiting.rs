//! Dead letters that wait, as a figure: for alerts on what nobody has looked after. SQS and SNS set messages aside by
//! themselves, too, which no process of the installation counts.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::Installation;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::{Infrastructure, Queue, QueueDepth, Worker};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::metrics;

/// Each queue is looked at so often. One after the other, so that an installation at rest has no bursts; at the start all at once, so
/// that there are figures, and their addresses are known.
const ROUND: Duration = Duration::from_secs(60);

/// Looks at the dead-letter queues of an installation, one after the other.
pub struct Waiting {
    /// Each with its name; kept, since finding one costs a request.
    queues: Vec<(String, Arc<dyn Queue>)>,
}

impl Waiting {
    /// All of this installation.
    #[must_use]
    pub fn new(infra: &dyn Infrastructure, installation: &Installation) -> Self {
        let names = installation.queues().map(|queue| queue.dead_letters());
        Self { queues: names.map(|name| (name.clone(), infra.queue(&name))).collect() }
    }

    /// The worker that shows them.
    #[must_use]
    pub fn worker(self) -> Worker {
        let waiting = Arc::new(self);
        Worker::new("ops/dead-letters", move |shutdown| {
            let waiting = Arc::clone(&waiting);
            async move { waiting.run(shutdown).await }
        })
    }

    async fn run(&self, shutdown: CancellationToken) {
        let many = u32::try_from(self.queues.len()).unwrap_or(u32::MAX).max(1);
        let mut turns = interval(ROUND / many);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let first = self.queues.len();
        for (turn, (name, queue)) in self.queues.iter().cycle().enumerate() {
            if turn >= first {
                tokio::select! {
                    biased;
                    () = shutdown.cancelled() => return,
                    _ = turns.tick() => {}
                }
            }
            let depth = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                depth = queue.depth() => depth,
            };
            match depth {
                Ok(depth) => metrics::LETTERS.record(number(depth), [name.clone().into()]),
                // What was seen last stays, until this process ends: an alert ends when the queue was seen empty.
                Err(fault) => count_fault(&fault),
            }
        }
        // Of an installation without queues.
        shutdown.cancelled().await;
    }
}

/// All messages of a queue, in flight and delayed ones too: who reads letters hides them meanwhile.
fn number(depth: QueueDepth) -> f64 {
    u32::try_from(depth.total()).unwrap_or(u32::MAX).into()
}
