//! A route: one method on one path, and everything that both sides have to agree on.

use std::any::TypeId;
use std::fmt::{self, Display};
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use shotengai_kernel::{AggregateId, Version};

use super::ProblemType;
use super::page::MIN_VERSION;
use super::parameter::{IF_NONE_MATCH, Location, Parameter};
use super::position::{Commanded, Position};
use crate::topology::Service;

/// A method that routes have. GET answers HEAD too; OPTIONS is answered everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// As it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get)
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in, guests included.
    Customer,
    /// Whoever is signed in, and whoever has a link that is signed for one thing.
    LinkHolder,
    /// Administrators.
    Administrator,
    /// Our own services, by the secret that they share. Never through the front door.
    Internal,
}

/// Who may call a route, as a type.
pub trait Who {
    /// The same as a value.
    const AUDIENCE: Audience;
}

macro_rules! who {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Who for $name {
            const AUDIENCE: Audience = Audience::$name;
        }
    )*};
}

who!(
    /// Everybody may call it.
    Anyone,
    /// Whoever is signed in may call it.
    Customer,
    /// Whoever is signed in or has a link may call it.
    LinkHolder,
    /// Administrators may call it.
    Administrator,
    /// Our own services may call it.
    Internal
);

/// What a call counts against at the front door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// The limit of all calls, by caller and by address.
    Calls,
    /// That one, and the one of calls that hand out access tokens, by address.
    SignIns,
}

/// What a call holds while it lasts. Callers are bounded by it, each by itself and all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A place at its role until the answer has gone through, which takes as long as the work.
    Place,
    /// The same; or, where it asks for a version ([`MIN_VERSION`], [`super::position`]), a place among those that wait, since it may last as long
    /// as a wait.
    PlaceOrWait,
    /// A connection, which lasts as long as both sides like.
    Connection,
}

/// A status that a route answers with when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// The status.
    pub status: u16,
    /// When it is this one.
    pub meaning: &'static str,
}

/// What stands in an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// JSON of the route's type.
    Json,
    /// A page for people.
    Html,
    /// Plain text for people.
    Text,
    /// Nothing: the connection becomes a WebSocket.
    WebSocket,
}

/// What is known about a route apart from its types.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name: `placeOrder`.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The path. Its parameter is called `{id}`; a second one is among `parameters`.
    pub path: &'static str,
    /// The role that answers it.
    pub role: Service,
    /// What belongs together in documents.
    pub tag: &'static str,
    /// In a few words.
    pub summary: &'static str,
    /// In some sentences.
    pub description: &'static str,
    /// Who may call it.
    pub audience: Audience,
    /// What a call counts against.
    pub rate_limit: RateLimit,
    /// Parameters of the query string and headers that it reads.
    pub parameters: &'static [&'static Parameter],
    /// Whether the body may be left out.
    pub body_is_optional: bool,
    /// What it answers with when all is well.
    pub success: &'static [Success],
    /// Whether `Location` names what was made or changed.
    pub has_location: bool,
    /// Whether the answer's header of that name says what was moved, and to which version ([`super::position`]).
    pub has_position: bool,
    /// Whether `ETag` tells what is shown.
    pub has_etag: bool,
    /// `Cache-Control` of a good answer.
    pub cache: Option<&'static str>,
    /// What stands in the answer.
    pub media: Media,
    /// Problems of its own, beside those that follow from the rest.
    pub problems: &'static [&'static ProblemType],
}

impl Spec {
    /// What a call of it holds while it lasts.
    #[must_use]
    pub fn holds(&self) -> Holds {
        if self.media == Media::WebSocket {
            Holds::Connection
        } else if self.parameters.iter().any(|parameter| parameter.name == MIN_VERSION.name) {
            Holds::PlaceOrWait
        } else {
            Holds::Place
        }
    }

    /// Whether it goes by a cookie.
    #[must_use]
    pub fn reads_cookies(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.location == Location::Cookie)
    }

    /// Whether it answers 304 to whoever has kept what would be shown.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == IF_NONE_MATCH.name)
    }

    /// Whether this path, its escapes read, is one of the route's.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    }
}

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

/// A [`Route`] of any types, as lists have it.
pub trait Endpoint: Sync {
    /// What is known apart from its types.
    fn spec(&self) -> &Spec;

    /// The schema of the id in the path, where there is one.
    fn id_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;

    /// The schema of the body, where there is one.
    fn body_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;

    /// The schema of the answer, where it is JSON.
    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;
}

impl<W, P, B, A> Endpoint for Route<W, P, B, A>
where
    W: 'static,
    P: JsonSchema + 'static,
    B: JsonSchema + 'static,
    A: JsonSchema + 'static,
{
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn id_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<P>(generator)
    }

    fn body_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<B>(generator)
    }

    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<A>(generator)
    }
}

fn schema<T: JsonSchema + 'static>(generator: &mut SchemaGenerator) -> Option<Schema> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then(|| generator.subschema_for::<T>())
}
