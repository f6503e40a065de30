//! The page about problems and what it is made from. `UPDATE_GOLDEN=1` writes `docs/problems.md` anew.

use std::path::Path;

use shotengai_contracts::api::{INTERNAL, PUBLIC, ProblemType, problems};
use shotengai_runtime::http::describe_problems;

fn all() -> Vec<&'static ProblemType> {
    problems(PUBLIC.iter().chain(INTERNAL))
}

#[test]
fn every_type_is_a_refusal_of_its_own_and_says_what_to_do() {
    let all = all();
    assert!(all.len() >= 30, "they were collected: {}", all.len());
    assert!(all.is_sorted_by(|one, next| one.slug < next.slug));
    for known in &all {
        let is_slug = known.slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_slug && (400..600).contains(&known.status), "{}", known.slug);
        assert!(known.meaning.ends_with('.') && known.cure.ends_with('.'), "{}", known.slug);
    }
}

#[test]
fn no_two_types_have_one_slug() {
    for route in PUBLIC.iter().chain(INTERNAL) {
        for problem in route.spec().problems {
            let known = all().into_iter().find(|known| known.slug == problem.slug);
            assert_eq!(known, Some(*problem), "{}", problem.slug);
        }
    }
}

#[test]
fn the_document_is_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/problems.md");
    let text = describe_problems(&all());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let document = std::fs::read_to_string(&path).expect("the document");
    assert_eq!(document, text, "UPDATE_GOLDEN=1 writes it anew");
}
