//! The promise of `docs/add-a-service.md`: a role is small.

use std::fs;
use std::path::Path;

/// Lines of Rust without blank ones, comments included.
const MOST: usize = 150;

#[test]
fn the_whole_role_has_a_hundred_and_fifty_lines_at_the_most() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let texts: Vec<_> = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()).count();
    assert!(lines > 50, "the files were found");
    assert!(lines <= MOST, "{lines} lines");
}
