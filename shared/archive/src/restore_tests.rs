use shotengai_kernel::{CommitId, Timestamp, Version};
use shotengai_testing::memory::MemoryEventStore;

use super::*;
use crate::verify::Verify;
use crate::verify::tests::Scene;

fn empty(scene: &Scene) -> (Arc<MemoryEventStore>, Stores) {
    let store = Arc::new(MemoryEventStore::new("order", scene.ports.clone()));
    (Arc::clone(&store), vec![(Owner::Order, store as _)])
}

async fn restore(scene: &Scene, stores: &Stores, despite_damage: bool) -> Result<RestoreReport, RestoreError> {
    let (shelf, ports) = (&scene.shelf, scene.ports.clone());
    let restore = Restore { shelf, stores, despite_damage, name_most: 3, folder: None, ports, progress: &|_| {} };
    restore.run().await
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
    assert_eq!(store.inconsistencies(), Vec::<String>::new(), "no history has a gap");
    for commit in store.all_commits() {
        let whole = scene.order.load(&commit.aggregate_id, Version::ZERO).await.unwrap();
        assert!(whole.iter().any(|original| original.events == commit.events));
    }
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
    assert_eq!((report.archive.damages.len(), report.stores["order"]), (2, 9));
    assert_eq!(essence(&store), essence(&scene.order));
}
