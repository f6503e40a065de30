//! What becomes of a row. Pure.

use std::cmp::Ordering;

use crate::domain::Fold;

/// What stands in an aggregate's place.
pub(super) enum Standing<R> {
    Missing,
    Row(R),
    /// A row of which a column holds something else than was written.
    Unreadable,
}

/// What a row is, held against the fold of its aggregate's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowState {
    /// As it should be.
    Right,
    /// Not there.
    Missing,
    /// Of an older version.
    Older,
    /// Of the same version, but another row: one of a version is always the same fold, so it is wrong.
    Different,
    /// Such that nothing can be said about it.
    Unreadable,
    /// Of a version that the fold doesn't have.
    Newer,
}

impl RowState {
    /// Whether the fold belongs in its place.
    pub(super) const fn is_wrong(self) -> bool {
        !matches!(self, Self::Right | Self::Newer)
    }
}

/// Holds what stands there against the fold of its aggregate's events.
pub(super) fn compare<R: Fold + PartialEq>(row: &R, standing: &Standing<R>) -> RowState {
    let there = match standing {
        Standing::Missing => return RowState::Missing,
        Standing::Unreadable => return RowState::Unreadable,
        Standing::Row(there) => there,
    };
    match there.version().cmp(&row.version()) {
        Ordering::Less => RowState::Older,
        Ordering::Greater => RowState::Newer,
        Ordering::Equal if there == row => RowState::Right,
        Ordering::Equal => RowState::Different,
    }
}
