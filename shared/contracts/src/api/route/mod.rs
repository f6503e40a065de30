//! A route: one method on one path, and everything that both sides have to agree on.

mod endpoint;
mod spec;

use std::fmt::{self, Display};
use std::marker::PhantomData;

use shotengai_kernel::{AggregateId, Version};

use super::ProblemType;
use super::page::MIN_VERSION;
use super::parameter::Parameter;
use super::position::{Commanded, Position};
use crate::topology::Service;

pub use endpoint::Endpoint;
pub use spec::{
    Administrator, Anyone, Audience, Customer, Holds, Internal, LinkHolder, Media, Method, RateLimit, Spec, Success,
    Who,
};

/// A route: `W` may call it with an id `P` in its path (`()` where there is none) and a body `B` (`()` where there is none),
/// and is answered `A`.
pub struct Route<W, P, B, A> {
    spec: Spec,
    positions: Option<fn(&A) -> Vec<Position>>,
    types: PhantomData<fn(W, P, B) -> A>,
}

impl<W, P, B, A> Clone for Route<W, P, B, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W, P, B, A> Copy for Route<W, P, B, A> {}

impl<W: Who, P, B, A> Route<W, P, B, A> {
    const fn new(method: Method, path: &'static str, role: Service, name: &'static str) -> Self {
        let spec = Spec {
            name,
            method,
            path,
            role,
            tag: role.as_str(),
            summary: "",
            description: "",
            audience: W::AUDIENCE,
            rate_limit: RateLimit::Calls,
            parameters: &[],
            body_is_optional: false,
            success: &[Success { status: 200, meaning: "OK." }],
            has_location: false,
            has_position: false,
            has_etag: false,
            cache: None,
            media: Media::Json,
            problems: &[],
        };
        Self { spec, positions: None, types: PhantomData }
    }

    /// A route that reads. `role` answers it, `name` names it.
    #[must_use]
    pub const fn get(path: &'static str, role: Service, name: &'static str) -> Self {
        Self::new(Method::Get, path, role, name)
    }
}

/// Routes that do something. Their answers say what they have moved.
impl<W: Who, P, B, A: Commanded> Route<W, P, B, A> {
    const fn command(method: Method, path: &'static str, role: Service, name: &'static str) -> Self {
        let mut route = Self::new(method, path, role, name);
        if A::MOVES {
            route.spec.has_position = true;
            route.positions = Some(A::positions);
        }
        route
    }

    /// A route that does something.
    #[must_use]
    pub const fn post(path: &'static str, role: Service, name: &'static str) -> Self {
        Self::command(Method::Post, path, role, name)
    }

    /// A route that replaces something.
    #[must_use]
    pub const fn put(path: &'static str, role: Service, name: &'static str) -> Self {
        Self::command(Method::Put, path, role, name)
    }

    /// A route that takes something away.
    #[must_use]
    pub const fn delete(path: &'static str, role: Service, name: &'static str) -> Self {
        Self::command(Method::Delete, path, role, name)
    }
}

impl<W, P, B, A> Route<W, P, B, A> {
    /// Says for documents what it does, and what belongs together.
    #[must_use]
    pub const fn about(mut self, tag: &'static str, summary: &'static str, description: &'static str) -> Self {
        self.spec.tag = tag;
        self.spec.summary = summary;
        self.spec.description = description;
        self
    }

    /// Answers with these statuses.
    #[must_use]
    pub const fn answers(mut self, success: &'static [Success]) -> Self {
        self.spec.success = success;
        self
    }

    /// Says in `Location` where to look.
    #[must_use]
    pub const fn locates(mut self) -> Self {
        self.spec.has_location = true;
        self
    }

    /// Says in `ETag` what is shown.
    #[must_use]
    pub const fn tagged(mut self) -> Self {
        self.spec.has_etag = true;
        self
    }

    /// Says in `Cache-Control` who may keep the answer.
    #[must_use]
    pub const fn cached(mut self, cache: &'static str) -> Self {
        self.spec.cache = Some(cache);
        self
    }

    /// Reads these parameters and headers.
    #[must_use]
    pub const fn reads(mut self, parameters: &'static [&'static Parameter]) -> Self {
        self.spec.parameters = parameters;
        self
    }

    /// Does without a body, too.
    #[must_use]
    pub const fn body_may_be_left_out(mut self) -> Self {
        self.spec.body_is_optional = true;
        self
    }

    /// Counts against this.
    #[must_use]
    pub const fn counts_as(mut self, rate_limit: RateLimit) -> Self {
        self.spec.rate_limit = rate_limit;
        self
    }

    /// Answers with something else than JSON.
    #[must_use]
    pub const fn media(mut self, media: Media) -> Self {
        self.spec.media = media;
        self
    }

    /// Refuses with these, too.
    #[must_use]
    pub const fn refuses(mut self, problems: &'static [&'static ProblemType]) -> Self {
        self.spec.problems = problems;
        self
    }

    /// What is known about it apart from its types.
    #[must_use]
    pub const fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What reads from an answer what was moved; none where nothing is.
    #[must_use]
    pub const fn positions(&self) -> Option<fn(&A) -> Vec<Position>> {
        self.positions
    }
}

impl<W, P: Display, B, A> Route<W, P, B, A> {
    /// The path with this id in it. An id has only characters that need no escaping.
    #[must_use]
    pub fn path_of(&self, id: &P) -> String {
        self.spec.path.replace("{id}", &id.to_string())
    }

    /// The same for a read that has to show this version of `what` ([`MIN_VERSION`]): who follows
    /// it never finds less than was written.
    #[must_use]
    pub fn path_since(&self, id: &P, what: &AggregateId, version: Version) -> String {
        format!("{}?{}={what}:{version}", self.path_of(id), MIN_VERSION.name)
    }
}

impl<W, P, B, A> fmt::Debug for Route<W, P, B, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.spec.method.as_str(), self.spec.path)
    }
}
