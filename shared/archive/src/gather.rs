//! Gathering: events of one shard of the stream, by day and type, as they are put.

use std::collections::BTreeMap;
use std::io;

use crate::key::{ArchiveKey, Span, digest_of};
use crate::line::Line;
use crate::manifest::Manifest;
use crate::object::{Object, Packing};

/// What is put at one time: the objects, then the manifest that tells of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// Objects with events.
    pub objects: Vec<Object>,
    /// Their manifest.
    pub manifest: Object,
}

/// Gathers the events of records of a shard, in its order, each with its position; none where no record has an event. `previous` is
/// the key of the manifest that was put before. Events are read from the records once to find their places and once more to be
/// packed, an object after the other: beside the records memory holds what is packed, and a record's events.
///
/// # Errors
/// None that memory gives.
pub fn gather<R>(
    shard: &str,
    previous: Option<&str>,
    records: &[(&str, R)],
    lines: impl Fn(&R) -> Vec<Line>,
) -> io::Result<Option<Flush>> {
    let (Some((first, _)), Some((last, _))) = (records.first(), records.last()) else { return Ok(None) };
    let span = Span { shard: shard.to_owned(), first: (*first).to_owned(), last: (*last).to_owned() };
    let mut places = BTreeMap::<(String, String), Vec<&R>>::new();
    for (_, record) in records {
        for line in lines(record) {
            let held = places.entry((line.date(), line.event_type)).or_default();
            if !held.last().is_some_and(|last| std::ptr::eq(*last, record)) {
                held.push(record);
            }
        }
    }
    let mut objects = Vec::with_capacity(places.len());
    for ((date, event_type), held) in places {
        let (mut packing, mut events) = (Packing::of(&span), 0);
        for line in held.into_iter().flat_map(&lines) {
            if line.event_type == event_type && line.date() == date {
                packing.add(&line)?;
                events += 1;
            }
        }
        let bytes = packing.finish()?;
        let digest = digest_of(&bytes);
        let key = ArchiveKey::Events { date, event_type, span: span.clone(), digest };
        objects.push(Object { key, bytes, events });
    }
    if objects.is_empty() {
        return Ok(None);
    }
    let manifest = Manifest::of(&objects, previous).pack(span)?;
    Ok(Some(Flush { objects, manifest }))
}

#[cfg(test)]
pub(crate) mod tests {
    use shotengai_contracts::{EventType, samples};

    use super::*;

    /// What is put of these records of `shard-1`.
    pub(crate) fn flush(previous: Option<&Flush>, records: &[(&str, Vec<Line>)]) -> Flush {
        let previous = previous.map(|flush| flush.manifest.key.to_string());
        gather("shard-1", previous.as_deref(), records, Vec::clone).unwrap().unwrap()
    }

    fn line(event_type: EventType, time: &str) -> Line {
        let mut sample = samples::envelope(event_type).unwrap();
        sample.time = time.parse().unwrap();
        Line::read(&sample.to_json()).unwrap()
    }

    #[test]
    fn there_is_an_object_for_each_day_and_type() {
        let (paid, placed) = (EventType::OrderPaid, EventType::OrderPlaced);
        let Flush { objects, manifest } = flush(
            None,
            &[
                ("7", vec![line(paid, "2026-01-31T23:59:59Z"), line(placed, "2026-01-31T23:59:59Z")]),
                ("8", vec![]),
                ("9", vec![line(paid, "2026-02-01T00:00:00Z"), line(paid, "2026-02-01T00:00:00Z")]),
            ],
        );
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
        for records in [vec![], vec![("1", vec![])]] {
            assert_eq!(gather("shard-1", None, &records, Vec::clone).unwrap(), None);
        }
    }
}
