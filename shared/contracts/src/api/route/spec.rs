//! What is known about a route apart from its types.

use super::super::ProblemType;
use super::super::page::MIN_VERSION;
use super::super::parameter::{IF_NONE_MATCH, Location, Parameter};
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
    /// The same; or, where it asks for a version ([`MIN_VERSION`], [`super::super::position`]), a place among those that wait, since it may last as long
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
    /// Whether the answer's header of that name says what was moved, and to which version ([`super::super::position`]).
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
