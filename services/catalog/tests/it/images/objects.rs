//! What becomes of objects: deleted with their image, swept, or kept.

use std::time::Duration;

use actix_web::test::TestRequest;
use jiff::SignedDuration;
use serde_json::json;
use shotengai_catalog::images::sweep::{OF_AGE, OVERDUE, Progress};
use shotengai_contracts::topology::{QUEUE_KEEPS, queues};
use shotengai_messaging::FaultKind;
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use super::{IMAGES, Studio, png, signed};
use crate::shop::Sender::{Admin, Customer, Nobody};

impl Studio {
    /// The next calls of this operation go so.
    fn break_down(&self, operation: &'static str, fault: InjectedFault, calls: usize) {
        *self.faults.broken.lock().unwrap() = Some((operation, fault, calls));
    }

    /// All is well again; how many calls would still have failed.
    fn mend(&self) -> usize {
        self.faults.broken.lock().unwrap().take().map_or(0, |(_, _, left)| left)
    }
}

#[tokio::test(start_paused = true)]
async fn deletion_removes_objects_and_a_product_comes_back_without_images() {
    let studio = Studio::open().await;
    let first = studio.upload("image/png", &png(40, 40)).await;
    studio.settle().await;
    studio.upload("image/png", &png(41, 41)).await;
    studio.settle().await;
    let uri = format!("{IMAGES}/{first}");
    for (sender, status) in [(Nobody, 401), (Customer("1"), 403), (Admin, 202), (Admin, 404)] {
        assert_eq!(studio.send(TestRequest::delete().uri(&uri), sender).await.status, status);
    }
    assert_eq!(studio.bucket().keys().len(), 5);
    // One that is being awaited when the product goes.
    let late = studio.ask("image/png", png(8, 8).len()).await.body;
    let delete = TestRequest::delete().uri("/products/prod_kinoko").insert_header(("if-match", "*"));
    assert_eq!(studio.send(delete, Admin).await.status, 202);
    assert!(studio.bucket().keys().is_empty());
    studio.bucket().upload(&signed(&late), "image/png", png(8, 8)).unwrap();
    studio.settle().await;
    assert!(studio.bucket().keys().is_empty());
    assert_eq!(studio.send(TestRequest::get().uri(IMAGES), Admin).await.status, 404);
    let restore = TestRequest::post().uri("/products/prod_kinoko/restore").insert_header(("if-match", "*"));
    assert_eq!(studio.send(restore, Admin).await.status, 202);
    assert!(studio.shown(Admin).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_sweep_deletes_what_no_image_has_and_is_of_age_and_nothing_else() {
    let studio = Studio::open().await;
    studio.upload("image/png", &png(40, 40)).await;
    studio.settle().await;
    let kept = studio.bucket().keys();
    // An upload whose message waits is its image's, however old.
    let waiting = studio.upload("image/png", &png(42, 42)).await;
    for key in
        ["images/prod_kinoko/img_1/a/web.jpg", "images/日本語", "images/prod_none/img_1/a/web.jpg", "elsewhere/a"]
    {
        studio.bucket().place(key, "image/jpeg", vec![1]);
    }
    studio.installation.advance(OF_AGE - SignedDuration::from_secs(1));
    assert_eq!(studio.sweep().await, 0, "an attempt may be under way");
    studio.installation.advance(SignedDuration::from_secs(1));
    assert_eq!(studio.sweep().await, 1);
    let waiting = format!("uploads/prod_kinoko/{waiting}");
    let others = [waiting.as_str(), "elsewhere/a", "images/prod_none/img_1/a/web.jpg", "images/日本語"];
    let mut expected = [kept, others.map(str::to_owned).to_vec()].concat();
    expected.sort();
    assert_eq!(studio.bucket().keys(), expected);
    assert_eq!(studio.sweep().await, 0);
    studio.settle().await;
    assert_eq!(studio.shown(Nobody).await.len(), 2);
}

/// The deletion is done once it is in the event store: nobody waits for ten images, each for as long as the bucket is slow.
#[tokio::test(start_paused = true)]
async fn a_deletion_waits_for_the_bucket_a_little_and_the_sweep_does_the_rest() {
    let slow = InjectedFault::Delay(Duration::from_secs(3600));
    // Twice as many calls as there are images: one ends the attempt, or the time is over during the first.
    for fault in [slow, InjectedFault::Refuse(FaultKind::Transient)] {
        let studio = Studio::open().await;
        for side in [40, 41] {
            studio.upload("image/png", &png(side, side)).await;
            studio.settle().await;
        }
        studio.break_down("bucket.list", fault, 4);
        let since = Instant::now();
        let delete = TestRequest::delete().uri("/products/prod_kinoko").insert_header(("if-match", "*"));
        assert_eq!(studio.send(delete, Admin).await.status, 202);
        assert!(since.elapsed() < Duration::from_secs(6), "{fault:?}: {:?}", since.elapsed());
        assert_eq!(studio.mend(), 3, "{fault:?}: the first call is the last");
        assert_eq!(studio.bucket().keys().len(), 10);
        studio.installation.advance(OF_AGE);
        assert_eq!(studio.sweep().await, 10);
        assert!(studio.bucket().keys().is_empty());
    }
}

/// A bucket of another installation's: each would take the other's pictures for nobody's.
#[tokio::test(start_paused = true)]
async fn objects_of_products_that_were_never_here_are_kept() {
    let studio = Studio::open().await;
    let keys = ["images/prod_theirs/img_1/a/web.jpg", "uploads/prod_theirs/img_1"];
    for key in keys {
        studio.bucket().place(key, "image/png", png(8, 8));
    }
    studio.settle().await;
    studio.installation.advance(QUEUE_KEEPS * 2);
    assert_eq!(studio.sweep().await, 0);
    assert_eq!(studio.bucket().keys(), keys);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_fails_somewhere_goes_on_behind_it() {
    for (operation, left) in [("bucket.delete", 2), ("store.load", 2)] {
        let studio = Studio::open().await;
        let second = json!({ "product_id": "prod_takenoko", "name": "たけのこの里", "price": 200 });
        assert_eq!(studio.send(TestRequest::post().uri("/products").set_json(second), Admin).await.status, 201);
        // A page each.
        for product in ["prod_kinoko", "prod_takenoko"] {
            for name in ["web", "thumbnail"] {
                studio.bucket().place(&format!("images/{product}/img_1/a/{name}.jpg"), "image/jpeg", vec![1]);
            }
        }
        studio.installation.advance(OF_AGE);
        studio.break_down(operation, InjectedFault::Refuse(FaultKind::Denied), 1);
        let sweep = studio.images.sweep.clone().in_pages_of(2);
        let mut progress = Progress::new();
        let fault = sweep.round(&mut progress).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Denied, "{operation}: it is told at the end");
        let keys = studio.bucket().keys();
        assert_eq!(keys.len(), left, "{operation}");
        assert!(keys.iter().all(|key| key.starts_with("images/prod_kinoko/")), "{operation}: {keys:?}");
        assert!(progress.is_empty(), "{operation}: the next look begins anew");
        assert_eq!(sweep.round(&mut progress).await.unwrap(), left, "{operation}");
    }
}

/// Where everything fails, a round ends soon, and the next one is elsewhere.
#[tokio::test(start_paused = true)]
async fn a_sweep_that_fails_everywhere_gives_up_and_does_not_come_back_to_the_same_place() {
    let studio = Studio::open().await;
    for n in 0..30 {
        studio.bucket().place(&format!("images/prod_{n:02}/img_1/a/web.jpg"), "image/jpeg", vec![1]);
    }
    studio.installation.advance(OF_AGE);
    studio.break_down("store.load", InjectedFault::Refuse(FaultKind::Denied), 1000);
    let sweep = studio.images.sweep.clone().in_pages_of(15);
    let mut progress = Progress::new();
    assert!(sweep.round(&mut progress).await.is_err());
    assert_eq!(studio.mend(), 990, "it is not asked for thirty products what fails for ten");
    assert_eq!(progress["images/"], "images/prod_09/img_1/a/web.jpg", "the next begins right behind them");
    // What fails goes on failing, and the others have their turn.
    studio.break_down("store.load", InjectedFault::Refuse(FaultKind::Denied), 20);
    assert!(sweep.round(&mut progress).await.is_err());
    assert_eq!(progress["images/"], "images/prod_19/img_1/a/web.jpg");
    assert!(sweep.round(&mut progress).await.is_err());
    assert_eq!(progress["images/"], "images/prod_29/img_1/a/web.jpg");
    assert_eq!(sweep.round(&mut progress).await.unwrap(), 0);
    assert!(progress.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_message_is_lost_is_worked_on_and_one_day_given_up() {
    for (late, status, deleted, objects) in [(OVERDUE, "ready", 0, 5), (QUEUE_KEEPS, "expired", 1, 0)] {
        let studio = Studio::open().await;
        studio.upload("image/png", &png(40, 40)).await;
        studio.installation.infra.memory_queue(queues::PRODUCT_IMAGES.name).purge();
        let second = SignedDuration::from_secs(1);
        studio.installation.advance(SignedDuration::from_secs(600) + OVERDUE - second);
        assert_eq!(studio.sweep().await, 0, "its message may still come");
        assert_eq!(studio.shown(Admin).await[0]["status"], "expired");
        studio.installation.advance(late - OVERDUE + second);
        assert_eq!(studio.sweep().await, deleted);
        assert_eq!(studio.shown(Admin).await[0]["status"], status);
        assert_eq!(studio.bucket().keys().len(), objects);
    }
}
