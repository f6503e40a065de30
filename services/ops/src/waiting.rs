//! Dead letters that wait, as a figure: for alerts on what nobody has looked after. SQS and SNS set messages aside by
//! themselves, too, which no process of the installation counts.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::Installation;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::{Fault, Infrastructure, Worker};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::metrics;

/// Each queue is looked at so often. One after the other, so that an installation at rest has no bursts.
const ROUND: Duration = Duration::from_secs(60);

/// Looks at the dead-letter queues of an installation, one after the other.
pub struct Waiting {
    infra: Arc<dyn Infrastructure>,
    queues: Vec<String>,
}

impl Waiting {
    /// All of this installation.
    #[must_use]
    pub fn new(infra: Arc<dyn Infrastructure>, installation: &Installation) -> Self {
        Self { infra, queues: installation.queues().map(|queue| queue.dead_letters()).collect() }
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
        for queue in self.queues.iter().cycle() {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                _ = turns.tick() => {}
            }
            let letters = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                letters = self.letters(queue) => letters,
            };
            match letters {
                Ok(letters) => metrics::LETTERS.record(letters, [queue.clone().into()]),
                // What was seen last stays: an alert ends when somebody has seen the queue empty.
                Err(fault) => count_fault(&fault),
            }
        }
        // Of an installation without queues.
        shutdown.cancelled().await;
    }

    /// How many messages a dead-letter queue holds, in flight and delayed ones too.
    ///
    /// # Errors
    /// A [`Fault`] of the queue.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 letters")]
    pub async fn letters(&self, queue: &str) -> Result<f64, Fault> {
        Ok(self.infra.queue(queue).depth().await?.total() as f64)
    }
}
