//! Moments as PostgreSQL keeps them, also those that no calendar of ours has.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use super::parameter::Parameter;

/// Microseconds from 1970 to 2000, where PostgreSQL's count begins.
const EPOCH: i64 = 946_684_800_000_000;

/// A `timestamptz`, in PostgreSQL's own count. Places in lists are of these: a row that somebody damaged may hold
/// `infinity`, and a list has to come by it all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Reads microseconds since 1970, as [`fmt::Display`] writes them. Before 1970 there was no street.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let micros: i64 = text.parse().ok().filter(|micros| *micros >= 0)?;
        Some(Self(if micros == i64::MAX { micros } else { micros - EPOCH }))
    }
}

impl fmt::Display for Moment {
    /// Time as it is written: what is before 1970 as 1970, and the end of time (`infinity`) as the largest number that there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.saturating_add(EPOCH).max(0).fmt(f)
    }
}

impl<'a> FromSql<'a> for Moment {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }

    accepts!(TIMESTAMPTZ);
}

impl ToSql for Moment {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl Parameter for Moment {
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        (self, Type::TIMESTAMPTZ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_microseconds_since_1970_and_read_back() {
        for (count, text) in [(0, "946684800000000"), (-EPOCH, "0"), (1, "946684800000001")] {
            assert_eq!((Moment(count).to_string(), Moment::parse(text)), (text.to_owned(), Some(Moment(count))));
        }
        assert_eq!(Moment::parse(&Moment(i64::MAX).to_string()), Some(Moment(i64::MAX)), "infinity");
        assert_eq!(Moment(i64::MIN).to_string(), "0");
        assert_eq!(Moment::parse("-1"), None);
    }
}
