//! Table, document and code name the same problems. `UPDATE_GOLDEN=1` writes the document anew.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, end the test that uses them")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use shotengai_runtime::http::{PROBLEM_TYPES, describe_problems};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => sources(&path, found),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
}

/// Product code that can make problems, without the table itself and without tests.
fn code() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for part in ["services", "shared"] {
        for member in std::fs::read_dir(workspace().join(part)).unwrap() {
            sources(&member.unwrap().path().join("src"), &mut files);
        }
    }
    files.retain(|path| !path.ends_with("problem_types.rs") && !path.ends_with("tests.rs"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (path, product)
    };
    files.into_iter().map(read).filter(|(_, text)| text.contains("Problem")).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn is_slug(text: &str) -> bool {
    is_word(text) && text.contains('-')
}

/// The slugs of one file: the first literal of each `Problem::new`, the first argument of the short-cuts, and, as errors
/// choose their slug in a `match`, what an arm answers if it has a slug's form.
fn used(text: &str) -> BTreeSet<String> {
    let after = |maker: &'static str| text.match_indices(maker).map(move |(place, _)| &text[place + maker.len()..]);
    let literal = |code: &str| code.split('"').nth(1).unwrap_or_default().to_owned();
    let new = after("Problem::new(").chain(after("Self::new(StatusCode::")).map(literal);
    let short = after("unprocessable(\"").chain(after("conflict(\""));
    let short = short.map(|code| code.split_once('"').map_or("", |(before, _)| before));
    let arms = after("=> \"").filter_map(|code| code.split('"').next()).filter(|literal| is_slug(literal));
    new.chain(short.chain(arms).map(str::to_owned)).filter(|slug| is_word(slug)).collect()
}

#[test]
fn every_problem_in_the_code_is_in_the_table_and_the_other_way_round() {
    let known: BTreeSet<&str> = PROBLEM_TYPES.iter().map(|known| known.slug).collect();
    let code = code();
    assert!(code.len() > 10, "the sources were found");
    let mut unknown = BTreeMap::new();
    for (path, text) in &code {
        let slugs = used(text).into_iter().filter(|slug| !known.contains(slug.as_str()));
        unknown.extend(slugs.map(|slug| (slug, path.display().to_string())));
    }
    assert_eq!(unknown, BTreeMap::new(), "add them to PROBLEM_TYPES");
    let unused: Vec<_> =
        known.iter().filter(|slug| !code.iter().any(|(_, text)| text.contains(&format!("\"{slug}\"")))).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "no code answers with these");
}

#[test]
fn the_table_is_sorted_and_says_something_about_each() {
    assert!(PROBLEM_TYPES.is_sorted_by(|one, next| one.slug < next.slug));
    for known in PROBLEM_TYPES {
        assert!(known.status.is_client_error() || known.status.is_server_error(), "{}", known.slug);
        assert!(known.meaning.ends_with('.') && known.cure.ends_with('.'), "{}", known.slug);
    }
}

#[test]
fn the_document_is_the_table() {
    let path = workspace().join("docs/problems.md");
    let text = describe_problems();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let document = std::fs::read_to_string(&path).expect("the document");
    assert_eq!(document, text, "UPDATE_GOLDEN=1 writes it anew");
}
