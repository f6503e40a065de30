//! Who asked what, as events record it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use shotengai_contracts::Metadata;
use shotengai_messaging::trace::current_traceparent;
use uuid::Uuid;

use super::{HttpState, Problem};

/// The header that carries a request's id, in and out.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The request that is being answered on this task; problems name it.
    pub(super) static REQUEST_ID: Uuid;
}

pub(super) fn current_request_id() -> Option<Uuid> {
    REQUEST_ID.try_with(|id| *id).ok()
}

/// The id of this request; none outside the shell.
#[must_use]
pub fn request_id(request: &HttpRequest) -> Option<Uuid> {
    request.extensions().get::<RequestId>().map(|id| id.0)
}

/// The request's id, kept beside the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId(pub(super) Uuid);

/// Extracts the request's identity for the events it will cause.
#[derive(Debug, Clone)]
pub struct RequestMeta {
    /// `x-request-id` where it is a UUID, else a new one.
    pub request_id: Uuid,
    traceparent: Option<String>,
}

impl RequestMeta {
    /// What the events that this request causes carry: a correlation of its own, and its trace.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::request(self.request_id, self.traceparent.clone())
    }
}

impl FromRequest for RequestMeta {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request_id(request);
        let id = known.map_or_else(|| HttpState::of(request).map(|state| state.ports.ids.uuid_v7()), Ok);
        ready(id.map(|request_id| Self { request_id, traceparent: current_traceparent() }))
    }
}
