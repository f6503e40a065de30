//! Preconditions: at which version of something a change to it is still wanted.

use crate::ids::Version;

/// Version that a change is meant for, so that nobody overwrites what they have not seen (`If-Match` of HTTP, RFC 9110,
/// 13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever version it is at, as long as there is one.
    Any,
    /// One of these; none, if what was sent names no version.
    OneOf(Vec<Version>),
}

impl Precondition {
    /// Whether the change is wanted at this version.
    #[must_use]
    pub fn holds(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_wanted_at_the_versions_it_names() {
        let two = Precondition::OneOf(vec![Version::new(2), Version::new(4)]);
        let held: Vec<_> = (1..=4).filter(|number| two.holds(Version::new(*number))).collect();
        assert_eq!(held, [2, 4]);
        assert!(Precondition::Any.holds(Version::new(3)) && !Precondition::OneOf(Vec::new()).holds(Version::new(3)));
    }
}
