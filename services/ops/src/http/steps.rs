//! Steps of orders, live.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use shotengai_contracts::api::ops::steps::STEPS_PROTOCOL;
use shotengai_runtime::http::QueryParameters;
use shotengai_runtime::http::live::Listener;
use shotengai_runtime::{AdminCaller, Claims, Problem};
use tokio::time::Instant;

use super::Desk;
use crate::steps::watcher;

pub(super) async fn watch(
    request: HttpRequest,
    _: AdminCaller,
    body: web::Payload,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    QueryParameters::of(&request)?.finish()?;
    let (response, listener) = Listener::accept(&request, body, &[STEPS_PROTOCOL])?;
    // Nobody watches longer than they may look.
    let claims = Claims::extract(&request).await?;
    let left = claims.exp.saturating_sub(desk.ports.clock.now().as_second());
    let ends = Instant::now() + Duration::from_secs(u64::try_from(left).unwrap_or(0));
    let place = desk.steps.place().ok_or_else(|| Problem::unavailable(5))?;
    actix_web::rt::spawn(watcher::serve(Arc::clone(&desk.steps), ends, listener, place));
    Ok(response)
}
