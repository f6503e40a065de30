use shotengai_kernel::{CommitId, Timestamp, Version};
use std::sync::atomic::{AtomicU32, Ordering};

use shotengai_messaging::Key;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryEventStore, MemoryTable};

use super::*;
use crate::verify::Verify;
use crate::verify::tests::Scene;

fn empty(scene: &Scene) -> (Arc<MemoryEventStore>, Stores) {
    let store = Arc::new(MemoryEventStore::new("order", scene.ports.clone()));
    (Arc::clone(&store), vec![(Owner::Order, store as _)])
}

async fn restore(scene: &Scene, stores: &Stores, despite_damage: bool) -> Result<RestoreReport, RestoreError> {
    restore_marking(scene, stores, despite_damage, &[]).await
}

async fn restore_marking(
    scene: &Scene,
    stores: &Stores,
    despite_damage: bool,
    marks: &[(Arc<dyn Table>, Row)],
) -> Result<RestoreReport, RestoreError> {
    let (shelf, ports) = (&scene.shelf, scene.ports.clone());
    let restore =
        Restore { shelf, stores, despite_damage, name_most: 3, folder: None, marks, ports, progress: &|_| {} };
    restore.run().await
}

/// A fault of each of the first notes that are put.
struct Noting {
    fault: InjectedFault,
    left: AtomicU32,
}

impl FaultInjector for Noting {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let is_one = operation == "store.put_note"
            && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        is_one.then_some(self.fault)
    }
}

async fn state(store: &MemoryEventStore) -> serde_json::Value {
    store.note(NOTE).await.unwrap().unwrap().doc["state"].take()
}

fn essence(store: &MemoryEventStore) -> Vec<Commit> {
    let nil = CommitId::new(uuid::Uuid::nil());
    let mut commits: Vec<_> = store.all_commits().into_iter().map(|it| Commit { commit_id: nil, ..it }).collect();
    commits.sort_by(|a, b| (&a.aggregate_id, a.first_version).cmp(&(&b.aggregate_id, b.first_version)));
    commits
}

#[tokio::test]
async fn stores_come_back_commit_by_commit_and_nothing_is_sent_again() {
    let scene = Scene::with(40).await;
    let (store, stores) = empty(&scene);
    let report = restore(&scene, &stores, false).await.unwrap();
    assert_eq!((report.stores["order"], report.commits), (120, 80));
    assert_eq!(essence(&store), essence(&scene.order));
    assert_eq!(store.pending_count(), 0);
    let Scene { shelf, .. } = &scene;
    let settled = Timestamp::MAX;
    let verify = Verify { shelf, stores: &stores, settled, name_most: 3, folder: None, progress: &|_| {} };
    assert!(verify.run().await.unwrap().is_right());
}

#[tokio::test]
async fn stores_with_events_are_refused_but_for_a_restore_that_was_interrupted() {
    let scene = Scene::with(10).await;
    let refused = restore(&scene, &scene.stores, false).await.unwrap_err();
    assert!(refused.to_string().starts_with("the event stores of order have events"), "{refused}");

    let (store, stores) = empty(&scene);
    restore(&scene, &stores, false).await.unwrap();
    assert!(matches!(restore(&scene, &stores, false).await, Err(RestoreError::NotEmpty(_))));
    let note = store.note(NOTE).await.unwrap().unwrap();
    let interrupted = Note { version: note.version + 1, doc: json!({ "state": "under way" }) };
    assert!(store.put_note(NOTE, &interrupted, Some(note.version)).await.unwrap());
    restore(&scene, &stores, false).await.unwrap();
    assert_eq!(essence(&store), essence(&scene.order));
}

#[tokio::test]
async fn of_an_archive_that_is_not_whole_nothing_is_written_unless_it_is_wished() {
    let scene = Scene::with(40).await;
    let gone = scene.keys().await.remove(7);
    scene.bucket.delete(std::slice::from_ref(&gone)).await.unwrap();
    let (store, stores) = empty(&scene);
    let Err(RestoreError::NotWhole(report)) = restore(&scene, &stores, false).await else { panic!("it was written") };
    assert_eq!((report.archive.damages[0].key.as_str(), report.archive.damages[0].fault), (gone.as_str(), "missing"));
    assert_eq!(store.all_commits(), []);

    let report = restore(&scene, &stores, true).await.unwrap();
    assert!(report.stores["order"] < 120 && report.broken.len() <= 1);
    assert!(!report.is_whole());
    assert_eq!(store.inconsistencies(), Vec::<String>::new(), "no history has a gap");
    for commit in store.all_commits() {
        let whole = scene.order.load(&commit.aggregate_id, Version::ZERO).await.unwrap();
        assert!(whole.iter().any(|original| original.events == commit.events));
    }
}

#[tokio::test]
async fn one_that_ended_among_its_last_notes_is_finished_by_the_next() {
    let scene = Scene::with(5).await;
    let (order, mut stores) = empty(&scene);
    let billing = Arc::new(MemoryEventStore::new("billing", scene.ports.clone()));
    stores.push((Owner::Billing, Arc::clone(&billing) as _));
    restore(&scene, &stores, false).await.unwrap();
    assert_eq!((state(&order).await, state(&billing).await), (json!(DONE), json!(DONE)));
    let note = billing.note(NOTE).await.unwrap().unwrap();
    let under_way = Note { version: note.version + 1, doc: json!({ "state": UNDER_WAY }) };
    assert!(billing.put_note(NOTE, &under_way, Some(note.version)).await.unwrap());

    restore(&scene, &stores, false).await.unwrap();
    assert_eq!((state(&order).await, state(&billing).await), (json!(DONE), json!(DONE)));
    assert_eq!(essence(&order), essence(&scene.order));
    assert!(matches!(restore(&scene, &stores, false).await, Err(RestoreError::NotEmpty(_))));
}

#[tokio::test(start_paused = true)]
async fn notes_are_tried_again_and_their_lost_answers_are_none_of_anothers() {
    let scene = Scene::with(5).await;
    for fault in [InjectedFault::Refuse(FaultKind::Throttled), InjectedFault::LoseAnswer] {
        let faults = Arc::new(Noting { fault, left: AtomicU32::new(3) });
        let store = Arc::new(MemoryEventStore::with("order", scene.ports.clone(), true, faults));
        restore(&scene, &vec![(Owner::Order, Arc::clone(&store) as _)], false).await.unwrap();
        assert_eq!((state(&store).await, essence(&store)), (json!(DONE), essence(&scene.order)));
    }
}

#[tokio::test]
async fn what_is_kept_about_the_events_is_marked_before_any_is_written_and_only_then() {
    let scene = Scene::with(5).await;
    let table: Arc<MemoryTable> = Arc::new(MemoryTable::new("checkpoints", scene.ports.clone()));
    let row = Row::new(Key::new("reconciled", "next"), 1, json!({ "off": true }));
    let marks = [(Arc::clone(&table) as Arc<dyn Table>, row.clone())];
    assert!(restore_marking(&scene, &scene.stores, false, &marks).await.is_err());
    assert_eq!(table.all(), [], "nothing is restored");
    let (_, stores) = empty(&scene);
    restore_marking(&scene, &stores, false, &marks).await.unwrap();
    assert_eq!(table.all(), [row]);
}

#[tokio::test]
async fn a_double_and_what_is_not_ours_keep_nothing_from_coming_back() {
    let scene = Scene::with(3).await;
    let first = scene.keys().await.remove(0);
    let bytes = scene.bucket.get(&first, 10_000).await.unwrap().unwrap();
    for key in [first.replace("shard-1", "shard-2"), "events/readme.txt".to_owned()] {
        let object = shotengai_messaging::ports::bucket::NewObject {
            key,
            content_type: "text/plain",
            cache_control: "",
            bytes: bytes.clone(),
        };
        scene.bucket.put(object).await.unwrap();
    }
    let (store, stores) = empty(&scene);
    let report = restore(&scene, &stores, false).await.unwrap();
    assert_eq!((report.archive.damages.len(), report.stores["order"], report.is_whole()), (2, 9, true));
    assert_eq!(essence(&store), essence(&scene.order));
}
