//! Steps of orders, live.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::UPGRADE;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use shotengai_contracts::api::ops::steps::STEPS_PROTOCOL;
use shotengai_contracts::api::tally::UPGRADE_REQUIRED;
use shotengai_runtime::http::QueryParameters;
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
    if !request.headers().contains_key(UPGRADE) {
        return Err(Problem::of(&UPGRADE_REQUIRED)
            .detail("connect with a WebSocket client")
            .header(UPGRADE, "websocket"));
    }
    // Nobody watches longer than they may look.
    let claims = Claims::extract(&request).await?;
    let left = claims.exp.saturating_sub(desk.ports.clock.now().as_second());
    let ends = Instant::now() + Duration::from_secs(u64::try_from(left).unwrap_or(0));
    let place = desk.steps.place().ok_or_else(|| Problem::unavailable(5))?;
    let (response, session, messages) = actix_ws::handle_with_protocols(&request, body, &[STEPS_PROTOCOL])
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let messages = messages.max_frame_size(watcher::MAX_FRAME);
    let steps = Arc::clone(&desk.steps);
    actix_web::rt::spawn(watcher::serve(steps, ends, session, messages, place));
    Ok(response)
}
