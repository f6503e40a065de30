//! Places in sorted lists: where a page ends, so that the next one begins behind it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::listed::Listed;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::conditions::Conditions;
use crate::damaged::listed;
use crate::database::{Database, Moment};
use crate::store::column;

/// Order of a list: by a key, and by the id where that is equal.
pub trait Sorting: Copy + PartialEq + 'static {
    /// The id of an entry.
    type Id: FromStr;
    /// All of them. The first is what a list is sorted by unless somebody says otherwise, and that one by a moment.
    const ALL: &'static [Self];
    /// The expression of the id in statements.
    const ID: &'static str;

    /// As it travels.
    fn name(self) -> &'static str;
    /// Its expression in statements.
    fn key(self) -> &'static str;
    /// Type of that expression's answer.
    fn kind(self) -> KeyKind;
    /// Whether the largest comes first.
    fn descends(self) -> bool;

    /// Order of a list unless somebody says otherwise.
    #[must_use]
    fn usual() -> Self {
        Self::ALL[0]
    }
}

/// Types of keys that a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// When something happened.
    Moment,
    /// A whole number.
    Number,
    /// A text.
    Text,
}

/// Key of an entry in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// When something happened.
    Moment(Moment),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// The last entry of a page: the next page begins after it. Travels as `<sort>.<key>.<id>`, in the usual order as
/// `<microseconds>.<id>`, which callers should not take apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<S> {
    /// Order of the list.
    pub sort: S,
    /// Key of the entry there.
    pub key: Key,
    /// Its id as it stands in the table: a damaged row's may be none of ours.
    pub id: String,
}

/// A text that is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is no cursor of any of its orders.
    #[error("must be a \"next_cursor\" of this list, unchanged")]
    Foreign,
    /// It is one of another order.
    #[error("is of sort={of}, not of sort={wanted}: begin again without it")]
    OtherSort {
        /// The order that it is of.
        of: &'static str,
        /// The order that was asked for.
        wanted: &'static str,
    },
}

impl<S: Sorting> Cursor<S> {
    /// Reads a cursor of a list in this order.
    ///
    /// # Errors
    /// [`CursorError`].
    pub fn parse(text: &str, wanted: S) -> Result<Self, CursorError> {
        let cursor = Self::read(text).ok_or(CursorError::Foreign)?;
        if cursor.sort != wanted {
            return Err(CursorError::OtherSort { of: cursor.sort.name(), wanted: wanted.name() });
        }
        Ok(cursor)
    }

    fn read(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let (sort, key, id) = match parts[..] {
            [key, id] => (S::usual(), key, id),
            [sort, key, id] => (S::ALL.iter().copied().find(|known| known.name() == sort)?, key, id),
            _ => return None,
        };
        Some(Self { sort, key: Key::parse(key, sort.kind())?, id: id_of::<S>(id)? })
    }

    /// The place of a row that [`select`] has answered.
    pub(crate) fn of(sort: S, row: &Row) -> Result<Self, Fault> {
        let key = match sort.kind() {
            KeyKind::Moment => Key::Moment(column(row, PLACE)?),
            KeyKind::Number => Key::Number(column(row, PLACE)?),
            KeyKind::Text => Key::Text(column(row, PLACE)?),
        };
        Ok(Self { sort, key, id: column(row, PLACE_ID)? })
    }
}

/// An id in a cursor. One that is none of ours is `~` and its text in base64.
fn id_of<S: Sorting>(text: &str) -> Option<String> {
    match text.strip_prefix('~') {
        None => text.parse::<S::Id>().ok().map(|_| text.to_owned()),
        Some(coded) => decoded(coded),
    }
}

/// PostgreSQL keeps no NUL in a text, and takes none.
fn decoded(text: &str) -> Option<String> {
    let text = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
    (!text.contains('\0')).then_some(text)
}

impl Key {
    fn parse(text: &str, kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::Moment => Moment::parse(text).map(Self::Moment),
            KeyKind::Number => text.parse().ok().map(Self::Number),
            KeyKind::Text => decoded(text).map(Self::Text),
        }
    }
}

impl<S: Sorting> fmt::Display for Cursor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sort != S::usual() {
            write!(f, "{}.", self.sort.name())?;
        }
        match &self.key {
            Key::Moment(moment) => write!(f, "{moment}.")?,
            Key::Number(number) => write!(f, "{number}.")?,
            Key::Text(text) => write!(f, "{}.", BASE64.encode(text))?,
        }
        match id_of::<S>(&self.id) {
            Some(id) if id == self.id => f.write_str(&id),
            _ => write!(f, "~{}", BASE64.encode(&self.id)),
        }
    }
}

const PLACE: &str = "place";
const PLACE_ID: &str = "place_id";

/// A statement that answers a page and one entry more: `what` (columns and tables, up to `WHERE`) of all that meets
/// `conditions`, sorted so, behind `after`.
pub(crate) fn select<S: Sorting>(
    columns: &str,
    tables: &str,
    mut conditions: Conditions,
    sort: S,
    after: Option<&Cursor<S>>,
    limit: u32,
) -> (String, Conditions) {
    let (key, id) = (sort.key(), S::ID);
    let (direction, behind) = if sort.descends() { ("DESC", "<") } else { ("ASC", ">") };
    if let Some(Cursor { key: place, id: last, .. }) = after {
        let place = match place {
            Key::Moment(moment) => conditions.value(*moment),
            Key::Number(number) => conditions.value(*number),
            Key::Text(text) => conditions.value(text.clone()),
        };
        let last = conditions.value(last.clone());
        conditions.and(format!("({key}, {id}) {behind} ({place}, {last})"));
    }
    let limit = conditions.value(i64::from(limit) + 1);
    let statement = format!(
        "SELECT {columns}, {key} AS {PLACE}, {id} AS {PLACE_ID} FROM {tables} WHERE {conditions} \
         ORDER BY {key} {direction}, {id} {direction} LIMIT {limit}"
    );
    (statement, conditions)
}

/// A page of entries that `read` makes of the rows of [`select`]'s statement; one that it can't read shows as damaged.
///
/// # Errors
/// A [`Fault`] of the database.
pub(crate) async fn paged<T, S: Sorting>(
    (database, operation): (&Database, &'static str),
    (statement, conditions): (String, Conditions),
    (sort, limit): (S, u32),
    table: &'static str,
    read: impl Fn(&Row) -> Result<T, Fault>,
) -> Result<Page<Listed<T>>, Fault> {
    let rows = database.session().await?.query(operation, &statement, &conditions.values()).await?;
    let entries = rows.iter().map(|row| listed(table, sort, row, &read)).collect::<Result<_, _>>()?;
    Ok(cut(entries, limit))
}

/// The page of the first `limit` of `entries`, which were asked for with one more to see whether there is a next.
pub(crate) fn cut<T, S: Sorting>(mut entries: Vec<(T, Cursor<S>)>, limit: u32) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next_cursor = entries.last().filter(|_| more).map(|(_, cursor)| cursor.to_string());
    Page { items: entries.into_iter().map(|(entry, _)| entry).collect(), next_cursor }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::api::filters::{OrderSort, ProductSort};

    use super::*;

    #[test]
    fn a_cursor_survives_its_journey() {
        let at = || Key::Moment(Moment::parse("1767225600000001").unwrap());
        for (sort, key, id, wanted) in [
            (ProductSort::Oldest, at(), "prod_1", "1767225600000001.prod_1"),
            (ProductSort::Newest, at(), "prod_1", "newest.1767225600000001.prod_1"),
            (ProductSort::Price, Key::Number(200), "prod_1", "price.200.prod_1"),
            (ProductSort::PriceDown, Key::Number(-1), "prod_1", "-price.-1.prod_1"),
            (ProductSort::Name, Key::Text("きのこ".to_owned()), "prod_1", "name.44GN44Gu44GT.prod_1"),
            (ProductSort::Name, Key::Text(String::new()), "no id", "name..~bm8gaWQ"),
        ] {
            let cursor = Cursor { sort, key, id: id.to_owned() };
            assert_eq!(cursor.to_string(), wanted);
            assert_eq!(Cursor::parse(wanted, sort), Ok(cursor));
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused_by_name() {
        let refused = Cursor::parse("price.200.prod_1", ProductSort::Oldest).unwrap_err();
        assert_eq!(refused.to_string(), "is of sort=price, not of sort=oldest: begin again without it");
        let refused = Cursor::parse("1.ord_1", OrderSort::Oldest).unwrap_err();
        assert_eq!(refused, CursorError::OtherSort { of: "newest", wanted: "oldest" });
    }

    #[test]
    fn what_is_no_cursor_of_this_list_is_refused() {
        for text in [
            "",
            ".",
            "..",
            "...",
            "1",
            "1.",
            "1.ord_1",
            "x.prod_1",
            "-1.prod_1",
            "9223372036854775808.prod_1",
            "1.prod_ü",
            "lost.1.prod_1",
            "price.x.prod_1",
            "name.!.prod_1",
            "name.AA.prod_1",
            "1.~AA",
            "1.~!",
        ] {
            assert_eq!(Cursor::parse(text, ProductSort::Oldest), Err(CursorError::Foreign), "{text}");
        }
    }
}
