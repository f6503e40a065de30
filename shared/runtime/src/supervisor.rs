//! Runs roles as a process, and ends them in the right order.
//!
//! On the signal: unready at once; requests are still accepted for `PRE_STOP_SECONDS`, while the endpoint is being
//! withdrawn; then requests in hand finish, consumers finish what they hold, publishers publish what those committed,
//! and what is not done within `DRAIN_SECONDS` is cut off: it was never acknowledged, so it comes again.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use opentelemetry::KeyValue;
use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Worker};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::health::Health;
use crate::http::{HttpListener, HttpServing, HttpState};
use crate::role::Role;

const HTTP_THREADS: usize = 2;
/// A worker that ran this long before it fell starts its backoff anew.
const STEADY: Duration = Duration::from_secs(60);

/// A process's roles, bound to their addresses.
pub struct App {
    context: Context,
    roles: Vec<Role>,
    http: HttpListener,
    health: HttpListener,
}

impl App {
    /// Takes the addresses of the settings.
    ///
    /// # Errors
    /// When one is in use; the message names it and the setting that changes it.
    #[expect(clippy::unused_async, reason = "binding may come to need a look-up")]
    pub async fn bind(context: Context, roles: Vec<Role>) -> anyhow::Result<Self> {
        let http = HttpListener::bind(context.settings.http_addr, "HTTP_ADDR (--http-addr)")?;
        let health = HttpListener::bind(context.settings.health_addr, "HEALTH_ADDR (--health-addr)")?;
        Ok(Self { context, roles, http, health })
    }

    /// Where HTTP is served.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http.address()
    }

    /// Where health and metrics are served.
    #[must_use]
    pub fn health_addr(&self) -> SocketAddr {
        self.health.address()
    }

    /// Runs until told to stop and drained.
    ///
    /// # Errors
    /// When a server can't run.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Context { settings, ports, tokens, .. } = self.context;
        let drain = Duration::from_secs(settings.drain_seconds);
        let state = Arc::new(HttpState::new(ports.clone(), tokens, &settings.internal_token));
        let routes = self.roles.iter().map(|role| Arc::clone(&role.routes)).collect();
        let HttpServing { server, handle } = HttpServing::new(self.http, Arc::clone(&state), routes, HTTP_THREADS, drain)?;
        let health = Health::new(self.roles.iter().flat_map(|role| role.checks.clone()));
        let health_server = health.serve(self.health)?;
        let health_handle = health_server.handle();

        let end_first = CancellationToken::new();
        let end_last = CancellationToken::new();
        let mut first = JoinSet::new();
        let mut last = JoinSet::new();
        for worker in self.roles.into_iter().flat_map(|role| role.workers) {
            if worker.ends_last() {
                last.spawn(supervise(worker, end_last.clone(), ports.clone()));
            } else {
                first.spawn(supervise(worker, end_first.clone(), ports.clone()));
            }
        }
        last.spawn(Arc::clone(&health).watch(end_last.clone()));
        let mut http = tokio::spawn(server);
        let mut health_task = tokio::spawn(health_server);

        let outcome = tokio::select! {
            biased;
            () = shutdown.cancelled() => Ok(()),
            ended = &mut http => Err(anyhow::anyhow!("the HTTP server ended by itself: {ended:?}")),
            ended = &mut health_task => Err(anyhow::anyhow!("the health server ended by itself: {ended:?}")),
        };
        tracing::info!("draining");
        health.drain();
        if outcome.is_ok() {
            tokio::time::sleep(Duration::from_secs(settings.pre_stop_seconds)).await;
        }
        state.close_connections();
        let drained = tokio::time::timeout(drain, async {
            // Requests and consumers end side by side; what they commit is still published.
            end_first.cancel();
            tokio::join!(handle.stop(true), all(&mut first));
            end_last.cancel();
            all(&mut last).await;
        })
        .await;
        if drained.is_err() {
            tracing::warn!(seconds = settings.drain_seconds, "not everything ended in time and is cut off");
            first.shutdown().await;
            last.shutdown().await;
            handle.stop(false).await;
        }
        health_handle.stop(false).await;
        tracing::info!("ended");
        outcome
    }
}

async fn all(workers: &mut JoinSet<()>) {
    while workers.join_next().await.is_some() {}
}

/// Keeps a worker running until cancelled: one that returns or panics before is started again.
async fn supervise(worker: Worker, shutdown: CancellationToken, ports: Ports) {
    let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    let restarts = opentelemetry::global::meter("shotengai")
        .u64_counter("worker_restarts")
        .with_description("Workers that fell and were started again")
        .build();
    let mut falls = 0;
    loop {
        let started = tokio::time::Instant::now();
        let ended = AssertUnwindSafe(worker.run(shutdown.clone())).catch_unwind().await;
        if shutdown.is_cancelled() {
            return;
        }
        falls = if started.elapsed() > STEADY { 1 } else { falls + 1 };
        tracing::error!(worker = worker.name(), panicked = ended.is_err(), falls, "a worker ended by itself; starting it again");
        restarts.add(1, &[KeyValue::new("worker", worker.name().to_owned())]);
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(backoff.delay(falls, ports.random.as_ref())) => {}
        }
    }
}

/// Cancels `token` at SIGINT or SIGTERM; at a second one the process ends at once.
pub fn shutdown_on_signals(token: CancellationToken) {
    tokio::spawn(async move {
        if let Err(error) = first_signal().await {
            tracing::error!(%error, "signals can't be heard; only SIGKILL will end this process");
            return;
        }
        token.cancel();
        if first_signal().await.is_ok() {
            std::process::exit(130);
        }
    });
}

async fn first_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_panics_is_started_again_and_ends_when_told() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let shutdown = CancellationToken::new();
        let worker = Worker::new("test", move |token| {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(run >= 2, "falls twice");
                token.cancelled().await;
            }
        });
        let supervised = tokio::spawn(supervise(worker, shutdown.clone(), Ports::system()));
        while runs.load(Ordering::Relaxed) < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        shutdown.cancel();
        supervised.await.unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
