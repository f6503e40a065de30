//! Which role answers what. Nothing else is forwarded.

use shotengai_contracts::topology::Service;

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
    pub target: Service,
    /// Whether it may become a WebSocket.
    pub web_socket: bool,
}

const fn to(target: Service, method: Verb, path: &'static str) -> ForwardedRoute {
    ForwardedRoute { method, path, target, web_socket: false }
}

/// The table. Its test holds it against what the roles serve.
pub const ROUTES: &[ForwardedRoute] = &[
    to(Service::ORDER, Verb::Post, "/orders"),
    to(Service::ORDER, Verb::Post, "/orders/{id}/cancel"),
    to(Service::ORDER, Verb::Post, "/orders/{id}/ship"),
    to(Service::ORDER, Verb::Get, "/orders/{id}/events"),
    to(Service::CATALOG, Verb::Post, "/products"),
    to(Service::CATALOG, Verb::Put, "/products/{id}"),
    to(Service::CATALOG, Verb::Delete, "/products/{id}"),
    to(Service::INVENTORY, Verb::Post, "/products/{id}/stock"),
    to(Service::QUERY, Verb::Get, "/products"),
    to(Service::QUERY, Verb::Get, "/products/{id}"),
    to(Service::QUERY, Verb::Get, "/orders"),
    to(Service::QUERY, Verb::Get, "/orders/{id}"),
    to(Service::TALLY, Verb::Get, "/tally"),
    ForwardedRoute { web_socket: true, ..to(Service::TALLY, Verb::Get, "/tally/live") },
    to(Service::TALLY, Verb::Get, "/tally/"),
    to(Service::TALLY, Verb::Get, "/"),
];
