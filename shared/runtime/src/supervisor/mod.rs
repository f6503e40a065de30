//! Turns roles into a process, and ends it in the right order.

mod signals;
#[cfg(test)]
mod tests;
mod worker_set;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::health::{Health, HealthServing};
use crate::http::{HttpListener, HttpServing, HttpState, Routes};
use crate::role::Role;
use crate::telemetry::Telemetry;
pub use signals::shutdown_on_signals;
use worker_set::WorkerSet;

/// More threads than two are idle memory: handlers wait, they don't compute.
const MAX_THREADS: usize = 2;

/// Roles on bound addresses, not yet running.
pub struct App {
    context: Context,
    roles: Vec<Role>,
    http: HttpListener,
    health: HttpListener,
    telemetry: Option<Telemetry>,
}

impl App {
    /// Takes the addresses. Nothing is served and no worker runs before [`App::run`].
    ///
    /// # Errors
    /// When an address can't be taken (named, with the setting that changes it), or two roles answer the same request.
    pub fn bind(context: Context, roles: Vec<Role>) -> anyhow::Result<Self> {
        let mut routes = Routes::default();
        for role in &roles {
            (role.routes)(&mut routes);
        }
        let conflicts = routes.conflicts();
        anyhow::ensure!(conflicts.is_empty(), "answered by more than one role: {}", conflicts.join(", "));
        let http = HttpListener::bind(context.settings.http.addr, "HTTP_ADDR (--http-addr)")?;
        let health = HttpListener::bind(context.settings.http.health_addr, "HEALTH_ADDR (--health-addr)")?;
        Ok(Self { context, roles, http, health, telemetry: None })
    }

    /// Flushes this at the very end.
    #[must_use]
    pub fn with_telemetry(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = Some(telemetry);
        self
    }

    /// Where HTTP will be served.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http.address()
    }

    /// Where health will be served.
    #[must_use]
    pub fn health_addr(&self) -> SocketAddr {
        self.health.address()
    }

    /// Runs until `shutdown`, then: unready → accept for `pre_stop_seconds` more → finish requests and workers → finish
    /// those that end last (what the others committed is still published) → flush telemetry. Ends `drain_seconds` after it stopped accepting, at the latest (and 5 s for telemetry).
    ///
    /// # Errors
    /// When a server ends by itself; everything else has been ended in order then, too.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Self { context, mut roles, http, health: health_listener, telemetry } = self;
        let settings = Arc::clone(&context.settings);
        let (http_addr, health_addr) = (http.address(), health_listener.address());
        let workers = roles.iter_mut().flat_map(|role| std::mem::take(&mut role.workers)).collect();
        let checks = roles.iter_mut().flat_map(|role| {
            let name = role.name;
            std::mem::take(&mut role.checks).into_iter().map(move |check| check.of_role(name))
        });
        let checks = checks.collect();
        let health = Health::new(checks).of_roles(roles.iter().map(|role| role.name));
        let health = Arc::new(health);
        // A context is one process's: nobody has set it before.
        let _ = context.own_health.set(Arc::clone(&health));
        let state = HttpState::new(context.ports.clone(), Arc::clone(&context.tokens), &settings.auth.internal_token);
        let gates = roles.iter().filter_map(|role| role.gate.clone()).collect();
        let state = state.with_read_timeout(Duration::from_secs(settings.http.request_read_seconds)).with_gates(gates);
        let state = Arc::new(state.with_interface(context.interface.clone()));
        let drain = Duration::from_secs(settings.http.drain_seconds);
        // Requests get half of the time, so that one slow client takes nothing from the workers.
        let http_drain = Duration::from_secs(settings.http.drain_seconds.div_ceil(2));

        let routes = roles.iter().map(|role| Arc::clone(&role.routes)).collect();
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS));
        let http = HttpServing::new(http, Arc::clone(&state), routes, threads, http_drain)?;
        let health_server = HealthServing::new(health_listener, Arc::clone(&health))?;
        let stop_watching = CancellationToken::new();
        let _stop_when_dropped = stop_watching.clone().drop_guard();
        tokio::spawn(Arc::clone(&health).watch(stop_watching));
        let mut serving = tokio::spawn(http.server);
        let mut telling = tokio::spawn(health_server.server);
        let worker_set = WorkerSet::start(workers, &context.ports.random);
        let names: Vec<&str> = roles.iter().map(|role| role.name).collect();
        tracing::info!(roles = names.join(","), %http_addr, %health_addr, "running");

        let cause = tokio::select! {
            biased;
            () = shutdown.cancelled() => Ok(()),
            _ = &mut serving => Err(anyhow::anyhow!("the HTTP server ended by itself")),
            _ = &mut telling => Err(anyhow::anyhow!("the health server ended by itself")),
        };

        health.drain();
        state.close_connections();
        if cause.is_ok() && settings.http.pre_stop_seconds > 0 {
            tracing::info!(seconds = settings.http.pre_stop_seconds, "unready; accepting for a while");
            tokio::time::sleep(Duration::from_secs(settings.http.pre_stop_seconds)).await;
        }
        let deadline = Instant::now() + drain;
        // Side by side: connections that live on, such as web sockets, end with the worker that feeds them.
        worker_set.finish(stop(&http.handle, serving, Instant::now() + http_drain), deadline).await;
        health_server.handle.stop(false).await;
        tracing::info!("ended");
        if let Some(telemetry) = telemetry {
            telemetry.shutdown().await;
        }
        cause
    }
}

async fn stop(handle: &actix_web::dev::ServerHandle, mut serving: JoinHandle<std::io::Result<()>>, deadline: Instant) {
    if serving.is_finished() {
        return;
    }
    // Sent before the first poll; the server's own end is what is waited for.
    let stopping = handle.stop(true);
    if tokio::time::timeout_at(deadline, &mut serving).await.is_err() {
        tracing::warn!("requests were cut off");
        serving.abort();
    }
    drop(stopping);
}
