//! Moments of the past: a time, or a version of one aggregate.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::ids::Version;

/// A moment at which something is looked at: which of its events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Those that were decided by then, by the clocks of those who decided them.
    Time(Timestamp),
    /// The first so many.
    Version(Version),
}

/// A text that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a version, or a time such as 2026-01-01T12:00:00Z; in a query string write + as %2B")]
pub struct MomentError;

/// Form of a moment as text, as a pattern of JSON Schema.
pub const MOMENT_PATTERN: &str = "^([1-9][0-9]{0,17}|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
                                  T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))$";

impl Moment {
    /// Whether an event of this version, decided at this time, lies behind the moment.
    #[must_use]
    pub fn includes(self, version: Version, time: Timestamp) -> bool {
        match self {
            Self::Time(until) => time <= until,
            Self::Version(last) => version <= last,
        }
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_version = (1..=18).contains(&text.len()) && !text.starts_with('0');
            let version = text.parse().ok().filter(|_| is_version);
            return version.map(|version| Self::Version(Version::new(version))).ok_or(MomentError);
        }
        if !is_rfc3339(text) {
            return Err(MomentError);
        }
        text.parse().map(Self::Time).map_err(|_| MomentError)
    }
}

/// Whether a text has the form of RFC 3339, with capital letters. The parser takes other forms, which no document promises.
fn is_rfc3339(text: &str) -> bool {
    const WHOLE: &[u8] = b"0000-00-00T00:00:00";
    let alike = |form: &[u8], text: &[u8]| {
        let pairs = || form.iter().zip(text);
        form.len() == text.len()
            && pairs().all(|(form, byte)| if *form == b'0' { byte.is_ascii_digit() } else { form == byte })
    };
    let Some((whole, rest)) = text.as_bytes().split_at_checked(WHOLE.len()) else { return false };
    let (fraction, zone) = match rest.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-')) {
        Some(at) => rest.split_at(at),
        None => return false,
    };
    let is_fraction = match fraction.split_first() {
        None => true,
        Some((b'.', digits)) => (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    // The minute and second of 60 are nothing's here.
    let is_whole = alike(WHOLE, whole) && whole.get(17) != Some(&b'6');
    is_whole && is_fraction && (zone == b"Z" || alike(b"+00:00", zone) || alike(b"-00:00", zone))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
            Self::Version(version) => write!(f, "version {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_version_or_a_time() {
        assert_eq!("3".parse(), Ok(Moment::Version(Version::new(3))));
        let time = Moment::Time("2026-01-01T12:00:00.5Z".parse().unwrap());
        for text in ["2026-01-01T12:00:00.5Z", "2026-01-01T21:00:00.500+09:00", "2026-01-01T07:00:00.5-05:00"] {
            assert_eq!(text.parse(), Ok(time), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let texts = [
            "",
            "0",
            "-1",
            "01",
            "1.0",
            "9999999999999999999",
            "now",
            "2026-01-01",
            "2026-01-01T12:00:00",
            "2026-01-01 12:00:00Z",
            "2026-01-01t12:00:00z",
            "2026-02-30T12:00:00Z",
            "2026-01-01T12:00:00 09:00",
            "2026-01-01T12:00:00.Z",
            "2026-01-01T12:00:60Z",
            "2026-01-01T12:00:00Z[UTC]",
            "2026-01-01T12:00:00+09:00:00",
            "２",
        ];
        for text in texts {
            assert_eq!(text.parse::<Moment>(), Err(MomentError), "{text}");
        }
    }

    #[test]
    fn what_came_later_does_not_count() {
        let (then, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert!(
            Moment::Time(then).includes(Version::new(9), then) && !Moment::Time(then).includes(Version::new(1), later)
        );
        let second = Moment::Version(Version::new(2));
        assert!(second.includes(Version::new(2), later) && !second.includes(Version::new(3), then));
    }
}
