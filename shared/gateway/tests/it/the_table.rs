//! What the door forwards is what the interface declares, all of it and nothing else.

use std::collections::BTreeSet;

use shotengai_contracts::api::{INTERNAL, Interface, PUBLIC};
use shotengai_contracts::topology::{Purpose, SHOTENGAI, Service};

#[test]
fn every_public_route_is_of_one_installed_role() {
    let interface = Interface::default();
    let listed: usize = SHOTENGAI.services.iter().map(|service| interface.of(*service).count()).sum();
    assert_eq!(listed, PUBLIC.len());
    for role in [Service::ORDER, Service::CATALOG, Service::INVENTORY, Service::QUERY, Service::TALLY] {
        assert!(interface.of(role).next().is_some(), "{role} has routes");
    }
}

#[test]
fn the_topology_names_every_role_that_is_forwarded_to() {
    let forwards = SHOTENGAI.calls.iter().filter(|call| call.purpose == Purpose::Forward);
    let named: BTreeSet<_> =
        forwards.inspect(|call| assert_eq!(call.from, Service::STOREFRONT)).map(|call| call.to).collect();
    let roles: BTreeSet<_> = PUBLIC.iter().map(|route| route.spec().role).collect();
    assert_eq!(roles.into_iter().filter(|role| *role != Service::STOREFRONT).collect::<BTreeSet<_>>(), named);
}

#[test]
fn nothing_internal_is_forwarded() {
    assert!(Interface::default().specs().all(|spec| !spec.path.starts_with("/internal")));
    assert!(INTERNAL.iter().all(|route| route.spec().path.starts_with("/internal/")));
}
