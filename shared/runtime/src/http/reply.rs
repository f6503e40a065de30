//! Good answers: a status, a few headers, and a body of the type that the route promises.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderName, HeaderValue, LOCATION, SET_COOKIE, VARY};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use shotengai_contracts::api::position::Position;

use super::Problem;

/// The header that says what a command has moved ([`shotengai_contracts::api::position`]), in and out.
pub const POSITION_HEADER: HeaderName = HeaderName::from_static("shotengai-position");

/// What a handler answers: a `T` or a problem.
pub type Answer<T> = Result<Reply<T>, Problem>;

/// A good answer with a `T` as its JSON body.
#[derive(Debug)]
pub struct Reply<T> {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<T>,
}

impl<T> Reply<T> {
    /// An answer with this status.
    pub const fn new(status: StatusCode, body: T) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// 200.
    pub const fn ok(body: T) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 201: something new is there.
    pub const fn created(body: T) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    /// 202: decided and durable; reads will show it.
    pub const fn accepted(body: T) -> Self {
        Self::new(StatusCode::ACCEPTED, body)
    }

    /// An answer with this status and nothing else.
    #[must_use]
    pub const fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// 303 without a body: what was asked for is shown elsewhere.
    #[must_use]
    pub fn see_other(path: impl AsRef<str>) -> Self {
        Self { status: StatusCode::SEE_OTHER, headers: Vec::new(), body: None }.at(path)
    }

    /// Says by which header of the request the answer was chosen.
    #[must_use]
    pub fn varies(mut self, header: &'static str) -> Self {
        self.headers.push((VARY, HeaderValue::from_static(header)));
        self
    }

    /// Says where it can be read. A path that can't stand in a header is left out; ids can.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<str>) -> Self {
        if let Ok(path) = HeaderValue::from_str(path.as_ref()) {
            self.headers.push((LOCATION, path));
        }
        self
    }

    /// Says in `ETag` what is shown here: a strong tag, given without its quotes. One that can't stand in a header is left
    /// out.
    #[must_use]
    pub fn tagged(mut self, tag: impl fmt::Display) -> Self {
        if let Ok(tag) = HeaderValue::try_from(format!("\"{tag}\"")) {
            self.headers.push((ETAG, tag));
        }
        self
    }

    /// Sets a cookie (RFC 6265). One that can't stand in a header is left out.
    #[must_use]
    pub fn sets_cookie(mut self, cookie: impl AsRef<str>) -> Self {
        if let Ok(cookie) = HeaderValue::from_str(cookie.as_ref()) {
            self.headers.push((SET_COOKIE, cookie));
        }
        self
    }

    pub(super) const fn body(&self) -> Option<&T> {
        self.body.as_ref()
    }

    /// Says what was moved. Ids and versions can stand in a header.
    pub(super) fn moved(&mut self, positions: &[Position]) {
        let text = positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if let Ok(value) = HeaderValue::try_from(text) {
            self.headers.push((POSITION_HEADER, value));
        }
    }

    pub(super) fn cached(&mut self, policy: &'static str) {
        self.headers.push((CACHE_CONTROL, HeaderValue::from_static(policy)));
    }
}

impl<T: Serialize> Responder for Reply<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers {
            // Not in place of one of the same name: there may be several cookies.
            response.append_header(header);
        }
        match self.body {
            Some(body) => response.json(body),
            None => response.finish(),
        }
    }
}
