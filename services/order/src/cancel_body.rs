//! The body of a cancellation: may be left out.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use serde::Deserialize;
use shotengai_runtime::{JsonBody, Problem};

/// What a customer may say about a cancellation.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// Why, in a few words.
    pub reason: Option<String>,
    /// More about it.
    pub note: Option<String>,
}

impl FromRequest for CancelBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if has_no_body(request) {
            return Box::pin(async { Ok(Self::default()) });
        }
        let body = JsonBody::<Self>::from_request(request, payload);
        Box::pin(async move { Ok(body.await?.value) })
    }
}

fn has_no_body(request: &HttpRequest) -> bool {
    let headers = request.headers();
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.as_bytes() == b"0",
        None => !headers.contains_key(TRANSFER_ENCODING) && !headers.contains_key(CONTENT_TYPE),
    }
}
