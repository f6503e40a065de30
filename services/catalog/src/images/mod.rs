//! Images of products: uploads by signed requests, pictures made of them, and the objects that all that leaves.
//!
//! - [`keys`]: where objects lie. [`gallery`]: commands and what is shown. `http`: the routes.
//! - [`notification`]: what the bucket tells the queue. [`uploads`]: its handler. [`render`]: pictures of an upload, pure.
//! - [`sweep`]: deletes objects that no image has, and works on uploads of which no message came.

pub mod gallery;
pub(crate) mod http;
pub mod keys;
pub mod notification;
pub mod render;
pub mod sweep;
pub mod uploads;

use std::sync::Arc;

use shotengai_contracts::topology::buckets::PRODUCT_IMAGES;
use shotengai_messaging::{Bucket, MessageHandler, Probe, Worker};
use shotengai_runtime::Deps;

pub use gallery::Gallery;
pub use sweep::Sweep;
pub use uploads::Uploads;

use crate::aggregate::Products;
use crate::config::CatalogSettings;

/// The role's part in images.
pub struct Images {
    /// Commands, and what is shown.
    pub gallery: Gallery,
    /// The handler of the queue.
    pub uploads: Arc<Uploads>,
    /// The sweep.
    pub sweep: Sweep,
}

impl Images {
    /// All of it. While the bucket is away no upload is taken out of the queue; readiness does not wait for it, since all
    /// else in the catalog goes on without.
    #[must_use]
    pub fn assemble(deps: &mut Deps, products: Products, settings: &CatalogSettings) -> Self {
        let bucket = deps.bucket(&PRODUCT_IMAGES);
        deps.guard(probe(&bucket));
        let gallery = Gallery::new(products, bucket, deps.ports().clone());
        let uploads = Arc::new(Uploads::new(gallery.clone(), settings.image_workers));
        Self { sweep: Sweep::new(gallery.clone(), Arc::clone(&uploads)), gallery, uploads }
    }

    /// Handler of the queue's messages.
    #[must_use]
    pub fn handler(&self) -> Arc<dyn MessageHandler> {
        Arc::clone(&self.uploads) as Arc<dyn MessageHandler>
    }

    /// The worker that sweeps, where it is wanted.
    #[must_use]
    pub fn sweeper(&self, settings: &CatalogSettings) -> Option<Worker> {
        (settings.image_sweep_seconds > 0).then(|| self.sweep.clone().worker(settings.image_sweep_seconds))
    }
}

fn probe(bucket: &Arc<dyn Bucket>) -> Probe {
    let bucket = Arc::clone(bucket);
    Probe::new(PRODUCT_IMAGES.name, move || {
        let bucket = Arc::clone(&bucket);
        async move { bucket.ping().await }
    })
}
