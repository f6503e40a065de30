//! Images from the request to the pictures, and what becomes of objects: over a bucket in memory.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::TestRequest;
use image::{DynamicImage, ImageFormat, RgbImage};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shotengai_catalog::images::sweep::{OF_AGE, Progress};
use shotengai_catalog::images::{Images, keys};
use shotengai_catalog::{CatalogRole, CatalogSettings};
use shotengai_contracts::topology::buckets::PRODUCT_IMAGES;
use shotengai_contracts::topology::{Service, queues};
use shotengai_kit::{Answer, Installation, RoleUnderTest};
use shotengai_messaging::ports::bucket::SignedRequest;
use shotengai_messaging::{Consumer, ConsumerConfig, FaultKind, Infrastructure, Message};
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryBucket};

use crate::shop::Sender::{self, Admin, Customer, Nobody};

mod objects;

const IMAGES: &str = "/products/prod_kinoko/images";

/// One call of the work on an upload fails: the one of this number, counted from when it was armed. Beside that an operation
/// may be broken for so many calls.
struct Nth {
    left: AtomicUsize,
    fault: InjectedFault,
    broken: Mutex<Option<(&'static str, InjectedFault, usize)>>,
}

impl Nth {
    fn broken(&self, operation: &'static str) -> Option<InjectedFault> {
        let mut broken = self.broken.lock().unwrap();
        let (_, fault, times) = broken.as_mut().filter(|(broken, _, times)| *broken == operation && *times > 0)?;
        *times -= 1;
        Some(*fault)
    }
}

impl FaultInjector for Nth {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        if let Some(fault) = self.broken(operation) {
            return Some(fault);
        }
        let is_counted = operation.starts_with("bucket.") || ["store.append", "store.load"].contains(&operation);
        if !is_counted {
            return None;
        }
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < usize::MAX).then(|| left.checked_sub(1).unwrap_or(usize::MAX))
        });
        (before == Ok(0)).then_some(self.fault)
    }
}

struct Studio {
    role: RoleUnderTest,
    images: Images,
    installation: Installation,
    faults: Arc<Nth>,
}

impl Studio {
    async fn open() -> Self {
        Self::breaking(InjectedFault::LoseAnswer).await
    }

    async fn breaking(fault: InjectedFault) -> Self {
        let faults = Arc::new(Nth { left: AtomicUsize::new(usize::MAX), fault, broken: Mutex::default() });
        let installation = Installation::with_faults(1, Arc::clone(&faults) as _);
        let deps = installation.deps(Service::CATALOG);
        let CatalogRole { role, images, .. } = shotengai_catalog::assemble(deps, &CatalogSettings::default());
        let role = RoleUnderTest::new(role, &installation.ports);
        let studio = Self { role, images: images.unwrap(), installation, faults };
        let product = json!({ "product_id": "prod_kinoko", "name": "きのこの山", "price": 200 });
        assert_eq!(studio.send(TestRequest::post().uri("/products").set_json(product), Admin).await.status, 201);
        studio
    }

    fn bucket(&self) -> Arc<MemoryBucket> {
        self.installation.infra.memory_bucket(PRODUCT_IMAGES.name)
    }

    async fn send(&self, request: TestRequest, sender: Sender<'_>) -> Answer {
        self.role.send(request, sender).await
    }

    async fn ask(&self, content_type: &str, size: usize) -> Answer {
        let body = json!({ "content_type": content_type, "size": size });
        self.send(TestRequest::post().uri(IMAGES).set_json(body), Admin).await
    }

    async fn shown(&self, sender: Sender<'_>) -> Vec<Value> {
        let answer = self.send(TestRequest::get().uri(IMAGES), sender).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["items"].as_array().unwrap().clone()
    }

    /// Asks for an upload and makes it.
    async fn upload(&self, content_type: &str, bytes: &[u8]) -> String {
        let answer = self.ask(content_type, bytes.len()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.bucket().upload(&signed(&answer.body), content_type, bytes.to_vec()).unwrap();
        answer.body["image_id"].as_str().unwrap().to_owned()
    }

    /// Handles one receive of the queue; whether anything came.
    async fn step(&self) -> bool {
        let queue = self.installation.infra.queue(queues::PRODUCT_IMAGES.name);
        let letters = self.installation.infra.queue(&queues::PRODUCT_IMAGES.dead_letters());
        let config = ConsumerConfig { batch: 1, ..ConsumerConfig::new("product-images") };
        let consumer =
            Consumer::of_messages(config, queue, letters, self.images.handler(), self.installation.ports.clone());
        consumer.step(Duration::ZERO).await.unwrap() > 0
    }

    async fn settle(&self) {
        let queue = self.installation.infra.memory_queue(queues::PRODUCT_IMAGES.name);
        for _ in 0..20 {
            self.step().await;
            if queue.depth_now().total() == 0 {
                break;
            }
            // What failed is hidden for a while.
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        assert!(queue.messages().is_empty(), "{:?}", queue.messages());
    }

    async fn tell(&self, body: &str) {
        let queue = self.installation.infra.queue(queues::PRODUCT_IMAGES.name);
        let message = Message { body: body.to_owned(), ..Message::default() };
        assert!(queue.send(&[message]).await.unwrap()[0].is_ok());
    }

    async fn sweep(&self) -> usize {
        self.images.sweep.clone().in_pages_of(2).round(&mut Progress::new()).await.unwrap()
    }
}

fn signed(answer: &Value) -> SignedRequest {
    let url = answer["upload"]["url"].as_str().unwrap().to_owned();
    SignedRequest { method: "PUT", url, headers: Vec::new() }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(width, height)).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The keys of what is shown.
fn keys_of(images: &[Value]) -> BTreeSet<String> {
    let pictures = images.iter().flat_map(|image| image["pictures"].as_array().unwrap());
    pictures.map(|picture| picture["key"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn an_upload_becomes_pictures_that_everybody_is_shown_and_the_original_stays_private() {
    let studio = Studio::open().await;
    let id = studio.upload("image/png", &png(800, 400)).await;
    assert!(studio.shown(Nobody).await.is_empty(), "nobody sees what is no picture yet");
    assert_eq!(studio.shown(Admin).await[0]["status"], "awaited");
    studio.settle().await;

    let shown = studio.shown(Nobody).await;
    let image = &shown[0];
    assert_eq!(
        (&image["image_id"], &image["status"], &image["width"], &image["height"]),
        (&json!(id), &json!("ready"), &json!(800), &json!(400))
    );
    assert!(image["placeholder"].as_str().unwrap().len() > 5);
    let keys = keys_of(&shown);
    assert_eq!(keys.len(), 4);
    for picture in image["pictures"].as_array().unwrap() {
        let (key, url) = (picture["key"].as_str().unwrap(), picture["url"].as_str().unwrap());
        assert!(!url.contains("uploads/") && url.contains(key), "{url}");
        let (bytes, content_type) = studio.bucket().object(key).unwrap();
        let format = if key.ends_with(".webp") { ImageFormat::WebP } else { ImageFormat::Jpeg };
        assert_eq!(image::guess_format(&bytes).unwrap(), format);
        assert_eq!(content_type.as_deref(), Some(format.to_mime_type()));
    }
    assert_eq!(studio.bucket().keys().len(), 5, "four pictures, and the original");
    assert_eq!(studio.shown(Customer("1")).await, shown);
}

#[actix_web::test]
async fn only_what_can_be_an_image_is_signed() {
    let studio = Studio::open().await;
    for (content_type, size, status) in [
        ("image/svg+xml", 100, 400),
        ("image/gif", 100, 400),
        ("image/webp", 100, 400),
        ("text/html", 100, 400),
        ("image/png", 0, 422),
        ("image/png", 10_000_001, 422),
        ("image/png", 50_000_000, 422),
        ("image/png", 10_000_000, 201),
    ] {
        let answer = studio.ask(content_type, size).await;
        assert_eq!(answer.status, status, "{content_type}, {size} bytes: {}", answer.body);
    }
    let body = json!({ "content_type": "image/png", "size": 10 });
    for (uri, sender, status) in [
        (IMAGES, Nobody, 401),
        (IMAGES, Customer("1"), 403),
        ("/products/prod_other/images", Admin, 404),
        ("/products/nonsense/images", Admin, 404),
    ] {
        let request = TestRequest::post().uri(uri).set_json(&body);
        assert_eq!(studio.send(request, sender).await.status, status, "{uri}");
    }
    assert!(studio.bucket().keys().is_empty());
}

#[actix_web::test]
async fn a_product_has_so_many_images_and_one_that_never_comes_gives_its_place_back() {
    let studio = Studio::open().await;
    for _ in 0..12 {
        assert_eq!(studio.ask("image/png", 10).await.status, 201);
    }
    let refused = studio.ask("image/png", 10).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-many-images")));
    studio.installation.advance(SignedDuration::from_secs(601));
    assert_eq!(studio.shown(Admin).await[0]["status"], "expired");
    assert_eq!(studio.ask("image/png", 10).await.status, 201);
}

#[actix_web::test]
async fn a_key_makes_one_image() {
    let studio = Studio::open().await;
    let ask = |size: u32| {
        let body = json!({ "content_type": "image/png", "size": size });
        TestRequest::post().uri(IMAGES).insert_header(("idempotency-key", "k")).set_json(body)
    };
    let first = studio.send(ask(10), Admin).await;
    let again = studio.send(ask(10), Admin).await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    let other = studio.send(ask(11), Admin).await;
    assert_eq!((other.status, &other.body["type"]), (422, &json!("/problems/idempotency-key-reused")));
    studio.installation.advance(SignedDuration::from_secs(700));
    let later = studio.send(ask(10), Admin).await;
    assert_eq!((later.status, &later.body["image_id"]), (201, &first.body["image_id"]));
    assert_ne!(later.body["upload"]["expires_at"], first.body["upload"]["expires_at"]);
    assert_eq!(studio.shown(Admin).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_image_is_refused_with_a_reason_and_its_object_deleted() {
    let studio = Studio::open().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let mut cut = png(64, 64);
    cut.truncate(60);
    for (content_type, bytes, reason) in
        [("image/png", svg, "not_an_image"), ("image/jpeg", png(8, 8), "other_type"), ("image/png", cut, "damaged")]
    {
        studio.upload(content_type, &bytes).await;
        studio.settle().await;
        let shown = studio.shown(Admin).await;
        let last = shown.last().unwrap();
        assert_eq!((&last["status"], &last["reason"]), (&json!("refused"), &json!(reason)));
    }
    // A store that takes what was not signed.
    for (content_type, bytes, reason) in [
        ("image/png", png(9, 9), "other_size"),
        ("image/png", Vec::new(), "other_size"),
        ("image/svg+xml", vec![0; 10], "other_type"),
    ] {
        let id = studio.ask("image/png", 10).await.body["image_id"].as_str().unwrap().to_owned();
        studio.bucket().place(&format!("uploads/prod_kinoko/{id}"), content_type, bytes);
        studio.settle().await;
        assert_eq!(studio.shown(Admin).await.last().unwrap()["reason"], reason);
    }
    assert!(studio.shown(Nobody).await.is_empty());
    assert_eq!(studio.bucket().keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_nobody_waits_for_is_deleted_and_one_under_a_key_that_is_never_signed_is_let_alone() {
    let studio = Studio::open().await;
    studio.bucket().place("uploads/prod_kinoko/img_1", "image/png", png(8, 8));
    studio.settle().await;
    assert_eq!(studio.bucket().keys(), Vec::<String>::new());
    // Somebody else's, in a bucket that is not this shop's own.
    let mut foreign = ["uploads/a+b", "uploads/a%2Bb", "uploads/日本語", "uploads/a b/c&d", "uploads/report.pdf"];
    foreign.sort_unstable();
    for key in foreign {
        studio.bucket().place(key, "image/png", png(8, 8));
    }
    studio.settle().await;
    assert_eq!(studio.bucket().keys(), foreign);
    assert!(studio.shown(Admin).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_test_event_is_passed_over_and_what_is_no_notification_set_aside() {
    let studio = Studio::open().await;
    studio.tell("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"product-images\"}").await;
    studio.settle().await;
    let letters = studio.installation.infra.memory_queue("product-images-dlq");
    assert!(letters.messages().is_empty());
    studio.tell("hello").await;
    studio.settle().await;
    let letter = letters.messages().remove(0);
    assert_eq!(letter.body, "hello");
    assert!(letter.attributes["dead_letter"].contains("\"reason\":\"not_a_notification\""), "{letter:?}");
    letters.purge();
}

/// The work on an upload goes wrong at each of its calls, before or after the call had its effect.
#[tokio::test(start_paused = true)]
async fn work_that_ends_anywhere_is_finished_later_and_leaves_nothing_over() {
    for fault in [InjectedFault::Refuse(FaultKind::Transient), InjectedFault::LoseAnswer] {
        for (bytes, status, objects) in [(png(400, 200), "ready", 5), (b"no image at all".to_vec(), "refused", 0)] {
            let mut calls = 0;
            loop {
                let studio = Studio::breaking(fault).await;
                studio.upload("image/png", &bytes).await;
                studio.faults.left.store(calls, Ordering::Relaxed);
                studio.step().await;
                let went_wrong = studio.faults.left.swap(usize::MAX, Ordering::Relaxed) == usize::MAX;
                studio.settle().await;
                let shown = studio.shown(Admin).await;
                assert_eq!(shown[0]["status"], status, "{fault:?} at call {calls}");
                studio.installation.advance(OF_AGE);
                studio.sweep().await;
                let left: BTreeSet<_> =
                    studio.bucket().keys().into_iter().filter(|key| key.starts_with("images/")).collect();
                assert_eq!(left, keys_of(&shown), "{fault:?} at call {calls}");
                assert_eq!(studio.bucket().keys().len(), objects, "{fault:?} at call {calls}");
                if !went_wrong {
                    break;
                }
                calls += 1;
            }
            assert!(calls > 3, "{calls} calls went wrong");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_comes_again_changes_nothing() {
    let studio = Studio::open().await;
    let id = studio.upload("image/png", &png(40, 40)).await;
    let body = studio.installation.infra.memory_queue(queues::PRODUCT_IMAGES.name).messages().remove(0).body;
    studio.settle().await;
    let (shown, keys) = (studio.shown(Nobody).await, studio.bucket().keys());
    studio.tell(&body).await;
    studio.settle().await;
    assert_eq!(keys_of(&studio.shown(Nobody).await), keys_of(&shown));
    assert_eq!(studio.bucket().keys(), keys);

    let uri = format!("{IMAGES}/{id}");
    assert_eq!(studio.send(TestRequest::delete().uri(&uri), Admin).await.status, 202);
    studio.tell(&body).await;
    studio.settle().await;
    assert!(studio.shown(Admin).await.is_empty() && studio.bucket().keys().is_empty(), "what was deleted stays so");
}

#[actix_web::test]
async fn a_shop_without_images_says_so() {
    let installation = Installation::new(1);
    let settings = CatalogSettings { images: false, ..CatalogSettings::default() };
    let CatalogRole { role, images, .. } = shotengai_catalog::assemble(installation.deps(Service::CATALOG), &settings);
    assert!(images.is_none() && !role.workers.iter().any(|worker| worker.name().contains("image")));
    let role = RoleUnderTest::new(role, &installation.ports);
    let answer = role.send(TestRequest::get().uri(IMAGES), Nobody).await;
    assert_eq!((answer.status, &answer.body["type"]), (409, &json!("/problems/images-are-off")));
}

#[test]
fn the_queue_hears_of_uploads_and_of_no_picture() {
    assert_eq!(PRODUCT_IMAGES.tells.unwrap().prefix, keys::UPLOADS);
    assert!(!keys::PICTURES.starts_with(keys::UPLOADS));
}
