//! Typed ids in paths.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::Problem;

/// The path segment named `id` (or the only one there is), parsed. What is not an id names nothing: 404.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathId<T>(pub T);

impl<T> PathId<T> {
    /// The id.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for PathId<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The other segment of a path with two ids, parsed. What is not an id names nothing: 404.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondId<T>(pub T);

impl<T: FromStr> FromRequest for SecondId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let second = request.match_info().iter().find(|(name, _)| *name != "id").map(|(_, value)| value);
        let id = second.and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| Problem::not_found("no such resource")))
    }
}

impl<T: FromStr> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Roles that share a path may have named its segment differently; the first to register wins.
        let parameters = request.match_info();
        let segment = parameters.get("id").or_else(|| parameters.iter().next().map(|(_, value)| value));
        let id = segment.and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| Problem::not_found("no such resource")))
    }
}
