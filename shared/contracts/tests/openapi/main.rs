//! The OpenAPI document: equal to its golden file, and kind to the clients of the one released last.
//!
//! `UPDATE_GOLDEN=1 cargo test -p shotengai-contracts --test openapi` writes `docs/openapi.json` anew. With a release that
//! file is copied to `docs/openapi.released.json`.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, end the test that uses them")]

mod breaking;
mod planted;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shotengai_contracts::api::page::MIN_VERSION;
use shotengai_contracts::api::parameter::Location;
use shotengai_contracts::api::route::Media;
use shotengai_contracts::api::{INTERNAL, Method, PUBLIC, openapi};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(docs(name)).unwrap()).unwrap()
}

#[test]
fn the_document_is_its_golden_file() {
    let document = openapi::document(PUBLIC);
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(docs("openapi.json"), &text).unwrap();
    }
    assert!(std::fs::read_to_string(docs("openapi.json")).unwrap() == text, "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn whatever_breaks_clients_moves_the_version() {
    let (released, now) = (read("openapi.released.json"), openapi::document(PUBLIC));
    let breaks = breaking::breaks(&released, &now);
    let version = |document: &Value| document["info"]["version"].as_str().unwrap().to_owned();
    let (old, new) = (version(&released), version(&now));
    assert!(
        breaks.is_empty() || breaking::may_break(&old, &new),
        "these break clients of {old}; move `openapi::VERSION`, or take them back:\n{}",
        breaks.join("\n")
    );
}

#[test]
fn every_route_has_a_name_a_path_and_a_summary_of_its_own() {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for route in PUBLIC.iter().chain(INTERNAL) {
        let spec = route.spec();
        assert!(names.insert(spec.name), "{} twice", spec.name);
        assert!(paths.insert((spec.path, spec.method)), "{} {} twice", spec.method.as_str(), spec.path);
        assert!(!spec.summary.is_empty() && !spec.success.is_empty(), "{}", spec.name);
        let has_id = route.id_schema(&mut schemars::SchemaGenerator::default()).is_some();
        assert_eq!(spec.path.contains("{id}"), has_id, "{}", spec.path);
        let others = spec.parameters.iter().filter(|parameter| parameter.location == Location::Path);
        assert!(others.clone().all(|other| spec.path.contains(&format!("{{{}}}", other.name))), "{}", spec.path);
        assert_eq!(spec.path.matches('{').count(), usize::from(has_id) + others.count(), "{}", spec.path);
    }
}

/// The rows of the API guide's table about reads: their paths, and whether they wait.
fn reads() -> Vec<(Vec<String>, bool)> {
    let guide = std::fs::read_to_string(docs("api.md")).unwrap();
    let (_, table) = guide.split_once("| read | is answered from | waits for `min_version` |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|row| row.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let paths = cells[1].split('`').filter_map(|text| text.strip_prefix("GET ")).map(str::to_owned).collect();
        (paths, cells[3].starts_with("yes"))
    })
    .collect()
}

#[test]
fn the_guide_says_of_every_read_whether_it_may_be_behind() {
    let mut told: Vec<(String, bool)> =
        reads().into_iter().flat_map(|(paths, waits)| paths.into_iter().map(move |path| (path, waits))).collect();
    let reads = PUBLIC
        .iter()
        .map(|route| route.spec())
        .filter(|spec| spec.method == Method::Get && matches!(spec.media, Media::Json | Media::Text));
    let mut declared: Vec<(String, bool)> = reads
        .map(|spec| (spec.path.to_owned(), spec.parameters.iter().any(|known| known.name == MIN_VERSION.name)))
        .collect();
    declared.sort();
    told.sort();
    assert_eq!(told, declared);
}

#[test]
fn nothing_internal_is_in_the_document() {
    let document = openapi::document(PUBLIC.iter().chain(INTERNAL));
    assert_eq!(document, openapi::document(PUBLIC));
    assert!(!document.to_string().contains("/internal/"));
}
