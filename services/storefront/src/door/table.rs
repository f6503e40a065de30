//! Which role answers what. Nothing else is forwarded.

use shotengai_runtime::RoleUrls;

/// A role that the door forwards to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Places and moves orders.
    Order,
    /// Keeps products.
    Catalog,
    /// Keeps stock.
    Inventory,
    /// Answers reads.
    Query,
    /// Counts, live.
    Tally,
}

/// A method that routes have. GET answers HEAD too; OPTIONS is answered at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct ForwardedRoute {
    /// The method.
    pub method: Verb,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Who answers.
    pub target: Target,
    /// Whether it may become a WebSocket.
    pub web_socket: bool,
}

const fn to(target: Target, method: Verb, path: &'static str) -> ForwardedRoute {
    ForwardedRoute { method, path, target, web_socket: false }
}

/// The table. Its test holds it against what the roles serve.
pub const ROUTES: &[ForwardedRoute] = &[
    to(Target::Order, Verb::Post, "/orders"),
    to(Target::Order, Verb::Post, "/orders/{id}/cancel"),
    to(Target::Order, Verb::Post, "/orders/{id}/ship"),
    to(Target::Order, Verb::Get, "/orders/{id}/events"),
    to(Target::Catalog, Verb::Post, "/products"),
    to(Target::Catalog, Verb::Put, "/products/{id}"),
    to(Target::Catalog, Verb::Delete, "/products/{id}"),
    to(Target::Inventory, Verb::Post, "/products/{id}/stock"),
    to(Target::Query, Verb::Get, "/products"),
    to(Target::Query, Verb::Get, "/products/{id}"),
    to(Target::Query, Verb::Get, "/orders"),
    to(Target::Query, Verb::Get, "/orders/{id}"),
    to(Target::Tally, Verb::Get, "/tally"),
    ForwardedRoute { web_socket: true, ..to(Target::Tally, Verb::Get, "/tally/live") },
    to(Target::Tally, Verb::Get, "/tally/"),
    to(Target::Tally, Verb::Get, "/"),
];

impl Target {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Order, Self::Catalog, Self::Inventory, Self::Query, Self::Tally];

    /// The role's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Catalog => "catalog",
            Self::Inventory => "inventory",
            Self::Query => "query",
            Self::Tally => "tally",
        }
    }

    /// Where it is, if anybody said so.
    #[must_use]
    pub fn url(self, urls: &RoleUrls) -> Option<&str> {
        match self {
            Self::Order => urls.order.as_deref(),
            Self::Catalog => urls.catalog.as_deref(),
            Self::Inventory => urls.inventory.as_deref(),
            Self::Query => urls.query.as_deref(),
            Self::Tally => urls.tally.as_deref(),
        }
    }
}
