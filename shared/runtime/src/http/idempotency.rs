//! The header that makes a repeated request the same request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};

use super::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_LENGTH: usize = 255;

/// The request's `Idempotency-Key`, where it has one. 400 unless it is there once with 1 to 255 visible ASCII
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The key, if the request has one.
    #[must_use]
    pub fn into_inner(self) -> Option<String> {
        self.0
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(key(request.headers()).map(Self))
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(&HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        visible && (1..=MAX_LENGTH).contains(&text.len()) && values.next().is_none()
    });
    let fault = || {
        Problem::bad_request("send one Idempotency-Key of 1 to 255 visible ASCII characters, or none")
            .at_header(HEADER.as_str())
    };
    text.map(|text| Some(text.to_owned())).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn with(values: &[&str]) -> Result<Option<String>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key(&headers).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_key_is_visible_bounded_and_single() {
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&["a-1"]), Ok(Some("a-1".to_owned())));
        for values in [&[""][..], &["a b"], &["キー"], &["a", "b"], &[&"x".repeat(256)]] {
            assert_eq!(with(values), Err(400), "{values:?}");
        }
    }
}
