//! The role over an installation in memory.
#![allow(clippy::unwrap_used, reason = "tests: a failed step fails the test")]

use std::sync::Arc;
use std::time::Duration;

use shotengai_archive::{Shelf, Verify};
use shotengai_archiver::{ArchiverSettings, assemble};
use shotengai_contracts::topology::{Service, buckets, tables};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Timestamp, Version};
use shotengai_messaging::ports::bucket::NewObject;
use shotengai_messaging::ports::stream::StreamRecord;
use shotengai_messaging::{CommitFactory, Condition, Infrastructure};
use shotengai_runtime::Supply;
use shotengai_testing::harness::{Running, paused_ports, until_found};
use shotengai_testing::memory::MemoryInfrastructure;
use tokio::time::Instant;

struct Scene {
    infra: Arc<MemoryInfrastructure>,
    ports: Ports,
    supply: Supply,
}

impl Scene {
    fn new() -> Self {
        let ports = paused_ports(7);
        let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
        let supply = Supply::new(Arc::clone(&infra) as _, ports.clone());
        Self { infra, ports, supply }
    }

    /// Commits an order's event and puts it into the stream.
    async fn order(&self, at: usize) {
        self.commit(Owner::Order, EventType::OrderPaid, &format!("ord_{at}")).await;
    }

    /// The same of a product.
    async fn product(&self, at: usize) {
        self.commit(Owner::Catalog, EventType::ProductCreated, &format!("prod_{at}")).await;
    }

    async fn commit(&self, owner: Owner, event_type: EventType, id: &str) {
        let id = AggregateId::parse(id).unwrap();
        let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
        let event = samples::event(event_type).unwrap();
        let commit = CommitFactory::new(self.ports.clone()).commit(id, Version::ZERO, &[event], &meta).unwrap();
        let store = self.infra.event_store(owner);
        store.append(std::slice::from_ref(&commit)).await.unwrap();
        store.clear_pending(std::slice::from_ref(&commit)).await.unwrap();
        self.put(commit.events.texts()[0].as_bytes()).await;
    }

    async fn put(&self, data: &[u8]) {
        let record = StreamRecord { key: "k".to_owned(), data: data.to_vec() };
        self.infra.stream_writer().put(&[record]).await.unwrap();
    }

    fn run(&self) -> Vec<Running> {
        let settings = ArchiverSettings { archive: true, ..ArchiverSettings::default() };
        let role = assemble(self.supply.deps(Service::ARCHIVER), &settings);
        role.workers.into_iter().map(Running::start).collect()
    }

    async fn objects(&self) -> usize {
        self.keys().await.iter().filter(|key| key.starts_with("events/")).count()
    }

    async fn keys(&self) -> Vec<String> {
        let page = self.infra.bucket(buckets::EVENT_ARCHIVE.name).list("", None, 1000).await.unwrap();
        page.objects.into_iter().map(|object| object.key).collect()
    }

    async fn is_whole(&self) -> bool {
        let shelf = Shelf::new(self.infra.bucket(buckets::EVENT_ARCHIVE.name));
        let stores = Owner::ALL.map(|owner| (owner, self.infra.event_store(owner))).to_vec();
        let (settled, progress) = (Timestamp::MAX, &|_: shotengai_archive::verify::Progress<'_>| {});
        let verify = Verify { shelf: &shelf, stores: &stores, settled, name_most: 9, folder: None, progress };
        verify.run().await.unwrap().is_right()
    }
}

async fn stop(all: Vec<Running>) {
    // As the supervisor does: all are told, then waited for.
    all.iter().for_each(|running| running.token.cancel());
    for running in all {
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_gathered_for_a_minute_and_put_together_with_what_is_no_event_passed_over() {
    let scene = Scene::new();
    let began = Instant::now();
    let running = scene.run();
    for at in 0..5 {
        scene.order(at).await;
    }
    scene.put(b"garbage").await;
    until_found("the archive has them", || async { scene.objects().await > 0 }).await;
    assert!(began.elapsed() >= Duration::from_secs(60), "{:?}", began.elapsed());
    until_found("and its manifest", || async { scene.keys().await.len() == 2 }).await;
    assert!(scene.keys().await[0].contains("/type=OrderPaid/"), "{:?}", scene.keys().await);
    assert!(scene.is_whole().await);
    stop(running).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_puts_what_it_has_and_the_next_goes_on_behind_it() {
    let scene = Scene::new();
    let running = scene.run();
    scene.order(1).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(scene.objects().await, 0, "it is gathering");
    stop(running).await;
    assert_eq!(scene.objects().await, 1);

    let running = scene.run();
    scene.order(2).await;
    until_found("the second is there", || async { scene.objects().await == 2 }).await;
    stop(running).await;
    assert_eq!((scene.objects().await, scene.is_whole().await), (2, true));
}

#[tokio::test(start_paused = true)]
async fn one_that_died_between_a_put_and_its_checkpoint_leaves_a_whole_archive() {
    let scene = Scene::new();
    let running = scene.run();
    scene.order(1).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    stop(running).await;
    assert_eq!(scene.objects().await, 1);
    // As if it had died before it saved how far it was. Until the next one reads, something else comes.
    let table = scene.infra.table(tables::ARCHIVE_CHECKPOINTS.name);
    for row in scene.infra.memory_table(tables::ARCHIVE_CHECKPOINTS.name).all() {
        table.delete(&row.key, Condition::Any).await.unwrap();
    }
    scene.product(2).await;

    let running = scene.run();
    until_found("it has put all of it", || async { scene.objects().await == 3 }).await;
    stop(running).await;
    assert!(scene.is_whole().await);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_with_its_manifest_is_missed_by_the_next_one() {
    let scene = Scene::new();
    let running = scene.run();
    for at in 1..=2 {
        scene.order(1000 * at).await;
        until_found("it is there", || async { scene.keys().await.len() == 2 * at }).await;
    }
    stop(running).await;
    let manifests: Vec<_> = scene.keys().await.into_iter().filter(|key| key.starts_with("manifests/")).collect();
    let bucket = scene.infra.bucket(buckets::EVENT_ARCHIVE.name);
    let mut missed = 0;
    for manifest in manifests {
        let bytes = bucket.get(&manifest, 10_000).await.unwrap().unwrap();
        bucket.delete(std::slice::from_ref(&manifest)).await.unwrap();
        let shelved = Shelf::new(Arc::clone(&bucket)).read_all(|_| Ok(()), &|_| {}).await.unwrap();
        missed += shelved.lost;
        let back = NewObject { key: manifest, content_type: "application/json", cache_control: "", bytes };
        bucket.put(back).await.unwrap();
    }
    assert_eq!(missed, 1, "all but the last one");
}

#[tokio::test(start_paused = true)]
async fn without_an_archive_there_is_nothing_to_do() {
    let scene = Scene::new();
    let role = assemble(scene.supply.deps(Service::ARCHIVER), &ArchiverSettings::default());
    assert_eq!((role.workers.len(), role.checks.len()), (0, 0));
}
