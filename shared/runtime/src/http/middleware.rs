//! Around every request: an id, a span, a measurement, a line of the access log.

use std::any::Any;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError};
use opentelemetry::trace::TraceContextExt;
use shotengai_messaging::trace::{TRACEPARENT, follow};
use shotengai_metrics::{NONE, OTHER};
use tokio::time::Instant;
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

use super::connections::{may_be_kept, upgraded};
use super::meta::{REQUEST_ID, REQUEST_ID_HEADER, RequestId};
use super::unread::{Reader, keep};
use super::{Entry, HttpState};
use crate::metrics::{METHOD, REQUEST_DURATION};

/// Gives the request an id (the client's where it is a UUID) and a span under the client's trace, and measures it by
/// route, never by path: paths are without number.
pub(super) async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let state = HttpState::of(request.request())?.clone();
    let id = client_id(&request).unwrap_or_else(|| state.ports.ids.uuid_v7());
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    let method = METHOD.admit(method.as_str());
    let span = span(&request, method, id);
    let reader = Reader::of(&mut request);
    let started = Instant::now();
    let mut held = Vec::new();
    let answer = REQUEST_ID.scope(id, pass(&state, request, next, &mut held)).instrument(span.clone()).await;
    let mut answer = answer?;
    let status = answer.status();
    let route = answer.request().match_pattern();
    // Recording `otel.name` is too late as soon as anybody has asked for the span's context.
    span.context().span().update_name(span_name(method, route.as_deref()));
    let duration = started.elapsed();
    record(&span, route.as_deref(), status.as_u16());
    tell(method, route.as_deref(), status.as_u16(), duration, id);
    REQUEST_DURATION.record(
        duration.as_secs_f64(),
        [
            method.to_owned().into(),
            route.unwrap_or_default().into(),
            i64::from(status.as_u16()).into(),
            if status.is_server_error() { status.as_str().to_owned().into() } else { NONE.into() },
            "http".into(),
        ],
    );
    let asked = answer.request().clone();
    let head = answer.response_mut().head_mut();
    for gate in &state.gates {
        gate.leave(&asked, head);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        head.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    if head.upgrade() {
        upgraded(&asked);
    } else if state.is_closing() || !may_be_kept(&asked) {
        head.set_connection_type(ConnectionType::Close);
    }
    let answer = if held.is_empty() { answer } else { keep(held, answer) };
    Ok(match reader {
        Some(reader) => keep(reader, answer),
        None => answer,
    })
}

/// Through the gates, if they let it. What it holds there goes into `held`.
async fn pass(
    state: &HttpState,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    held: &mut Vec<Box<dyn Any>>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    for gate in &state.gates {
        let entry = gate.enter(&request).await;
        match entry.unwrap_or_else(|problem| Entry::Answer(problem.error_response())) {
            Entry::Pass(more) => held.extend(more),
            Entry::Answer(answer) => return Ok(request.into_response(answer)),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn client_id(request: &ServiceRequest) -> Option<Uuid> {
    Uuid::try_parse(request.headers().get(REQUEST_ID_HEADER)?.to_str().ok()?).ok()
}

fn span(request: &ServiceRequest, method: &str, id: Uuid) -> Span {
    let span = tracing::info_span!(
        "http request",
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = field::Empty,
        http.response.status_code = field::Empty,
        request_id = %id,
    );
    follow(&span, request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()));
    span
}

/// As the conventions want it: without what a caller is free to write.
fn span_name(method: &str, route: Option<&str>) -> String {
    let method = if method == OTHER { "HTTP" } else { method };
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

fn record(span: &Span, route: Option<&str>, status: u16) {
    if let Some(route) = route {
        span.record("http.route", route);
    }
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The access line. It has the route and neither path nor query, which may name people; the request's id is the
/// `instance` of its problem. Without the span around it, which would say the same again.
fn tell(method: &str, route: Option<&str>, status: u16, duration: Duration, id: Uuid) {
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "access", parent: None, method, route, status, duration_ms, request_id = %id, "answered");
}
