//! The door's table is what the roles serve, all of it and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use shotengai_contracts::topology::{Purpose, SHOTENGAI, Service};
use shotengai_storefront::door::table::{ROUTES, Verb};

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// What a role registers, by its sources: `.get("/path", …)` and the other methods.
fn served(role: &str) -> BTreeSet<(&'static str, String)> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(role).join("src"), &mut files);
    let mut found = BTreeSet::new();
    for text in &files {
        for (method, call) in
            [("GET", ".get(\"/"), ("POST", ".post(\"/"), ("PUT", ".put(\"/"), ("DELETE", ".delete(\"/")]
        {
            for (place, _) in text.match_indices(call) {
                let path = text[place + call.len()..].split('"').next().unwrap();
                found.insert((method, format!("/{path}")));
            }
        }
    }
    found
}

#[test]
fn everything_public_that_roles_serve_is_in_the_table_and_the_other_way_round() {
    for target in SHOTENGAI.services.iter().copied().filter(|service| *service != Service::STOREFRONT) {
        let serves: BTreeSet<_> =
            served(target.as_str()).into_iter().filter(|(_, path)| !path.starts_with("/internal/")).collect();
        let is_forwarded_to = ROUTES.iter().any(|route| route.target == target);
        assert!(!is_forwarded_to || !serves.is_empty(), "{target}: the sources were found");
        let known: BTreeSet<_> = ROUTES
            .iter()
            .filter(|route| route.target == target)
            .map(|route| {
                let method = match route.method {
                    Verb::Get => "GET",
                    Verb::Post => "POST",
                    Verb::Put => "PUT",
                    Verb::Delete => "DELETE",
                };
                (method, route.path.to_owned())
            })
            .collect();
        assert_eq!(known, serves, "{target}");
    }
}

#[test]
fn the_topology_names_every_role_that_is_forwarded_to() {
    let forwards = SHOTENGAI.calls.iter().filter(|call| call.purpose == Purpose::Forward);
    let named: BTreeSet<_> =
        forwards.inspect(|call| assert_eq!(call.from, Service::STOREFRONT)).map(|call| call.to).collect();
    assert_eq!(ROUTES.iter().map(|route| route.target).collect::<BTreeSet<_>>(), named);
}

#[test]
fn nothing_internal_is_in_the_table() {
    assert!(ROUTES.iter().all(|route| !route.path.starts_with("/internal")));
}
