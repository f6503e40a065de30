//! Names that Kubernetes accepts, for groups and leases that have other rules.

use sha2::{Digest, Sha256};

/// A DNS-1123 subdomain has 253 at most; these stay readable in a column.
const MOST_IN_A_NAME: usize = 150;
const MOST_IN_A_LABEL: usize = 63;
/// Bytes of the digest: 48 bits, for names of which a namespace has hundreds.
const DIGEST: usize = 6;

/// The object of a lease: `bridge-ec-events-shardid-000000000000-` and a digest, because what is made readable is not
/// unique any more.
pub(crate) fn object_name(group: &str, lease: &str) -> String {
    let readable = slug(&format!("{group}-{lease}"));
    let readable = readable.get(..MOST_IN_A_NAME).unwrap_or(&readable).trim_end_matches('-');
    let digest = digest(&[group, lease]);
    if readable.is_empty() { format!("lease-{digest}") } else { format!("{readable}-{digest}") }
}

/// The label by which a group's objects are listed. Groups that look alike share it; the annotation tells them apart.
pub(crate) fn group_label(group: &str) -> String {
    let label = slug(group);
    if label.len() <= MOST_IN_A_LABEL {
        return label;
    }
    let room = MOST_IN_A_LABEL - 2 * DIGEST - 1;
    let head = label.get(..room).unwrap_or(&label).trim_end_matches('-');
    format!("{head}-{}", digest(&[group]))
}

/// Lower-case letters, digits and single `-` between them.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // None of them holds a zero byte: what is joined can be parted again.
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_subdomain(name: &str) -> bool {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        name.len() <= 253 && edge(name.chars().next()) && edge(name.chars().last()) && name.chars().all(inside)
    }

    #[test]
    fn a_shards_object_says_whose_it_is() {
        let name = object_name("bridge/ec-events", "shardId-000000000000");
        assert_eq!(
            name, "bridge-ec-events-shardid-000000000000-43c979cf223f",
            "the same for every process and release"
        );
        assert_eq!(group_label("bridge/ec-events"), "bridge-ec-events");
    }

    #[test]
    fn names_that_look_alike_are_told_apart() {
        let pairs = [("a/b", "c"), ("a-b", "c"), ("a", "b-c"), ("A", "b-c"), ("a", "b/c"), ("a", "b_c"), ("", "ab-c")];
        let names: std::collections::BTreeSet<_> = pairs.iter().map(|(group, name)| object_name(group, name)).collect();
        assert_eq!(names.len(), pairs.len(), "{names:?}");
    }

    #[test]
    fn any_name_is_a_valid_one() {
        let (long, symbols) = ("m-".repeat(300), "__//..");
        for (group, name) in [("bridge/x", long.as_str()), (long.as_str(), "y"), (symbols, symbols), ("", "商店街")]
        {
            let object = object_name(group, name);
            assert!(is_subdomain(&object), "{object}");
            let label = group_label(group);
            assert!(label.len() <= 63 && (label.is_empty() || is_subdomain(&label)), "{label}");
        }
    }
}
