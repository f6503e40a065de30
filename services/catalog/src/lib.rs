//! The catalog role: products.
//!
//! - [`domain`]: what is known of a product, and every decision about one. Pure.
//! - [`create`], [`change`]: the use cases.
//! - [`http`]: the door. Customers read products from the query role; other services ask here, and are never behind.

pub mod aggregate;
pub mod change;
pub mod config;
pub mod create;
pub mod domain;
pub mod http;
mod problems;

use std::sync::Arc;

pub use config::CatalogSettings;
use shotengai_contracts::Owner;
use shotengai_runtime::{Check, Context, Role};

use crate::aggregate::Products;
use crate::http::CatalogHttp;

/// The catalog role over these adapters.
///
/// # Errors
/// Never yet; roles that connect while they are built can fail.
pub async fn build(context: &Context, settings: CatalogSettings) -> anyhow::Result<Role> {
    let CatalogSettings {} = settings;
    let sourcing = context.event_sourcing(Owner::Catalog);
    let store = Arc::clone(sourcing.writer.store());
    let catalog = CatalogHttp { products: Products::new(sourcing.writer), currency: context.settings.currency };
    Ok(Role::new("catalog").routes(move |routes| http::routes(routes, &catalog)).workers(sourcing.workers).check(
        Check::new(Owner::Catalog.events_table(), move || {
            let store = Arc::clone(&store);
            async move { store.ping().await.map_err(|fault| fault.to_string()) }
        }),
    ))
}
