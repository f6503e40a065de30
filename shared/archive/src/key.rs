//! Names of objects: `events/date=2026-01-31/type=OrderPlaced/<shard>-<first>-<last>-<digest>.jsonl.gz`.
//!
//! Tools that know Hive's partitions (DuckDB, Athena, Spark) take `date` and `type` for columns. The digest is of the object's
//! bytes: an object that fits its name is as it was put.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::line::Line;

/// How the keys of objects with events begin.
pub const EVENTS: &str = "events/";
/// How the keys of manifests begin.
pub const MANIFESTS: &str = "manifests/";
/// How the name of an object with events ends.
const LINES: &str = ".jsonl.gz";
const JSON: &str = ".json";
/// So many digits of a SHA-256 stand in a name: 128 bits, by which no two objects are taken for one.
const DIGITS: usize = 32;

/// Records of a shard of the stream, from one position to another, both included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The shard.
    pub shard: String,
    /// The position of the first record.
    pub first: String,
    /// The position of the last.
    pub last: String,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shard, first, last } = self;
        write!(f, "{}-{first}-{last}", encoded(shard))
    }
}

/// The name of an object of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveKey {
    /// Events of one day and one type.
    Events {
        /// The day that they were decided on, in UTC.
        date: String,
        /// Their type.
        event_type: String,
        /// The records that they came in.
        span: Span,
        /// The first digits of the SHA-256 of the object's bytes.
        digest: String,
    },
    /// What was put together with others.
    Manifest {
        /// The records that it is about.
        span: Span,
        /// As that of events.
        digest: String,
    },
}

/// A key that no object of the archive has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no name of an object of the archive")]
pub struct KeyError;

impl ArchiveKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError`] for any that was not made here.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let read = || {
            if let Some(rest) = text.strip_prefix(MANIFESTS) {
                let (shard, name) = rest.split_once('/')?;
                let mut parts = name.strip_suffix(JSON)?.split('-');
                let (first, last, digest) = (parts.next()?, parts.next()?, parts.next()?);
                let span = Span { shard: decoded(shard)?, first: first.to_owned(), last: last.to_owned() };
                return Some(Self::Manifest { span, digest: digest.to_owned() });
            }
            let (date, rest) = text.strip_prefix(EVENTS)?.strip_prefix("date=")?.split_once('/')?;
            let (event_type, name) = rest.strip_prefix("type=")?.split_once('/')?;
            let mut parts = name.strip_suffix(LINES)?.rsplitn(4, '-');
            let (digest, last, first, shard) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let span = Span { shard: decoded(shard)?, first: first.to_owned(), last: last.to_owned() };
            let event_type = decoded(event_type)?;
            Some(Self::Events { date: date.to_owned(), event_type, span, digest: digest.to_owned() })
        };
        // Whatever else could be read from it: what is written anew is not the same then.
        read().filter(|key| key.to_string() == text && is_digest(key.digest())).ok_or(KeyError)
    }

    /// Whether an event belongs into what it names.
    #[must_use]
    pub fn is_for(&self, line: &Line) -> bool {
        match self {
            Self::Events { date, event_type, .. } => *event_type == line.event_type && *date == line.date(),
            Self::Manifest { .. } => false,
        }
    }

    /// The records that it is about.
    #[must_use]
    pub const fn span(&self) -> &Span {
        match self {
            Self::Events { span, .. } | Self::Manifest { span, .. } => span,
        }
    }

    /// The digits of the bytes that it names, as a number.
    #[must_use]
    pub fn number(&self) -> u128 {
        number_of(self.digest())
    }

    /// The digits of the bytes that it names.
    #[must_use]
    pub fn digest(&self) -> &str {
        match self {
            Self::Events { digest, .. } | Self::Manifest { digest, .. } => digest,
        }
    }
}

impl fmt::Display for ArchiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events { date, event_type, span, digest } => {
                write!(f, "{EVENTS}date={date}/type={}/{span}-{digest}{LINES}", encoded(event_type))
            }
            Self::Manifest { span: Span { shard, first, last }, digest } => {
                write!(f, "{MANIFESTS}{}/{first}-{last}-{digest}{JSON}", encoded(shard))
            }
        }
    }
}

/// The digits by which bytes are known in a name.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    let mut digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(DIGITS);
    digits
}

/// Digits as a number: what is remembered of many names is small.
#[must_use]
pub fn number_of(digest: &str) -> u128 {
    u128::from_str_radix(digest, 16).unwrap_or_default()
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Text as part of a key: letters, digits, `-`, `_` and `.` as they are, all else as in a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span() -> Span {
        Span { shard: "shardId-000000000000".to_owned(), first: "49590338".to_owned(), last: "49590339".to_owned() }
    }

    #[test]
    fn a_key_says_day_type_and_records() {
        let digest = digest_of(b"x");
        let key = ArchiveKey::Events {
            date: "2026-01-31".to_owned(),
            event_type: "OrderPlaced".to_owned(),
            span: span(),
            digest: digest.clone(),
        };
        let text =
            format!("events/date=2026-01-31/type=OrderPlaced/shardId-000000000000-49590338-49590339-{digest}.jsonl.gz");
        assert_eq!(key.to_string(), text);
        assert_eq!(ArchiveKey::parse(&text), Ok(key));
        let manifest = ArchiveKey::Manifest { span: span(), digest: digest.clone() };
        assert_eq!(manifest.to_string(), format!("manifests/shardId-000000000000/49590338-49590339-{digest}.json"));
        assert_eq!(ArchiveKey::parse(&manifest.to_string()), Ok(manifest));
    }

    #[test]
    fn other_keys_are_no_names_of_objects() {
        let digest = digest_of(b"x");
        for text in [
            String::new(),
            "events/".to_owned(),
            "events/date=2026-01-31/type=OrderPlaced/copy.jsonl.gz".to_owned(),
            "events/date=2026-01-31/type=OrderPlaced/s-1-2-abc.jsonl.gz".to_owned(),
            format!("events/date=2026-01-31/type=OrderPlaced/s-1-2-{digest}.jsonl"),
            format!("events/date=2026-01-31/type=Order%zzPlaced/s-1-2-{digest}.jsonl.gz"),
            format!("events/date=2026-01-31/type=Order%50laced/s-1-2-{digest}.jsonl.gz"),
            format!("events/date=2026-01-31/type=OrderPlaced/s-1-2-{digest}.jsonl.gz.bak"),
            format!("manifests/s/1-2-3-{digest}.json"),
            format!("manifests/s/1-2-{}.json", digest.to_uppercase()),
            format!("manifests/s/1-2-{}.json", "x".repeat(DIGITS)),
        ] {
            assert_eq!(ArchiveKey::parse(&text), Err(KeyError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_type_and_shard_comes_back(event_type in "\\PC{1,20}", shard in "\\PC{1,20}") {
            let (digest, span) = (digest_of(b"x"), Span { shard, first: "1".to_owned(), last: "2".to_owned() });
            let key = ArchiveKey::Events { date: "2026-01-31".to_owned(), event_type, span, digest };
            let text = key.to_string();
            prop_assert_eq!(text.matches('/').count(), 3);
            prop_assert_eq!(ArchiveKey::parse(&text), Ok(key));
        }
    }
}
