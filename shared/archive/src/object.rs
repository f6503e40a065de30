//! An object with events: gzip'd JSON Lines.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder, GzHeader};

use crate::key::{ArchiveKey, Span, digest_of};
use crate::line::Line;

/// The most bytes that are fetched of an object; those that are put have far fewer.
pub const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// The most bytes of a line: a commit's item in a table has 400 KB at the most.
const LINE_MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Where an object was made says nothing about it.
const ANY_SYSTEM: u8 = 255;

/// An object of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: ArchiveKey,
    /// Its bytes.
    pub bytes: Bytes,
    /// Events in it; none in a manifest.
    pub events: u64,
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Its name was not made by the archive.
    #[error("its name is none of the archive")]
    Stranger,
    /// Its end is missing.
    #[error("it is truncated")]
    Truncated,
    /// It can be read whole and is not what was put under this name.
    #[error("it was edited: its bytes are not those that its name tells")]
    Edited,
    /// Its events are of another day, another type or other records than its name tells.
    #[error("it was renamed: its events are of another day, another type or other records than its name tells")]
    Renamed,
    /// It can't be read.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Another object has the same bytes.
    #[error("it is a double of {0}")]
    Doubled(String),
    /// A manifest tells of it, and it is not there.
    #[error("it is missing: {manifest} tells of it")]
    Missing {
        /// The manifest's key.
        manifest: String,
    },
}

impl Damage {
    /// Whether nothing is lost by it: all that a double says, another object says.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::Doubled(_) | Self::Stranger)
    }

    /// A stable word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Truncated => "truncated",
            Self::Edited => "edited",
            Self::Renamed => "renamed",
            Self::Damaged(_) => "damaged",
            Self::Doubled(_) => "doubled",
            Self::Missing { .. } => "missing",
        }
    }
}

/// Lines on their way into an object. The same lines of the same records give the same bytes. The records stand in the header:
/// whoever reads a part of the stream again, from the same position to another, puts other bytes.
pub struct Packing(GzEncoder<Vec<u8>>);

impl Packing {
    /// Of events of these records.
    #[must_use]
    pub fn of(span: &Span) -> Self {
        let header = GzBuilder::new().mtime(0).operating_system(ANY_SYSTEM).comment(span.to_string());
        Self(header.write(Vec::new(), Compression::default()))
    }

    /// Adds an event.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn add(&mut self, line: &Line) -> io::Result<()> {
        self.0.write_all(line.text.as_bytes())?;
        self.0.write_all(b"\n")
    }

    /// The object's bytes.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn finish(self) -> io::Result<Bytes> {
        self.0.finish().map(Bytes::from)
    }
}

/// Reads an object, a line at a time; answers how many there were. What `each` got counts only where this succeeds.
///
/// # Errors
/// The [`Damage`] that was found. Of what is edited and damaged nothing can be believed.
pub fn unpack(key: &ArchiveKey, bytes: &[u8], mut each: impl FnMut(Line)) -> Result<u64, Damage> {
    let fits = key.digest() == digest_of(bytes);
    let mut events = 0;
    let mut reader = BufReader::new(GzDecoder::new(bytes));
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE_MOST_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(Damage::Truncated),
            Err(error) => return Err(Damage::Damaged(error.to_string())),
        }
        if !fits {
            continue;
        }
        let text = std::str::from_utf8(&line).ok().and_then(|text| text.strip_suffix('\n'));
        let text = text.ok_or_else(|| Damage::Damaged(format!("line {} is no whole text", events + 1)))?;
        let read =
            Line::read(text).map_err(|error| Damage::Damaged(format!("line {}: {}", events + 1, error.reason())))?;
        if !key.is_for(&read) {
            return Err(Damage::Renamed);
        }
        each(read);
        events += 1;
    }
    // Behind the end of the first member: bytes that were appended are not decoded, and fit no name either.
    if !fits {
        return Err(Damage::Edited);
    }
    let records = reader.get_ref().header().and_then(GzHeader::comment);
    if records == Some(key.span().to_string().as_bytes()) { Ok(events) } else { Err(Damage::Renamed) }
}

#[cfg(test)]
pub(crate) mod tests {
    use shotengai_contracts::{EventType, samples};

    use super::*;
    use crate::gather::tests::flush;

    /// An object with so many events.
    pub(crate) fn object(events: u64) -> Object {
        let positions: Vec<String> = (1..=events).map(|at| at.to_string()).collect();
        let line = |at: u64| {
            let mut event = samples::envelope(EventType::OrderPaid).unwrap();
            event.aggregateversion = shotengai_kernel::Version::new(at);
            Line::read(&event.to_json()).unwrap()
        };
        let records: Vec<_> = positions.iter().zip(1..).map(|(text, at)| (text.as_str(), vec![line(at)])).collect();
        flush(None, &records).objects.remove(0)
    }

    fn read(key: &ArchiveKey, bytes: &[u8]) -> Result<u64, Damage> {
        unpack(key, bytes, |_| {})
    }

    #[test]
    fn what_was_put_is_read_line_by_line() {
        let object = object(3);
        let mut versions = Vec::new();
        let count = unpack(&object.key, &object.bytes, |line| versions.push(line.version.get()));
        assert_eq!((count, versions), (Ok(3), vec![1, 2, 3]));
    }

    #[test]
    fn the_same_lines_are_the_same_bytes() {
        assert_eq!(object(3), object(3));
    }

    #[test]
    fn the_same_lines_of_other_records_are_other_bytes() {
        let line = |at| Line::read(&samples::envelope(at).unwrap().to_json()).unwrap();
        let ending =
            |last: &str| flush(None, &[("1", vec![line(EventType::OrderPaid)]), (last, vec![])]).objects.remove(0);
        assert_ne!(ending("10").bytes, ending("25").bytes);
    }

    #[test]
    fn an_object_that_was_cut_anywhere_is_truncated() {
        let object = object(20);
        for left in [0, 1, 9, 30, object.bytes.len() / 2, object.bytes.len() - 1] {
            let damage = read(&object.key, &object.bytes[..left]).unwrap_err();
            let expected = if left == 0 { Damage::Edited } else { Damage::Truncated };
            assert!(damage == Damage::Truncated || damage == expected, "{left}: {damage:?}");
        }
    }

    #[test]
    fn an_object_that_was_written_anew_is_edited() {
        let object = object(3);
        let mut packing = Packing::of(object.key.span());
        unpack(&object.key, &object.bytes, |line| {
            packing.add(&Line { text: line.text.replace("OrderPaid", "OrderFree"), ..line }).unwrap();
        })
        .unwrap();
        assert_eq!(read(&object.key, &packing.finish().unwrap()), Err(Damage::Edited));
        let appended = [object.bytes.as_ref(), b"x"].concat();
        assert_eq!(read(&object.key, &appended), Err(Damage::Edited));
    }

    #[test]
    fn an_object_under_the_name_of_another_day_type_or_records_is_renamed() {
        let object = object(3);
        for (from, to) in [
            ("type=OrderPaid", "type=OrderPlaced"),
            ("date=2026-01-01", "date=2026-01-02"),
            ("shard-1-1-3", "shard-1-1-4"),
            ("shard-1-1-3", "shard-2-1-3"),
        ] {
            let key = object.key.to_string().replace(from, to);
            assert_eq!(read(&ArchiveKey::parse(&key).unwrap(), &object.bytes), Err(Damage::Renamed), "{key}");
        }
    }

    #[test]
    fn a_bit_that_fell_over_never_passes() {
        let object = object(3);
        for at in 0..object.bytes.len() {
            let mut bytes = object.bytes.to_vec();
            bytes[at] ^= 0x10;
            assert!(read(&object.key, &bytes).is_err(), "{at}");
        }
    }
}
