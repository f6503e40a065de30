//! What becomes of objects: deleted with their image, swept, or kept.

use shotengai_contracts::topology::QUEUE_KEEPS;
use tokio::time::Instant;

use super::*;

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
    assert_eq!(studio.sweep().await, 3);
    let mut expected = [kept, vec![format!("uploads/prod_kinoko/{waiting}"), "elsewhere/a".to_owned()]].concat();
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
