//! Keeps workers running.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use shotengai_kernel::Random;
use shotengai_messaging::{Backoff, Worker};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::metrics::WORKER_RESTARTS;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// One that ran so long before it fell starts anew with the shortest wait.
const STEADY: Duration = Duration::from_secs(60);

/// All workers of the process, each kept running by a task of its own.
pub(super) struct WorkerSet {
    first: Watch,
    /// Those that others hand their work to: they are told to end once the others have.
    last: Watch,
}

#[derive(Default)]
struct Watch {
    token: CancellationToken,
    tasks: Vec<(String, JoinHandle<()>)>,
}

impl WorkerSet {
    pub(super) fn start(workers: Vec<Worker>, random: &Arc<dyn Random>) -> Self {
        let (mut first, mut last) = (Watch::default(), Watch::default());
        for worker in workers {
            let watch = if worker.ends_last() { &mut last } else { &mut first };
            let name = worker.name().to_owned();
            let keep = keep(worker, watch.token.clone(), Arc::clone(random));
            watch.tasks.push((name, tokio::spawn(keep)));
        }
        Self { first, last }
    }

    /// Tells all to end and waits until `deadline`; who is not done by then is cut off. What a worker holds is never
    /// acknowledged before it is done, so this costs time, not events.
    pub(super) async fn finish(mut self, requests: impl Future<Output = ()>, deadline: Instant) {
        tokio::join!(requests, self.first.finish(deadline));
        self.last.finish(deadline).await;
    }
}

impl Watch {
    async fn finish(&mut self, deadline: Instant) {
        self.token.cancel();
        for (name, task) in &mut self.tasks {
            if tokio::time::timeout_at(deadline, &mut *task).await.is_err() {
                tracing::warn!(worker = *name, "a worker did not finish in time and is cut off");
                task.abort();
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Whoever drops the supervisor half-way leaves no worker behind.
        for (_, task) in &self.tasks {
            task.abort();
        }
    }
}

async fn keep(worker: Worker, token: CancellationToken, random: Arc<dyn Random>) {
    let backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    let name = worker.name();
    let mut failures = 0_u32;
    while !token.is_cancelled() {
        let started = Instant::now();
        // A worker starts from nothing each time; what a panic left half-changed is behind it.
        let ended = AssertUnwindSafe(worker.run(token.clone())).catch_unwind().await;
        let panicked = ended.is_err();
        if token.is_cancelled() {
            if panicked {
                tracing::error!(worker = name, "a worker panicked while it finished");
            }
            return;
        }
        failures = if started.elapsed() >= STEADY { 1 } else { failures.saturating_add(1) };
        let wait = backoff.delay(failures, random.as_ref()).max(FIRST_WAIT);
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::error!(worker = name, panicked, wait_ms, "a worker ended before its time and is started again");
        WORKER_RESTARTS.add(1, [name.to_owned().into()]);
        tokio::select! {
            biased;
            () = token.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}
