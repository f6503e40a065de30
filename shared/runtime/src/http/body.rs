//! JSON bodies.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, TRANSFER_ENCODING,
};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use shotengai_contracts::api::shared;

use super::{HttpState, Problem, json};

/// The largest body taken, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A JSON body of type `T`, and the bytes as they were sent (for fingerprints).
///
/// 415 without `application/json` or with a content coding, 413 above [`BODY_LIMIT`], 503 without room for it in memory, 408
/// when it has not arrived after [`HttpState`]'s read timeout, 400 with a pointer to each fault when it is not a `T`.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// What was sent.
    pub value: T,
    /// As it was sent.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let acceptable = is_plain_json(request);
        let state = HttpState::of(request).cloned();
        let declared = declared_length(request.headers());
        // The application sets the extractor's limit to `BODY_LIMIT`.
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            acceptable?;
            let state = state?;
            let timeout = state.read_timeout();
            let _room = state.bodies().take(declared, BODY_LIMIT)?;
            let raw = match tokio::time::timeout(timeout, bytes).await {
                Ok(read) => read.map_err(|error| unreadable(&error))?,
                Err(_) => return Err(Problem::body_timeout(timeout)),
            };
            let value = json::parse(&raw)?;
            Ok(Self { value, raw })
        })
    }
}

/// A JSON body that may be left out; then it is `T`'s default.
#[derive(Debug, Clone)]
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if has_no_body(request) {
            return Box::pin(async { Ok(Self(T::default())) });
        }
        let body = JsonBody::from_request(request, payload);
        Box::pin(async move { Ok(Self(body.await?.value)) })
    }
}

/// What a request's head says about the length of its body; nothing where that comes in chunks.
#[must_use]
pub fn declared_length(headers: &HeaderMap) -> Option<usize> {
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None if headers.contains_key(TRANSFER_ENCODING) => None,
        None => Some(0),
    }
}

fn has_no_body(request: &HttpRequest) -> bool {
    let headers = request.headers();
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.as_bytes() == b"0",
        None => !headers.contains_key(TRANSFER_ENCODING) && !headers.contains_key(CONTENT_TYPE),
    }
}

fn is_plain_json(request: &HttpRequest) -> Result<(), Problem> {
    let unsupported = |header: HeaderName, detail: &str| {
        Problem::of(&shared::UNSUPPORTED_MEDIA_TYPE)
            .detail(detail)
            .at_header(header.as_str())
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
    };
    // Unpacked, 256 KiB can be 256 MiB.
    if request.headers().get_all(CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unsupported(CONTENT_ENCODING, "send the body as it is, not compressed"));
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    if essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(unsupported(CONTENT_TYPE, "the body must be application/json"))
}

fn unreadable(error: &actix_web::Error) -> Problem {
    if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::body_too_large(BODY_LIMIT);
    }
    Problem::bad_request("the body could not be read")
}
