//! Workers at work, and waiting for what they do. All of it under `tokio`'s paused time.

use std::future::Future;
use std::time::Duration;

use shotengai_messaging::Worker;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Of paused time.
const AN_HOUR: Duration = Duration::from_secs(3600);
/// How long a worker may take to end.
const TO_END: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A worker at work.
pub struct Running {
    /// Tells it to end.
    pub token: CancellationToken,
    /// Its task.
    pub task: JoinHandle<()>,
}

impl Running {
    /// Starts it.
    #[must_use]
    pub fn start(worker: Worker) -> Self {
        let token = CancellationToken::new();
        let of_worker = token.clone();
        Self { token, task: tokio::spawn(async move { worker.run(of_worker).await }) }
    }

    /// Tells it to end and waits until it has.
    ///
    /// # Panics
    /// When it panicked, or has not ended after a minute.
    pub async fn stop(self) {
        self.token.cancel();
        tokio::time::timeout(TO_END, self.task).await.unwrap().unwrap();
    }
}

/// Waits until it is so, for at most an hour of paused time.
///
/// # Panics
/// When it is not so then.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let so = || std::future::ready(so());
    until_found(what, so).await;
}

/// The same for what has to be asked for.
///
/// # Panics
/// When it is not so after an hour.
pub async fn until_found<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let deadline = Instant::now() + AN_HOUR;
    while !so().await {
        assert!(Instant::now() < deadline, "not so after an hour: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
