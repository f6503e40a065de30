//! Gathering: events of one shard of the stream, by day and type, until they are put.

use std::collections::BTreeMap;
use std::io;

use crate::key::{ArchiveKey, Span, digest_of};
use crate::line::Line;
use crate::manifest::Manifest;
use crate::object::{Object, pack};

/// Events that were read and are not in the archive yet.
#[derive(Debug)]
pub struct Gathering {
    shard: String,
    span: Option<(String, String)>,
    lines: BTreeMap<(String, String), Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    events: u64,
}

/// What is put at one time: the objects, then the manifest that tells of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// Objects with events.
    pub objects: Vec<Object>,
    /// Their manifest.
    pub manifest: Object,
}

impl Gathering {
    /// None of this shard yet.
    #[must_use]
    pub fn of(shard: impl Into<String>) -> Self {
        Self { shard: shard.into(), span: None, lines: BTreeMap::new() }
    }

    /// Adds the events of the record at this position; positions come in the shard's order. A record without any moves on.
    pub fn add(&mut self, position: &str, lines: impl IntoIterator<Item = Line>) {
        let last = position.to_owned();
        self.span = match self.span.take() {
            Some((first, _)) => Some((first, last)),
            None => Some((last.clone(), last)),
        };
        for line in lines {
            let of = self.lines.entry((line.date(), line.event_type)).or_default();
            of.text.extend_from_slice(line.text.as_bytes());
            of.text.push(b'\n');
            of.events += 1;
        }
    }

    /// What there is to put; none where no record had an event.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn flush(self) -> io::Result<Option<Flush>> {
        let Some((first, last)) = self.span.filter(|_| !self.lines.is_empty()) else { return Ok(None) };
        let span = Span { shard: self.shard, first, last };
        let mut objects = Vec::with_capacity(self.lines.len());
        for ((date, event_type), Lines { text, events }) in self.lines {
            let bytes = pack(&text, &span)?;
            let digest = digest_of(&bytes);
            let key = ArchiveKey::Events { date, event_type, span: span.clone(), digest };
            objects.push(Object { key, bytes, events });
        }
        let manifest = Manifest::of(&objects).pack(span)?;
        Ok(Some(Flush { objects, manifest }))
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::{EventType, samples};

    use super::*;

    fn line(event_type: EventType, time: &str) -> Line {
        let mut sample = samples::envelope(event_type).unwrap();
        sample.time = time.parse().unwrap();
        Line::read(&sample.to_json()).unwrap()
    }

    #[test]
    fn there_is_an_object_for_each_day_and_type() {
        let (paid, placed) = (EventType::OrderPaid, EventType::OrderPlaced);
        let mut gathering = Gathering::of("shard-1");
        gathering.add("7", [line(paid, "2026-01-31T23:59:59Z"), line(placed, "2026-01-31T23:59:59Z")]);
        gathering.add("8", []);
        gathering.add("9", [line(paid, "2026-02-01T00:00:00Z"), line(paid, "2026-02-01T00:00:00Z")]);
        let Flush { objects, manifest } = gathering.flush().unwrap().unwrap();
        let told: Vec<_> = objects.iter().map(|object| (object.key.to_string(), object.events)).collect();
        let places =
            ["date=2026-01-31/type=OrderPaid", "date=2026-01-31/type=OrderPlaced", "date=2026-02-01/type=OrderPaid"];
        for ((key, events), (place, expected)) in told.iter().zip(places.into_iter().zip([1, 1, 2])) {
            assert!(key.starts_with(&format!("events/{place}/shard-1-7-9-")), "{key}");
            assert_eq!(*events, expected);
        }
        assert_eq!(objects.len(), 3);
        assert!(manifest.key.to_string().starts_with("manifests/shard-1/7-9-"));
        let listed = Manifest::unpack(&manifest.key, &manifest.bytes).unwrap().objects;
        assert_eq!(listed.iter().map(|listed| listed.events).collect::<Vec<_>>(), [1, 1, 2]);
    }

    #[test]
    fn records_without_events_put_nothing() {
        let mut gathering = Gathering::of("shard-1");
        assert_eq!(gathering.flush().unwrap(), None);
        gathering = Gathering::of("shard-1");
        gathering.add("1", []);
        assert_eq!(gathering.flush().unwrap(), None);
    }
}
