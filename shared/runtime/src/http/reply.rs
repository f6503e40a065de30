//! Good answers: a status, a few headers, and a body of the type that the route promises.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::header::{
    CACHE_CONTROL, ETAG, EntityTag, Header, HeaderName, HeaderValue, IfNoneMatch, LOCATION, SET_COOKIE, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use shotengai_contracts::api::position::Position;

use super::Problem;
use super::entity_tag::digest;

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

    /// Says in `ETag` what is shown here by a digest of the whole body, for what has no version.
    #[must_use]
    pub fn tagged_by_body(self) -> Self
    where
        T: Serialize,
    {
        // What doesn't serialize is answered by 500 when it is written.
        match self.body.as_ref().and_then(digest) {
            Some(digest) => self.tagged(digest),
            None => self,
        }
    }

    /// Sets a cookie (RFC 6265). One that can't stand in a header is left out.
    #[must_use]
    pub fn sets_cookie(mut self, cookie: impl AsRef<str>) -> Self {
        if let Ok(cookie) = HeaderValue::from_str(cookie.as_ref()) {
            self.headers.push((SET_COOKIE, cookie));
        }
        self
    }

    /// Whether the client has said that it keeps what is shown here. A header that can't be read asks for nothing.
    fn is_kept(&self, request: &HttpRequest) -> bool {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return false;
        }
        let tag =
            self.headers.iter().find(|(name, _)| name == ETAG).and_then(|(_, tag)| tag.to_str().ok()?.parse().ok());
        tag.is_some_and(|tag: EntityTag| match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(kept)) => kept.iter().any(|kept| kept.weak_eq(&tag)),
            Err(_) => false,
        })
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

    fn respond_to(mut self, request: &HttpRequest) -> HttpResponse {
        if self.status == StatusCode::OK && self.is_kept(request) {
            self.status = StatusCode::NOT_MODIFIED;
            self.body = None;
        }
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

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    use super::*;

    fn status(reply: Reply<u8>, request: TestRequest) -> u16 {
        reply.respond_to(&request.to_http_request()).status().as_u16()
    }

    fn tagged() -> Reply<u8> {
        Reply::ok(1).tagged("3.a")
    }

    #[test]
    fn whoever_keeps_what_is_shown_is_not_sent_it() {
        for kept in ["\"3.a\"", "\"1\", W/\"3.a\"", "*"] {
            let request = TestRequest::get().insert_header((IF_NONE_MATCH, kept));
            assert_eq!(status(tagged(), request), 304, "{kept}");
        }
        let request = TestRequest::get().insert_header((IF_NONE_MATCH, "\"3.a\""));
        let answer = tagged().varies("accept-language").respond_to(&request.to_http_request());
        assert_eq!(answer.headers().get(ETAG).unwrap(), "\"3.a\"");
        assert_eq!(answer.headers().get(VARY).unwrap(), "accept-language");
        assert_eq!(answer.body().size(), actix_web::body::BodySize::Sized(0));
    }

    #[test]
    fn everybody_else_is() {
        for other in ["\"3.b\"", "3.a", "", "\"3\""] {
            let request = TestRequest::get().insert_header((IF_NONE_MATCH, other));
            assert_eq!(status(tagged(), request), 200, "{other}");
        }
        let kept = || (IF_NONE_MATCH, "*");
        assert_eq!(status(tagged(), TestRequest::get()), 200);
        assert_eq!(status(tagged(), TestRequest::post().insert_header(kept())), 200);
        assert_eq!(status(Reply::ok(1), TestRequest::get().insert_header(kept())), 200, "no tag, no comparison");
        let written = Reply::accepted(1).tagged("3.a");
        assert_eq!(status(written, TestRequest::get().insert_header(kept())), 202);
    }

    #[test]
    fn a_body_without_a_version_has_the_tag_of_all_that_is_in_it() {
        let tag = |body: &str| {
            let answer = Reply::ok(body.to_owned()).tagged_by_body().respond_to(&TestRequest::get().to_http_request());
            answer.headers().get(ETAG).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
        assert_eq!(tag("a").len(), 18);
    }
}
