//! The receive loop of a consumer: permits before messages, a pause after a fault, an end that finishes what is held.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Consumer;
use crate::backoff::Backoff;
use crate::metrics;

impl Consumer {
    pub(super) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.config.concurrency));
        let mut running = JoinSet::new();
        let receive_backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let mut failures = 0;
        // Processes that are restarted again and again into an outage would cost each message an attempt a start.
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            _away = self.breaker.suspect(Instant::now()) => {}
        }
        while !shutdown.is_cancelled() {
            // A permit first: what can't be worked on is better left in the queue for another pod.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
            self.breaker.closed(&shutdown).await;
            let received = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                received = self.queue.receive(self.config.batch, self.config.wait, self.config.visibility) => received,
            };
            while let Some(ended) = running.try_join_next() {
                report(self.config.name, ended);
            }
            match received {
                Ok(batch) => {
                    failures = 0;
                    if batch.is_empty() {
                        continue;
                    }
                    let (consumer, shutdown) = (Arc::clone(&self), shutdown.clone());
                    running.spawn(async move {
                        consumer.handle(batch, &shutdown).await;
                        drop(permit);
                    });
                }
                Err(fault) => {
                    failures += 1;
                    metrics::count_fault(&fault);
                    tracing::warn!(consumer = self.config.name, %fault, failures, "nothing received");
                    let pause =
                        receive_backoff.delay(failures, self.ports.random.as_ref()).max(Duration::from_millis(50));
                    tokio::select! {
                        biased;
                        () = shutdown.cancelled() => break,
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            }
        }
        while let Some(ended) = running.join_next().await {
            report(self.config.name, ended);
        }
    }
}

fn report(consumer: &str, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(consumer, %error, "a batch was not settled; its messages come again after their visibility");
    }
}
