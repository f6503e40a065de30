//! `/livez`, `/readyz` and `/metrics`, on a port of their own.
//!
//! Ready means: every dependency has answered once, and the process is not draining. A dependency that goes away later
//! shows in the body and in the gauge `dependency_up` but doesn't flip readiness: a dependency that all pods share would
//! otherwise take every pod out at once, and a 503 with Retry-After beats no endpoint.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Gauge;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::http::HttpListener;
use crate::telemetry::metrics_text;

const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
const EAGER: Duration = Duration::from_millis(100);
const CALM: Duration = Duration::from_secs(5);

type Probe = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// A dependency and a cheap call that answers when it does.
#[derive(Clone)]
pub struct Check {
    name: Arc<str>,
    probe: Arc<Probe>,
}

impl Check {
    /// A check named after what it checks. The error text is shown to whoever can reach the health port.
    pub fn new<F, Fut>(name: impl Into<Arc<str>>, probe: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name: name.into(), probe: Arc::new(move || Box::pin(probe())) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    NotYet(String),
    Up,
    /// It was up once.
    Down(String),
}

struct Dependency {
    check: Check,
    seen: Mutex<Seen>,
}

/// What a process knows of its own health.
pub struct Health {
    dependencies: Vec<Dependency>,
    draining: AtomicBool,
    up: Gauge<u64>,
}

impl Health {
    /// The health of a process with these dependencies. Checks of one name are one dependency: the last one counts.
    #[must_use]
    pub fn new(checks: impl IntoIterator<Item = Check>) -> Arc<Self> {
        let mut dependencies: Vec<Dependency> = Vec::new();
        for check in checks {
            dependencies.retain(|known| known.check.name != check.name);
            dependencies.push(Dependency { check, seen: Mutex::new(Seen::NotYet("not asked yet".to_owned())) });
        }
        let up = opentelemetry::global::meter("shotengai")
            .u64_gauge("dependency_up")
            .with_description("1 while the dependency answers")
            .build();
        Arc::new(Self { dependencies, draining: AtomicBool::new(false), up })
    }

    /// From now on not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether traffic may come, and why (not).
    #[must_use]
    pub fn readiness(&self) -> (bool, Value) {
        let mut ready = !self.draining.load(Ordering::Relaxed);
        let mut shown = serde_json::Map::new();
        for dependency in &self.dependencies {
            let seen = dependency.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            ready &= !matches!(seen, Seen::NotYet(_));
            let text = match seen {
                Seen::NotYet(why) => format!("not yet: {why}"),
                Seen::Up => "up".to_owned(),
                Seen::Down(why) => format!("down: {why}"),
            };
            shown.insert(dependency.check.name.to_string(), Value::String(text));
        }
        let draining = self.draining.load(Ordering::Relaxed);
        (ready, json!({ "ready": ready, "draining": draining, "dependencies": shown }))
    }

    /// Asks every dependency, over and over, until cancelled.
    pub async fn watch(self: Arc<Self>, shutdown: CancellationToken) {
        let watching = (0..self.dependencies.len()).map(|index| self.watch_one(index));
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            _ = futures::future::join_all(watching) => {}
        }
    }

    async fn watch_one(&self, index: usize) {
        let Some(dependency) = self.dependencies.get(index) else { return };
        loop {
            let answer = tokio::time::timeout(CHECK_TIMEOUT, (dependency.check.probe)()).await;
            let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {CHECK_TIMEOUT:?}")));
            let name = KeyValue::new("dependency", dependency.check.name.to_string());
            self.up.record(u64::from(answer.is_ok()), &[name]);
            let calm = {
                let mut seen = dependency.seen.lock().unwrap_or_else(PoisonError::into_inner);
                let next = match (&*seen, answer) {
                    (_, Ok(())) => Seen::Up,
                    (Seen::NotYet(_), Err(why)) => Seen::NotYet(why),
                    (_, Err(why)) => Seen::Down(why),
                };
                if matches!(next, Seen::Down(_)) && *seen == Seen::Up {
                    tracing::warn!(dependency = %dependency.check.name, "a dependency went away");
                }
                *seen = next;
                !matches!(*seen, Seen::NotYet(_))
            };
            tokio::time::sleep(if calm { CALM } else { EAGER }).await;
        }
    }

    /// Serves health and metrics on this listener.
    ///
    /// # Errors
    /// When the listener can't be used.
    pub fn serve(self: &Arc<Self>, listener: HttpListener) -> anyhow::Result<Server> {
        let health = web::Data::from(Arc::clone(self));
        Ok(HttpServer::new(move || {
            App::new()
                .app_data(health.clone())
                .route("/livez", web::get().to(livez))
                .route("/readyz", web::get().to(readyz))
                .route("/metrics", web::get().to(metrics))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener.into_inner())
        .context("the health listener can't be used")?
        .run())
    }
}

/// That this answers at all is the sign of life: it runs on the process's own scheduler.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "alive": true }))
}

async fn readyz(health: web::Data<Health>) -> HttpResponse {
    let (ready, body) = health.readiness();
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

async fn metrics() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(metrics_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn until(health: &Health, wanted: impl Fn(bool, &Value) -> bool) {
        let met = async {
            loop {
                let (ready, body) = health.readiness();
                if wanted(ready, &body) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), met).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_waits_for_the_first_answer_and_stays_through_an_outage() {
        let up = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&up);
        let check = Check::new("database", move || {
            let up = seen.load(Ordering::Relaxed);
            async move { if up { Ok(()) } else { Err("refused".to_owned()) } }
        });
        let health = Health::new([check]);
        let shutdown = CancellationToken::new();
        let watching = tokio::spawn(Arc::clone(&health).watch(shutdown.clone()));
        until(&health, |ready, body| !ready && body["dependencies"]["database"] == "not yet: refused").await;
        up.store(true, Ordering::Relaxed);
        until(&health, |ready, _| ready).await;
        up.store(false, Ordering::Relaxed);
        until(&health, |ready, body| ready && body["dependencies"]["database"] == "down: refused").await;
        health.drain();
        assert!(!health.readiness().0);
        shutdown.cancel();
        watching.await.unwrap();
    }
}
