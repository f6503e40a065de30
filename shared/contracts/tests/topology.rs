//! The platform's topology as a document, for the chart, the documents and the infrastructure that are held against it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use shotengai_contracts::topology::{Description, Installation};

/// `UPDATE_GOLDEN=1 cargo test -p shotengai-contracts --test topology` writes it anew.
#[test]
fn the_kept_description_is_that_of_the_platform() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/topology.json");
    let mut text = serde_json::to_string_pretty(&Description::of(&Installation::default())).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "run with UPDATE_GOLDEN=1, and read the difference");
}
