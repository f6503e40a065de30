use std::sync::Arc;

use bytes::Bytes;
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{ManualClock, Ports, Version};
use shotengai_testing::memory::MemoryBucket;

use super::*;
use crate::gather::Flush;
use crate::gather::tests::flush;

/// An archive of three flushes with two objects each, and its bucket.
async fn archive() -> (Shelf, Arc<dyn Bucket>, Vec<Flush>) {
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let bucket: Arc<dyn Bucket> = Arc::new(MemoryBucket::new("archive", ports));
    let shelf = Shelf::new(Arc::clone(&bucket));
    let mut flushes = Vec::<Flush>::new();
    for at in 1..=3 {
        let line = |event_type| {
            let mut event = samples::envelope(event_type).unwrap();
            event.aggregateversion = Version::new(at);
            Line::read(&event.to_json()).unwrap()
        };
        let lines = [EventType::OrderPaid, EventType::OrderPlaced].map(line).to_vec();
        let flush = flush(flushes.last(), &[(at.to_string().as_str(), lines)]);
        for object in flush.objects.iter().chain([&flush.manifest]) {
            shelf.put(object).await.unwrap();
        }
        flushes.push(flush);
    }
    (shelf, bucket, flushes)
}

async fn read(shelf: &Shelf) -> (Shelved, usize) {
    let mut lines = 0;
    let count = |_| {
        lines += 1;
        Ok(())
    };
    let shelved = shelf.read_all(count, &|_| {}).await.unwrap();
    (shelved, lines)
}

async fn put(bucket: &Arc<dyn Bucket>, key: &str, bytes: impl Into<Bytes>) {
    let object =
        NewObject { key: key.to_owned(), content_type: "application/gzip", cache_control: "", bytes: bytes.into() };
    bucket.put(object).await.unwrap();
}

fn faults(shelved: &Shelved) -> Vec<(&str, &str)> {
    shelved.damages.iter().map(|damaged| (damaged.key.as_str(), damaged.fault)).collect()
}

#[tokio::test]
async fn a_whole_archive_is_read_whole() {
    let (shelf, _, _) = archive().await;
    let (shelved, lines) = read(&shelf).await;
    assert_eq!((shelved.objects, shelved.manifests, shelved.events, lines), (6, 3, 6, 6));
    assert_eq!(faults(&shelved), []);
}

#[tokio::test]
async fn every_object_that_something_is_wrong_with_is_named() {
    let (shelf, bucket, flushes) = archive().await;
    let object = |flush: usize, at: usize| &flushes[flush].objects[at];
    let key = |flush: usize, at: usize| object(flush, at).key.to_string();
    let (edited, cut, gone) = (key(0, 0), key(1, 0), key(2, 0));
    put(&bucket, &edited, object(1, 0).bytes.clone()).await;
    put(&bucket, &cut, object(1, 0).bytes.slice(..40)).await;
    bucket.delete(std::slice::from_ref(&gone)).await.unwrap();
    let copy = key(0, 1).replace("shard-1-1-1", "shard-1-1-2");
    put(&bucket, &copy, object(0, 1).bytes.clone()).await;
    let before = key(2, 1).replace("type=OrderPlaced", "type=CopiedPlaced");
    put(&bucket, &before, object(2, 1).bytes.clone()).await;
    let renamed = "events/date=2026-01-01/type=OrderPaid/copy.jsonl.gz";
    put(&bucket, renamed, object(1, 1).bytes.clone()).await;
    put(&bucket, "events/readme.txt", "hello").await;
    let cut_manifest = flushes[1].manifest.key.to_string();
    put(&bucket, &cut_manifest, flushes[1].manifest.bytes.slice(..20)).await;

    let (shelved, lines) = read(&shelf).await;
    let mut expected = [
        (edited.as_str(), "edited"),
        (cut.as_str(), "truncated"),
        (gone.as_str(), "missing"),
        (copy.as_str(), "doubled"),
        (before.as_str(), "doubled"),
        (renamed, "doubled"),
        ("events/readme.txt", "stranger"),
        (cut_manifest.as_str(), "truncated"),
    ];
    expected.sort_unstable();
    assert_eq!(faults(&shelved), expected);
    // Three are whole; what has a double is read once.
    assert_eq!((shelved.events, lines, shelved.objects), (3, 3, 9));
    let of = |key: &str| shelved.damages.iter().find(|damaged| damaged.key == key).unwrap().detail.clone();
    assert_eq!(of(renamed), format!("it is a double of {}", key(1, 1)));
    assert_eq!(of(&gone), format!("it is missing: {} tells of it", flushes[2].manifest.key));
}

#[tokio::test]
async fn objects_without_a_manifest_are_read_too() {
    let (shelf, bucket, flushes) = archive().await;
    assert_eq!(read(&shelf).await.0.unlisted, 0);
    bucket.delete(&[flushes[2].manifest.key.to_string()]).await.unwrap();
    let (shelved, lines) = read(&shelf).await;
    assert_eq!((shelved.manifests, lines, shelved.unlisted, faults(&shelved)), (2, 6, 2, vec![]));
}

#[tokio::test]
async fn what_is_gone_together_with_its_manifest_is_known_by_the_next_one() {
    let (shelf, bucket, flushes) = archive().await;
    let Flush { objects, manifest } = &flushes[1];
    let keys: Vec<String> = objects.iter().chain([manifest]).map(|object| object.key.to_string()).collect();
    bucket.delete(&keys).await.unwrap();
    let (shelved, lines) = read(&shelf).await;
    assert_eq!((faults(&shelved), shelved.lost, lines), (vec![(keys[2].as_str(), "missing")], 1, 4));
    assert!(shelved.damages[0].detail.contains(&flushes[2].manifest.key.to_string()), "{shelved:?}");
}

/// An archiver that dies after a put and before its checkpoint reads on from before: from there to another position.
#[tokio::test]
async fn what_was_put_again_from_there_to_another_position_is_no_double() {
    let (shelf, _, _) = archive().await;
    let line = |at: u64| {
        let mut event = samples::envelope(EventType::OrderPaid).unwrap();
        event.aggregateversion = Version::new(at);
        // One of the first flush stands here alone; the others are of a type that comes often.
        event.event_type = if at == 1 { event.event_type } else { "OrderSeen".to_owned() };
        vec![Line::read(&event.to_json()).unwrap()]
    };
    let flush = flush(None, &[("1", line(1)), ("2", line(2)), ("3", line(3))]);
    for object in flush.objects.iter().chain([&flush.manifest]) {
        shelf.put(object).await.unwrap();
    }
    let (shelved, lines) = read(&shelf).await;
    assert_eq!((shelved.damaged, shelved.objects, lines), (0, 8, 9), "{shelved:?}");
}

#[tokio::test]
async fn of_doubles_without_a_manifest_the_one_that_fits_its_name_is_read() {
    let (shelf, bucket, flushes) = archive().await;
    let object = &flushes[2].objects[0];
    let copy = object.key.to_string().replace("date=", "date=1");
    put(&bucket, &copy, object.bytes.clone()).await;
    bucket.delete(&[flushes[2].manifest.key.to_string()]).await.unwrap();
    let (shelved, lines) = read(&shelf).await;
    assert!(copy < object.key.to_string());
    assert_eq!((faults(&shelved), shelved.lost, lines), (vec![(copy.as_str(), "doubled")], 0, 6));
}

#[tokio::test]
async fn damages_are_counted_and_some_of_each_kind_are_named() {
    let (shelf, bucket, flushes) = archive().await;
    for at in 0..9 {
        put(&bucket, &format!("events/readme-{at}"), "hello").await;
    }
    bucket.delete(&[flushes[0].objects[0].key.to_string()]).await.unwrap();
    let (shelved, _) = read(&shelf.naming(2)).await;
    assert_eq!((shelved.damaged, shelved.lost, shelved.damages.len(), shelved.more_damages()), (10, 1, 3, 7));
}

#[tokio::test]
async fn an_object_that_is_too_large_is_named_and_the_others_are_read() {
    let (shelf, bucket, flushes) = archive().await;
    let key = flushes[0].objects[0].key.to_string();
    put(&bucket, &key, vec![b'x'; 20_000]).await;
    let (shelved, lines) = read(&Shelf { most_bytes: 10_000, ..shelf }).await;
    assert_eq!((faults(&shelved), lines), (vec![(key.as_str(), "damaged")], 5));
    assert!(shelved.damages[0].detail.contains("20000 bytes"), "{shelved:?}");
}
