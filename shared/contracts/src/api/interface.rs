//! An interface: the public routes of an installation, from which the front door forwards and documents are made.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::route::Spec;
use super::{Audience, Endpoint, Method, PUBLIC};
use crate::topology::{Installation, Service};

/// Public routes that are served together: this platform's, and those of applications that bring roles of their own.
///
/// A method on a path is answered by one role, and names are unique: they are the `operationId`s of the OpenAPI document.
#[derive(Clone)]
pub struct Interface(Arc<[&'static dyn Endpoint]>);

/// Why routes can't be served together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterfaceError {
    /// Two of them have one name, or one method on one path.
    #[error("the route {0} is declared twice")]
    Twice(String),
    /// A route of a role that is not installed.
    #[error("the route {route} is answered by {role}, which is not installed")]
    Stray {
        /// The route's name.
        route: &'static str,
        /// Who answers it.
        role: Service,
    },
    /// A route that services ask each other by: no door leads there.
    #[error("the route {0} is for services alone and can't be public")]
    Internal(&'static str),
}

impl Default for Interface {
    /// This platform's alone.
    fn default() -> Self {
        Self(PUBLIC.into())
    }
}

impl Interface {
    /// This platform's routes and those that an application adds, for what is installed.
    ///
    /// # Errors
    /// [`InterfaceError`] when two routes are one, or a route can't be public.
    pub fn with(
        additional: impl IntoIterator<Item = &'static dyn Endpoint>,
        installation: &Installation,
    ) -> Result<Self, InterfaceError> {
        let interface = Self(PUBLIC.iter().copied().chain(additional).collect());
        let mut seen = BTreeSet::new();
        for spec in interface.specs() {
            // `/orders/{id}` has one parameter, which has one name.
            for name in [spec.name.to_owned(), format!("{} {}", spec.method.as_str(), spec.path)] {
                if !seen.insert(name.clone()) {
                    return Err(InterfaceError::Twice(name));
                }
            }
            if spec.audience == Audience::Internal || spec.path.starts_with("/internal/") {
                return Err(InterfaceError::Internal(spec.name));
            }
            if installation.service(spec.role.as_str()).is_none() {
                return Err(InterfaceError::Stray { route: spec.name, role: spec.role });
            }
        }
        Ok(interface)
    }

    /// The routes, in the order that documents show them in.
    pub fn routes(&self) -> impl Iterator<Item = &'static dyn Endpoint> + '_ {
        self.0.iter().copied()
    }

    /// What is known of them apart from their types.
    pub fn specs(&self) -> impl Iterator<Item = &'static Spec> + '_ {
        self.0.iter().map(|route| route.spec())
    }

    /// The route that answers this method at this path, its escapes read. A fixed path goes before one with an id.
    #[must_use]
    pub fn find(&self, method: Method, path: &str) -> Option<&'static Spec> {
        let found = self.specs().filter(|spec| spec.method == method && spec.is_at(path));
        found.min_by_key(|spec| spec.path.contains('{'))
    }

    /// What this role answers of it.
    pub fn of(&self, role: Service) -> impl Iterator<Item = &'static Spec> + '_ {
        self.specs().filter(move |spec| spec.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Anyone, Internal, Route};
    use super::*;
    use crate::topology::Topology;

    const LOYALTY: Service = Service::new("loyalty");
    const TOPOLOGY: Topology = Topology { services: &[LOYALTY], ..Topology::EMPTY };
    static POINTS: Route<Anyone, (), (), u32> = Route::get("/loyalty/points", LOYALTY, "getPoints");

    fn refused(route: &'static dyn Endpoint) -> String {
        let installation = Installation::with(&[TOPOLOGY]).unwrap();
        Interface::with([route], &installation).err().unwrap().to_string()
    }

    #[test]
    fn an_application_adds_routes_that_its_role_answers() {
        let installation = Installation::with(&[TOPOLOGY]).unwrap();
        let both = Interface::with([&POINTS as &dyn Endpoint], &installation).unwrap();
        assert_eq!(both.of(LOYALTY).map(|spec| spec.path).collect::<Vec<_>>(), ["/loyalty/points"]);
        assert_eq!(both.routes().count(), PUBLIC.len() + 1);
        assert_eq!(Interface::default().of(LOYALTY).count(), 0);
        let error = Interface::with([&POINTS as &dyn Endpoint], &Installation::default()).err().unwrap();
        assert_eq!(error.to_string(), "the route getPoints is answered by loyalty, which is not installed");
    }

    #[test]
    fn a_route_is_found_by_method_and_path() {
        let interface = Interface::default();
        let found = |method, path| interface.find(method, path).map(|spec| spec.name);
        assert_eq!(found(Method::Get, "/orders"), Some("listOrders"));
        assert_eq!(found(Method::Get, "/orders/ord_1"), Some("getOrder"));
        assert_eq!(found(Method::Get, "/orders/ord_1/events"), Some("listOrderEvents"));
        assert_eq!(found(Method::Get, "/tally/live"), Some("watchTally"));
        assert_eq!(found(Method::Get, "/"), Some("getHomePage"));
        for (method, path) in [
            (Method::Delete, "/orders"),
            (Method::Get, "/orders/"),
            (Method::Get, "/orders//events"),
            (Method::Get, ""),
        ] {
            assert_eq!(found(method, path), None, "{path}");
        }
    }

    #[test]
    fn the_platforms_own_routes_are_consistent() {
        assert!(Interface::with([], &Installation::default()).is_ok());
    }

    #[test]
    fn a_route_that_is_taken_or_not_public_is_refused() {
        static NAME: Route<Anyone, (), (), u32> = Route::get("/loyalty/orders", LOYALTY, "placeOrder");
        static PATH: Route<Anyone, (), (), ()> = Route::post("/orders", LOYALTY, "placeLoyalOrder");
        static HIDDEN: Route<Internal, (), (), u32> = Route::get("/loyalty/balance", LOYALTY, "balance");
        static INSIDE: Route<Anyone, (), (), u32> = Route::get("/internal/loyalty", LOYALTY, "inside");
        assert_eq!(refused(&NAME), "the route placeOrder is declared twice");
        assert_eq!(refused(&PATH), "the route POST /orders is declared twice");
        assert_eq!(refused(&HIDDEN), "the route balance is for services alone and can't be public");
        assert_eq!(refused(&INSIDE), "the route inside is for services alone and can't be public");
    }
}
