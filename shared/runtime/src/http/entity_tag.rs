//! Entity tags that digests of what is shown go into (RFC 9110, 8.8.3).

use serde::Serialize;
use uuid::Uuid;

/// Where digests of what is shown live (RFC 9562, version 5).
const SHOWN: Uuid = Uuid::from_u128(0x91d4_7b60_2e5f_4c1b_b0a3_68ce_d917_4f25);

/// A digest of `shown` as JSON, in 16 hexadecimal digits. None for what doesn't serialize; bodies of our own types do.
pub(super) fn digest(shown: &impl Serialize) -> Option<String> {
    let body = serde_json::to_vec(shown).ok()?;
    let mut digest = Uuid::new_v5(&SHOWN, &body).simple().to_string();
    digest.truncate(16);
    Some(digest)
}

/// The tag of what has a version, without its quotes: the version, which is what a change is held against, and a digest of
/// all that is shown, which may change while the version stands still, or be another's at the same version.
#[must_use]
pub fn versioned_tag(version: impl std::fmt::Display, shown: &impl Serialize) -> String {
    digest(shown).map_or_else(|| version.to_string(), |digest| format!("{version}.{digest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_apart_what_is_shown_at_one_version() {
        let tag = versioned_tag(3, &"kinoko");
        assert!(tag.starts_with("3.") && tag.len() == 18, "{tag}");
        assert_eq!(tag, versioned_tag(3, &"kinoko"));
        assert_ne!(tag, versioned_tag(3, &"takenoko"));
    }
}
