//! Which role answers what, by the routes that the interface declares. Nothing else is forwarded.

use shotengai_contracts::api::PUBLIC;
use shotengai_contracts::api::route::Spec;
use shotengai_contracts::topology::Service;

/// The public routes that this role answers.
pub fn routes_of(role: Service) -> impl Iterator<Item = &'static Spec> {
    PUBLIC.iter().map(|route| route.spec()).filter(move |spec| spec.role == role)
}
