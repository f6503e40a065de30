//! Sweep of the bucket: deletes what no image has, once it is older than any attempt.
//!
//! Everything that this shop puts below its two prefixes belongs to an image, or to an attempt that is under way. Attempts
//! write under keys of their own and last for minutes, so an object of an hour that no image names is nobody's: what an
//! attempt left that was killed, what was uploaded past every rule, what a deletion could not reach.
//!
//! Several processes may sweep at the same time, which costs requests and harms nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use shotengai_kernel::{AggregateId, ProductId, Timestamp};
use shotengai_messaging::ports::bucket::{BUCKET_MAX_BATCH, ListedObject};
use shotengai_messaging::{Fault, Worker, metrics};

use super::Gallery;
use super::keys::{PICTURES, Place, UPLOADS, place};
use crate::domain::{ImageState, Product};
use crate::metrics::SWEPT;

/// How old an object is that nobody works on any more.
pub const OF_AGE: SignedDuration = SignedDuration::from_hours(1);
/// The most pages of one round, of each prefix; the next goes on behind them.
const PAGES: usize = 10;

/// The sweep. Cheap to clone.
#[derive(Clone)]
pub struct Sweep {
    gallery: Gallery,
    page: usize,
}

/// How far the rounds have come, by prefix.
pub type Progress = BTreeMap<&'static str, String>;

impl Sweep {
    /// Sweeps this gallery's bucket.
    #[must_use]
    pub const fn new(gallery: Gallery) -> Self {
        Self { gallery, page: BUCKET_MAX_BATCH }
    }

    /// The same, in pages of so many objects.
    #[must_use]
    pub const fn in_pages_of(mut self, objects: usize) -> Self {
        self.page = objects;
        self
    }

    /// The worker. Its first round is at any time of the first interval, so that processes that start together don't sweep
    /// together.
    #[must_use]
    pub fn worker(self, every_seconds: u64) -> Worker {
        Worker::until_cancelled("catalog/image-sweep", move || {
            let sweep = self.clone();
            async move {
                let every = Duration::from_secs(every_seconds);
                let mut wait = every.mul_f64(f64::from(sweep.percent()) / 100.0);
                let mut progress = Progress::new();
                loop {
                    tokio::time::sleep(wait).await;
                    wait = every;
                    match sweep.round(&mut progress).await {
                        Ok(0) => {}
                        Ok(deleted) => tracing::info!(deleted, "objects of no image were deleted"),
                        Err(fault) => {
                            metrics::count_fault(&fault);
                            tracing::warn!(%fault, "the image bucket could not be swept; trying again later");
                        }
                    }
                }
            }
        })
    }

    fn percent(&self) -> u8 {
        u8::try_from(self.gallery.ports.random.below(100)).unwrap_or(0)
    }

    /// One round over some pages, from where the last one ended; how many objects it deleted.
    ///
    /// # Errors
    /// A [`Fault`] of the bucket or of the event store; what was deleted before stays so.
    pub async fn round(&self, progress: &mut Progress) -> Result<usize, Fault> {
        let mut deleted = 0;
        for prefix in [UPLOADS, PICTURES] {
            for _ in 0..PAGES {
                let after = progress.get(prefix).cloned();
                let page = self.gallery.bucket.list(prefix, after.as_deref(), self.page).await?;
                let orphans = self.orphans(&page.objects).await?;
                self.gallery.delete(&orphans).await?;
                SWEPT.add(u64::try_from(orphans.len()).unwrap_or(0), []);
                deleted += orphans.len();
                match page.objects.last().filter(|_| page.more) {
                    Some(last) => progress.insert(prefix, last.key.clone()),
                    None => {
                        progress.remove(prefix);
                        break;
                    }
                };
            }
        }
        Ok(deleted)
    }

    async fn orphans(&self, objects: &[ListedObject]) -> Result<Vec<String>, Fault> {
        let now = self.gallery.ports.clock.now();
        let mut orphans = Vec::new();
        // Keys come in order, so those of a product come together.
        let mut current: Option<(ProductId, Product)> = None;
        for object in objects.iter().filter(|object| is_of_age(object, now)) {
            let Some(place) = place(&object.key) else {
                orphans.push(object.key.clone());
                continue;
            };
            let (Place::Upload(product_id, _) | Place::Picture(product_id, _)) = &place;
            let product = match current.take() {
                Some((id, product)) if id == *product_id => product,
                _ => self.gallery.products.load(&AggregateId::from(product_id)).await?.state,
            };
            if !has(&product, &place, &object.key) {
                orphans.push(object.key.clone());
            }
            current = Some((product_id.clone(), product));
        }
        Ok(orphans)
    }
}

fn is_of_age(object: &ListedObject, now: Timestamp) -> bool {
    now.duration_since(object.put_at) >= OF_AGE
}

/// Whether an image of the product has this object. An upload that is still to be worked on is its image's, however old.
fn has(product: &Product, place: &Place, key: &str) -> bool {
    let Some(known) = product.known().filter(|known| !known.deleted) else { return false };
    let (Place::Upload(_, image_id) | Place::Picture(_, image_id)) = place;
    let state = known.image(image_id).map(|entry| &entry.state);
    match (place, state) {
        (Place::Upload(..), Some(ImageState::Awaited { .. } | ImageState::Ready { .. })) => true,
        (Place::Picture(..), Some(ImageState::Ready { keys, .. })) => keys.iter().any(|known| known == key),
        _ => false,
    }
}
