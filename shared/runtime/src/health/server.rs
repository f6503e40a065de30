//! `/livez`, `/readyz`, `/metrics`, on a port of their own that no ingress shows.

use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context as _;

use super::Health;
use crate::http::HttpListener;
use crate::telemetry;

/// The health server, ready to run.
pub struct HealthServing {
    /// Runs it when awaited.
    pub server: Server,
    /// Stops it.
    pub handle: ServerHandle,
}

impl HealthServing {
    /// Tells about `health`.
    ///
    /// # Errors
    /// When the listener can't be used.
    pub fn new(listener: HttpListener, health: Arc<Health>) -> anyhow::Result<Self> {
        let health = web::Data::from(health);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(health.clone())
                .route("/livez", web::get().to(livez))
                .route("/readyz", web::get().to(readyz))
                .route("/metrics", web::get().to(metrics))
        })
        .workers(1)
        .worker_max_blocking_threads(1)
        .disable_signals()
        .listen(listener.into_inner())
        .context("the health listener can't be used")?
        .run();
        let handle = server.handle();
        Ok(Self { server, handle })
    }
}

fn status(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn livez(health: web::Data<Health>) -> HttpResponse {
    let alive = health.is_alive();
    HttpResponse::build(status(alive)).body(if alive { "alive\n" } else { "stands still\n" })
}

async fn readyz(health: web::Data<Health>) -> HttpResponse {
    let readiness = health.readiness();
    HttpResponse::build(status(readiness.ready)).json(readiness)
}

async fn metrics() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(telemetry::metrics_text())
}
