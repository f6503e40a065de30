//! Errors as clients see them: RFC 9457, `application/problem+json`.

use std::fmt;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use shotengai_contracts::api::{ProblemType, shared};

use super::meta::current_request_id;

/// An error answer. Says only what the client may know: internals belong in the log.
///
/// Each is of a [`ProblemType`], which the interface declares; its `type` is a path of the server that answers, where that is
/// explained. `instance` is the request's id, by which an operator finds the log lines.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    of: &'static ProblemType,
    detail: Option<String>,
    location: Option<Location>,
    errors: Vec<Named>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Which part of the request is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Location {
    Pointer(String),
    Parameter(String),
    Header(String),
}

/// One fault of many: where it is, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    #[serde(flatten)]
    location: Location,
    detail: String,
}

impl Named {
    /// A fault of a part of the body (RFC 6901).
    #[must_use]
    pub fn pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Pointer(pointer.into()), detail: detail.into() }
    }

    /// A fault of a parameter of the query string.
    #[must_use]
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Parameter(name.into()), detail: detail.into() }
    }

    /// A fault of a header.
    #[must_use]
    pub fn header(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Header(name.into()), detail: detail.into() }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    location: Option<&'a Location>,
    #[serde(skip_serializing_if = "<[Named]>::is_empty")]
    errors: &'a [Named],
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

impl Problem {
    /// A problem of this type.
    #[must_use]
    pub fn of(of: &'static ProblemType) -> Self {
        let (errors, members, headers) = (Vec::new(), Map::new(), Vec::new());
        Self(Box::new(Parts { of, detail: None, location: None, errors, members, headers }))
    }

    /// Says what is wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names the part of the body at fault (RFC 6901, such as `/items/0/quantity`).
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.0.location = Some(Location::Pointer(pointer.into()));
        self
    }

    /// Names the parameter of the query string at fault.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.0.location = Some(Location::Parameter(name.into()));
        self
    }

    /// Names the request's header at fault.
    #[must_use]
    pub fn at_header(mut self, name: impl Into<String>) -> Self {
        self.0.location = Some(Location::Header(name.into()));
        self
    }

    /// Names every fault found. The first stands in `detail` too, and where it is beside it.
    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = Named>) -> Self {
        self.0.errors = errors.into_iter().collect();
        if let Some(Named { location, detail }) = self.0.errors.first() {
            self.0.location = Some(location.clone());
            self.0.detail = Some(detail.clone());
        }
        self
    }

    /// Adds a member of its type's own (RFC 9457, 3.2), which the type's meaning names. One that can't be written is left out.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: &impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.members.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds a header. One whose value can't stand in a header is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.0.headers.push((name, value));
        }
        self
    }

    /// 404: there is no such thing, or none that this caller may see.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::of(&shared::NOT_FOUND).detail(detail)
    }

    /// 400: the request can't be read.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::of(&shared::BAD_REQUEST).detail(detail)
    }

    /// 400: the body is no JSON.
    pub(super) fn malformed_json(detail: impl Into<String>, pointer: Option<String>) -> Self {
        let problem = Self::of(&shared::MALFORMED_JSON).detail(detail);
        match pointer {
            Some(pointer) => problem.pointer(pointer),
            None => problem,
        }
    }

    /// 400: the body is JSON, but not of the form wanted here.
    pub(super) fn invalid_body(errors: impl IntoIterator<Item = Named>) -> Self {
        Self::of(&shared::INVALID_BODY).errors(errors)
    }

    /// 400: parameters of the query string are at fault.
    #[must_use]
    pub fn invalid_parameters(errors: impl IntoIterator<Item = Named>) -> Self {
        Self::of(&shared::INVALID_PARAMETER).errors(errors)
    }

    /// 401: no caller known.
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::of(&shared::UNAUTHORIZED)
            .detail(detail)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: the caller is known and may not.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::of(&shared::FORBIDDEN).detail(detail)
    }

    /// 408: the body took longer than this to arrive.
    #[must_use]
    pub fn body_timeout(timeout: Duration) -> Self {
        Self::of(&shared::BODY_TIMEOUT).detail(format!("it may take {} s", timeout.as_secs()))
    }

    /// 413: the body has more than so many bytes.
    #[must_use]
    pub fn body_too_large(limit: usize) -> Self {
        Self::of(&shared::BODY_TOO_LARGE).detail(format!("at most {limit} bytes"))
    }

    /// 503: try again after so many seconds.
    #[must_use]
    pub fn unavailable(retry_after_seconds: u32) -> Self {
        Self::of(&shared::UNAVAILABLE).header(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds))
    }

    /// 500, without a word about why. The caller logs the cause.
    #[must_use]
    pub fn internal() -> Self {
        Self::of(&shared::INTERNAL)
    }

    /// The status it answers with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        // A status that is none is a fault of ours.
        StatusCode::from_u16(self.0.of.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The last part of its type.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        self.0.of.slug
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.of.status, self.0.of.slug, self.0.of.title)?;
        self.0.detail.as_ref().map_or(Ok(()), |detail| write!(f, " ({detail})"))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let parts = &self.0;
        // Whoever reads only `errors` finds a single fault there too.
        let single = match (&parts.location, &parts.detail) {
            (Some(location), Some(detail)) if parts.errors.is_empty() => {
                Some(Named { location: location.clone(), detail: detail.clone() })
            }
            _ => None,
        };
        let body = Body {
            r#type: parts.of.uri(),
            title: parts.of.title,
            status: parts.of.status,
            detail: parts.detail.as_deref(),
            location: parts.location.as_ref(),
            errors: single.as_ref().map_or(parts.errors.as_slice(), std::slice::from_ref),
            instance: current_request_id().map(|id| id.urn().to_string()),
            members: &parts.members,
        };
        let mut response = HttpResponse::build(self.status());
        if matches!(self.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
            // The rest of the body may still be on its way, and nobody wants to read it.
            response.force_close();
        }
        for (name, value) in &parts.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.body(serde_json::to_string(&body).unwrap_or_default())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use actix_web::body::to_bytes;
    use serde_json::json;

    use super::*;

    /// What a client reads.
    pub(in super::super) async fn body_of(problem: Problem) -> Value {
        serde_json::from_slice(&to_bytes(problem.error_response().into_body()).await.unwrap()).unwrap()
    }

    #[actix_web::test]
    async fn a_problem_is_problem_json_with_its_type_and_pointer() {
        let problem = Problem::of(&shared::OUT_OF_RANGE).detail("must be 1 at least").pointer("/items/0/quantity");
        let response = problem.error_response();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
        let wanted = json!({
            "type": "/problems/out-of-range", "title": "Out of bounds", "status": 422, "detail": "must be 1 at least",
            "pointer": "/items/0/quantity",
            "errors": [{ "pointer": "/items/0/quantity", "detail": "must be 1 at least" }]
        });
        assert_eq!(body_of(problem).await, wanted);
    }

    #[actix_web::test]
    async fn a_type_has_members_of_its_own() {
        let problem = Problem::of(&shared::OUT_OF_RANGE).detail("no").member("cart", &json!({ "version": 3 }));
        let body = body_of(problem).await;
        assert_eq!((&body["cart"]["version"], &body["detail"]), (&json!(3), &json!("no")));
    }

    #[actix_web::test]
    async fn the_first_of_many_faults_stands_by_itself_too() {
        let errors = [Named::parameter("limit", "must be less"), Named::parameter("cursor", "must be one")];
        let body = body_of(Problem::invalid_parameters(errors)).await;
        assert_eq!((&body["parameter"], &body["detail"]), (&json!("limit"), &json!("must be less")));
        assert_eq!(body["errors"][1], json!({ "parameter": "cursor", "detail": "must be one" }));
    }
}
