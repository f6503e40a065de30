//! Places in what was found: where a page ends, and which words it was found by.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::find::Relevance;
use super::instead::Instead;
use super::query::Query;
use crate::page::{Cursor, CursorError};

/// Where a page of what was found begins. Travels as its cursor, with `:` and the words that were looked for instead, if there
/// are any: the next page is of the same words, whatever has come meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The last entry of the page before.
    pub after: Cursor<Relevance>,
    /// Words that it was found by instead of what was asked for.
    pub instead: Option<Instead>,
}

impl Place {
    /// Reads a cursor of what was found for this question.
    ///
    /// # Errors
    /// [`CursorError`].
    pub fn parse(text: &str, query: &Query) -> Result<Self, CursorError> {
        let (cursor, words) = text.split_once(':').map_or((text, None), |(cursor, words)| (cursor, Some(words)));
        let after = Cursor::parse(cursor, Relevance::Rank)?;
        let read = |words| Instead::parse(&String::from_utf8(BASE64.decode(words).ok()?).ok()?);
        let instead = words.map(|words| read(words).ok_or(CursorError::Foreign)).transpose()?;
        // Of another question.
        if instead.as_ref().is_some_and(|instead| query.with(instead).is_none()) {
            return Err(CursorError::Foreign);
        }
        Ok(Self { after, instead })
    }
}

/// How the cursor of a page that these words were found by travels.
pub(super) fn shown(cursor: String, instead: Option<&Instead>) -> String {
    match instead {
        Some(instead) => format!("{cursor}:{}", BASE64.encode(instead.to_string())),
        None => cursor,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.after.to_string(), self.instead.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_journey_and_is_of_its_question() {
        let query = Query::parse("mnit tea");
        for text in ["0.prod_1", "2.prod_1:bWludCAt"] {
            assert_eq!(Place::parse(text, &query).unwrap().to_string(), text);
        }
        assert_eq!(Place::parse("2.prod_1:bWludCAt", &query).unwrap().instead, Instead::parse("mint -"));
        for text in ["", ":", "2.prod_1:", "2.prod_1:!", "2.prod_1:LQ", "2.prod_1:bWludA", "2.ord_1:bWludCAt"] {
            assert_eq!(Place::parse(text, &query), Err(CursorError::Foreign), "{text}");
        }
    }
}
