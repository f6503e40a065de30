//! The catalog role: products.
//!
//! - [`domain`]: what is known of a product, and every decision about one. Pure.
//! - [`create`], [`change`]: the use cases.
//! - [`images`]: uploads, pictures made of them, and what becomes of the objects.
//! - [`price_stream`]: prices that come from outside; [`reasons`]: why one is set aside. [`price_history`]: what a product has cost. `lookup`: what other services are told. [`http`]: the door. Customers read products from the query role; other services ask here, and are never behind.

pub mod aggregate;
pub mod change;
pub mod config;
pub mod create;
pub mod domain;
pub mod http;
pub mod images;
mod lookup;
pub mod metrics;
pub mod price_history;
pub mod price_stream;
mod problems;
pub mod reasons;

pub use aggregate::Products;
pub use config::{CatalogArgs, CatalogSettings, ImagesArgs};
pub use lookup::internal_product;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::queues;
use shotengai_runtime::role::Consuming;
use shotengai_runtime::{Deps, Role};

use crate::http::CatalogHttp;
use crate::images::Images;

/// The role, and what can be asked of it within a process.
pub struct CatalogRole {
    /// All products.
    pub products: Products,
    /// Their images; none where the installation has none.
    pub images: Option<Images>,
    /// Role, as a process runs it.
    pub role: Role,
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &CatalogSettings) -> CatalogRole {
    let products = Products::new(deps.events(Owner::Catalog));
    let images = settings.images.then(|| Images::assemble(&mut deps, products.clone(), settings));
    let gallery = images.as_ref().map(|images| images.gallery.clone());
    let catalog = CatalogHttp { products: products.clone(), gallery, currency: deps.settings().currency };
    let prices = settings.price_stream.then(|| price_stream::worker(&deps, products.clone(), settings));
    let role = Role::new(deps).routes(move |routes| http::routes(routes, &catalog));
    let role = prices.into_iter().fold(role, Role::worker);
    let role = match &images {
        Some(images) => {
            // One at a time a batch: a picture takes as long as hundreds of events.
            let consuming = Consuming::default().batches(settings.image_workers).messages(1);
            let role = role.consume_messages(&queues::PRODUCT_IMAGES, images.handler(), consuming);
            images.sweeper(settings).into_iter().fold(role, Role::worker)
        }
        None => role,
    };
    CatalogRole { products, images, role }
}
