use std::sync::Mutex;

use shotengai_contracts::{EventType, Metadata, samples};
use shotengai_kernel::{AggregateId, ManualClock, Ports, Version};
use shotengai_messaging::CommitFactory;
use shotengai_testing::memory::{MemoryBucket, MemoryEventStore};

use super::*;
use crate::compare::Fault as EventFault;
use crate::gather::tests::flush;

/// Event stores with some histories, and the archive of them.
pub(crate) struct Scene {
    pub(crate) ports: Ports,
    pub(crate) bucket: Arc<dyn shotengai_messaging::Bucket>,
    pub(crate) shelf: Shelf,
    pub(crate) order: Arc<MemoryEventStore>,
    pub(crate) stores: Stores,
}

impl Scene {
    /// So many orders with two commits, of one event and of two, each in an object of its own.
    pub(crate) async fn with(orders: usize) -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock) as _);
        let bucket: Arc<dyn shotengai_messaging::Bucket> = Arc::new(MemoryBucket::new("archive", ports.clone()));
        let shelf = Shelf::new(Arc::clone(&bucket));
        let order = Arc::new(MemoryEventStore::new("order", ports.clone()));
        let stores: Stores = vec![(Owner::Order, Arc::clone(&order) as _)];
        let factory = CommitFactory::new(ports.clone());
        let event = samples::event(EventType::OrderPaid).unwrap();
        for at in 0..orders {
            let id = AggregateId::parse(&format!("ord_{at}")).unwrap();
            let mut current = Version::ZERO;
            for events in 1..=2 {
                clock.advance(jiff::SignedDuration::from_millis(1));
                let meta = Metadata::request(ports.ids.uuid_v7(), None);
                let commit = factory.commit(id.clone(), current, &vec![event.clone(); events], &meta).unwrap();
                current = commit.last_version();
                order.append(std::slice::from_ref(&commit)).await.unwrap();
                order.clear_pending(std::slice::from_ref(&commit)).await.unwrap();
                let lines = commit.events.texts().iter().map(|text| Line::read(text).unwrap()).collect();
                let flush = flush(None, &[(format!("{at}{events}").as_str(), lines)]);
                for object in flush.objects.iter().chain([&flush.manifest]) {
                    shelf.put(object).await.unwrap();
                }
            }
        }
        Self { ports, bucket, shelf, order, stores }
    }

    /// The keys of all objects with events.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let page = self.bucket.list("events/", None, 1000).await.unwrap();
        page.objects.into_iter().map(|object| object.key).collect()
    }

    async fn verify(&self, settled: Timestamp) -> VerifyReport {
        let Self { shelf, stores, .. } = self;
        let verify = Verify { shelf, stores, settled, name_most: 3, folder: None, progress: &|_| {} };
        verify.run().await.unwrap()
    }
}

#[tokio::test]
async fn an_archive_of_all_events_is_right() {
    let scene = Scene::with(40).await;
    let report = scene.verify(Timestamp::MAX).await;
    assert!(report.is_right(), "{report:?}");
    assert_eq!((report.events.same, report.stores["order"], report.archive.events), (120, 120, 120));
}

#[tokio::test]
async fn events_of_an_object_that_is_gone_are_named_beside_it() {
    let scene = Scene::with(40).await;
    let gone = scene.keys().await.remove(5);
    scene.bucket.delete(std::slice::from_ref(&gone)).await.unwrap();
    let report = scene.verify(Timestamp::MAX).await;
    assert!(!report.is_right());
    assert_eq!((report.archive.damages[0].key.as_str(), report.archive.damages[0].fault), (gone.as_str(), "missing"));
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].fault, EventFault::Missing);
    let first = report.findings[0].first;
    assert_eq!(report.events.missing, report.findings[0].last - first + 1);
}

#[tokio::test]
async fn findings_are_counted_and_some_are_named() {
    let scene = Scene::with(40).await;
    let keys = scene.keys().await;
    for keys in keys.chunks(1000) {
        scene.bucket.delete(keys).await.unwrap();
    }
    let report = scene.verify(Timestamp::MAX).await;
    assert_eq!((report.events.missing, report.findings.len(), report.more_findings), (120, 3, 37));
    assert_eq!((report.archive.damaged, report.archive.damages.len()), (80, 80));
    assert_eq!(scene.verify(Timestamp::UNIX_EPOCH).await.events.young, 120);
}

#[tokio::test]
async fn repeated_events_are_counted_and_harmless() {
    let scene = Scene::with(10).await;
    let commits = scene.order.all_commits();
    let texts = commits.iter().flat_map(|commit| commit.events.texts());
    for object in flush(None, &[("1", texts.map(|text| Line::read(text).unwrap()).collect())]).objects {
        scene.shelf.put(&object).await.unwrap();
    }
    let report = scene.verify(Timestamp::MAX).await;
    assert!(report.is_right(), "{report:?}");
    assert_eq!((report.events.same, report.events.duplicates), (30, 30));
}

#[tokio::test]
async fn progress_is_told() {
    let scene = Scene::with(10).await;
    let told = Mutex::new((0, 0));
    let progress = |progress: Progress<'_>| {
        let mut told = told.lock().unwrap();
        match progress {
            Progress::Archive(shelved) => told.0 = shelved.objects,
            Progress::Stores(events) => told.1 = events,
            Progress::Written(_) => unreachable!("nothing is written"),
        }
    };
    let Scene { shelf, stores, .. } = &scene;
    let verify = Verify { shelf, stores, settled: Timestamp::MAX, name_most: 3, folder: None, progress: &progress };
    verify.run().await.unwrap();
    assert_eq!(*told.lock().unwrap(), (20, 30));
}
