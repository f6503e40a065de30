//! Places in a list.

use std::fmt;
use std::str::FromStr;

use shotengai_contracts::api::Page;
use shotengai_kernel::{IdError, Timestamp};

/// The last entry of a page: the next page begins after it. Travels as `<microseconds>.<id>`, which callers should not
/// take apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<Id> {
    /// When the entry came to be.
    pub at: Timestamp,
    /// Which it is.
    pub id: Id,
}

/// A text that is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a \"next_cursor\" of this list, unchanged")]
pub struct CursorError;

impl From<IdError> for CursorError {
    fn from(_: IdError) -> Self {
        Self
    }
}

impl<Id: FromStr<Err = IdError>> FromStr for Cursor<Id> {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (at, id) = text.split_once('.').ok_or(CursorError)?;
        // Before 1970 there was no street, and PostgreSQL's calendar doesn't go as far back as ours.
        let at = at.parse().ok().filter(|micros: &i64| *micros >= 0).ok_or(CursorError)?;
        Ok(Self { at: Timestamp::from_microsecond(at).map_err(|_| CursorError)?, id: id.parse()? })
    }
}

impl<Id: fmt::Display> fmt::Display for Cursor<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_microsecond(), self.id)
    }
}

/// The page of the first `limit` of `entries`, which were asked for with one more to see whether there is a next.
pub(crate) fn cut<T>(mut entries: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next_cursor = entries.last().filter(|_| more).map(cursor);
    Page { items: entries, next_cursor }
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::ProductId;

    use super::*;

    #[test]
    fn a_cursor_survives_its_journey() {
        let cursor = Cursor {
            at: Timestamp::from_microsecond(1_767_225_600_000_001).unwrap(),
            id: ProductId::parse("prod_1").unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_of_this_list_is_refused() {
        for text in ["", ".", "1", "1.", "1.ord_1", "x.prod_1", "-1.prod_1", "9223372036854775807.prod_1", "1.prod_ü"]
        {
            assert_eq!(text.parse::<Cursor<ProductId>>(), Err(CursorError), "{text}");
        }
    }
}
