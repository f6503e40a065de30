//! Sweep of the bucket: deletes what no image has, once it is older than any attempt.
//!
//! Everything that this shop puts below its two prefixes belongs to an image, or to an attempt that is under way. Attempts
//! write under keys of their own and last for minutes, so an object of an hour that no image names is nobody's: what an
//! attempt left that was killed, what was uploaded past every rule, what a deletion could not reach. Objects of products
//! that this event store never had, and those whose keys this shop never writes, are kept: they are another installation's, or
//! this one has the wrong bucket.
//!
//! An upload that came and of which no message does is worked on here, after everything else of its page. What can't be
//! deleted or looked up stays until the rounds come by again, and holds nothing up.
//!
//! Several processes may sweep at the same time, which costs requests and harms nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shotengai_contracts::topology::QUEUE_KEEPS;
use shotengai_kernel::{AggregateId, ProductId, Timestamp};
use shotengai_messaging::ports::bucket::{BUCKET_MAX_BATCH, ListedObject};
use shotengai_messaging::{Disposition, Fault, FaultKind, Worker, metrics};

use super::keys::{PICTURES, Place, UPLOADS, place};
use super::{Gallery, Uploads};
use crate::domain::{ImageState, Product};
use crate::metrics::SWEPT;

/// How old an object is that nobody works on any more.
pub const OF_AGE: SignedDuration = SignedDuration::from_hours(1);
/// How long after its time an upload is worked on without a message. It goes on until no message can come any more.
pub const OVERDUE: SignedDuration = SignedDuration::from_hours(1);
/// The most pages of one round, of each prefix; the next goes on behind them.
const PAGES: usize = 10;
/// So many faults end the round for a prefix: it is no object's fault then.
const MAX_FAULTS: usize = 10;

/// The sweep. Cheap to clone.
#[derive(Clone)]
pub struct Sweep {
    gallery: Gallery,
    uploads: Arc<Uploads>,
    page: usize,
}

/// How far the rounds have come, by prefix.
pub type Progress = BTreeMap<&'static str, String>;

/// Outcome of one round.
#[derive(Default)]
struct Round {
    deleted: usize,
    first: Option<Fault>,
    /// Faults below the prefix that it is at.
    faults: usize,
}

impl Round {
    fn failed(&mut self, key: &str, fault: Fault) {
        SWEPT.add(1, ["failed".into()]);
        if self.faults < MAX_FAULTS {
            tracing::warn!(key, %fault, "could not be swept; the rounds come by again");
        }
        self.faults += 1;
        self.first.get_or_insert(fault);
    }

    const fn gives_up(&self) -> bool {
        self.faults >= MAX_FAULTS
    }
}

/// Action that an object needs.
enum Due {
    Keep,
    Delete,
    /// It is an upload of which no message came.
    Work,
    /// Its product is none of this event store's, or its key none that this shop writes.
    Foreign,
}

impl Sweep {
    /// Sweeps this gallery's bucket.
    #[must_use]
    pub const fn new(gallery: Gallery, uploads: Arc<Uploads>) -> Self {
        Self { gallery, uploads, page: BUCKET_MAX_BATCH }
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
                            tracing::warn!(%fault, "not all of the image bucket could be swept; going on later");
                        }
                    }
                }
            }
        })
    }

    fn percent(&self) -> u8 {
        u8::try_from(self.gallery.ports.random.below(100)).unwrap_or(0)
    }

    /// One round over some pages, from where the last one ended; how many objects it deleted. Wherever something fails, the
    /// rest goes on.
    ///
    /// # Errors
    /// The first [`Fault`] of the bucket or of the event store; what was deleted stays so.
    pub async fn round(&self, progress: &mut Progress) -> Result<usize, Fault> {
        let mut round = Round::default();
        // What is only deleted comes before what is worked on, which may end this process.
        for prefix in [PICTURES, UPLOADS] {
            round.faults = 0;
            for _ in 0..PAGES {
                let after = progress.get(prefix).cloned();
                let page = match self.gallery.bucket.list(prefix, after.as_deref(), self.page).await {
                    Ok(page) => page,
                    Err(fault) => {
                        round.failed(prefix, fault);
                        break;
                    }
                };
                // The next round begins behind what failed, wherever in the page that was.
                if let Some(reached) = self.sweep(&page.objects, &mut round).await {
                    progress.insert(prefix, reached);
                    break;
                }
                match page.objects.last().filter(|_| page.more) {
                    Some(last) => progress.insert(prefix, last.key.clone()),
                    None => {
                        progress.remove(prefix);
                        break;
                    }
                };
            }
        }
        round.first.map_or(Ok(round.deleted), Err)
    }

    /// Sweeps a page; where it gives up, how far it has come.
    async fn sweep(&self, objects: &[ListedObject], round: &mut Round) -> Option<String> {
        let now = self.gallery.ports.clock.now();
        let (mut orphans, mut late, mut foreign) = (Vec::new(), Vec::new(), 0);
        let mut reached = None;
        // Keys come in order, so those of a product come together. Nothing is known of one that could not be read.
        let mut current: Option<(ProductId, Option<Product>)> = None;
        for object in objects.iter().filter(|object| is_of_age(object, now)) {
            if round.gives_up() {
                break;
            }
            reached = Some(&object.key);
            let Some(place) = place(&object.key) else {
                foreign += 1;
                continue;
            };
            let (Place::Upload(product_id, _) | Place::Picture(product_id, _)) = &place;
            let product = match current.take() {
                Some((id, product)) if id == *product_id => product,
                _ => self.product(product_id, &object.key, round).await,
            };
            match product.as_ref().map_or(Due::Keep, |product| due(product, &place, &object.key, now)) {
                Due::Keep => {}
                Due::Delete => orphans.push(object.key.clone()),
                Due::Work => late.push(&object.key),
                Due::Foreign => foreign += 1,
            }
            current = Some((product_id.clone(), product));
        }
        if foreign > 0 {
            SWEPT.add(foreign, ["foreign".into()]);
            tracing::warn!(foreign, "objects that are not this shop's are kept: is this the right bucket?");
        }
        let mut reached = reached.filter(|_| round.gives_up());
        self.delete(&orphans, round).await;
        for key in late {
            if round.gives_up() {
                break;
            }
            self.work(key, round).await;
            reached = Some(key).filter(|_| round.gives_up()).or(reached);
        }
        reached.cloned()
    }

    async fn product(&self, product_id: &ProductId, key: &str, round: &mut Round) -> Option<Product> {
        match self.gallery.products.load(&AggregateId::from(product_id)).await {
            Ok(loaded) => Some(loaded.state),
            Err(fault) => {
                round.failed(key, fault);
                None
            }
        }
    }

    async fn work(&self, key: &str, round: &mut Round) {
        tracing::info!(key, "no message came of an upload; it is worked on without");
        if let Err(answer) = self.uploads.handle_key(key).await {
            round.failed(key, fault_of(answer));
        }
    }

    /// At most a page of keys.
    async fn delete(&self, keys: &[String], round: &mut Round) {
        let Some(first) = keys.first() else { return };
        match self.gallery.bucket.delete(keys).await {
            Ok(answers) => {
                for (key, answer) in keys.iter().zip(answers) {
                    match answer {
                        Ok(()) => {
                            SWEPT.add(1, ["deleted".into()]);
                            round.deleted += 1;
                        }
                        Err(fault) => round.failed(key, fault),
                    }
                }
            }
            Err(fault) => round.failed(first, fault),
        }
    }
}

fn fault_of(answer: Disposition) -> Fault {
    let (kind, cause) = match answer {
        Disposition::Failed { kind, cause } => (kind, cause),
        Disposition::Retry { cause, .. } | Disposition::Waits { cause, .. } => (FaultKind::Transient, cause),
        Disposition::Reject { error, .. } => (FaultKind::Permanent, error),
        Disposition::Done => (FaultKind::Permanent, "done, and yet no outcome".to_owned()),
    };
    Fault::new(kind, "images.handle", cause)
}

fn is_of_age(object: &ListedObject, now: Timestamp) -> bool {
    now.duration_since(object.put_at) >= OF_AGE
}

fn due(product: &Product, place: &Place, key: &str, now: Timestamp) -> Due {
    let Some(known) = product.known() else { return Due::Foreign };
    let (Place::Upload(_, image_id) | Place::Picture(_, image_id)) = place;
    let entry = if known.deleted { None } else { known.image(image_id) };
    match (place, entry.map(|entry| &entry.state)) {
        (Place::Upload(..), Some(ImageState::Awaited { until })) => match now.duration_since(*until) {
            late if late < OVERDUE => Due::Keep,
            late if late < QUEUE_KEEPS => Due::Work,
            // It can be had no more; whoever kills a process each time is not tried for ever.
            _ => Due::Delete,
        },
        (Place::Upload(..), Some(ImageState::Ready { .. })) => Due::Keep,
        (Place::Picture(..), Some(ImageState::Ready { keys, .. })) if keys.iter().any(|known| known == key) => {
            Due::Keep
        }
        _ => Due::Delete,
    }
}
