//! The query role: PostgreSQL read models.
//!
//! - [`domain`]: how events become rows; pure.
//! - [`project`]: brings rows up to the events of `query-queue`, refolding from the event stores where some are missing.
//! - [`rebuild`]: brings all rows back from the event stores.
//! - [`store`], [`migrations`], [`database`]: the rows in PostgreSQL.
//! - [`products`], [`orders`]: what is read. [`versions`]: waiting for one's own writes.
//! - [`http`], [`params`], [`languages`], [`page`]: how it is asked for.

pub mod config;
pub mod consumers;
pub mod database;
pub mod domain;
pub mod http;
pub mod languages;
pub mod migrations;
pub mod orders;
pub mod page;
pub mod params;
pub mod products;
pub mod project;
pub mod rebuild;
pub mod store;
pub mod versions;

use std::sync::Arc;

use actix_web::web;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::queues;
use shotengai_messaging::{Consumer, Probe};
use shotengai_runtime::{Check, Context, OrderLinks, Role};
use tokio::sync::Notify;

pub use config::QuerySettings;
use database::Database;
use http::Reads;
use migrations::Migrations;
use project::Projector;
use versions::Versions;

/// Builds the role. PostgreSQL need not be there yet.
///
/// # Errors
/// When `DATABASE_URL` is missing.
pub async fn build(context: &Context, settings: QuerySettings) -> anyhow::Result<Role> {
    let database = Database::new(context.postgres()?);
    let migrations = Migrations::new(database.clone(), context.ports.clone());
    let applied = Arc::new(Notify::new());
    let versions = Versions::new(database.clone(), Arc::clone(&applied), settings.min_version_wait());
    let links = OrderLinks::new(&context.settings.internal_token);
    let reads = web::Data::new(Reads { database: database.clone(), versions, links });

    let queue = context.infra.queue(queues::QUERY.name);
    let rows = database.clone();
    let rows = Probe::new("postgres", move || {
        let rows = rows.clone();
        async move { rows.ping().await }
    });
    let mut consuming = context.consumer_config("query").probing(&rows);
    // A gap is refolded from the store of the aggregate's owner.
    for owner in [Owner::Catalog, Owner::Inventory, Owner::Order] {
        let store = context.infra.event_store(owner);
        consuming = consuming.probing(&Probe::store(&owner.events_table(), &store));
    }
    let consumer = Consumer::new(
        consuming,
        Arc::clone(&queue),
        context.infra.queue(&queues::QUERY.dead_letters()),
        Arc::new(Projector::new(Arc::new(database.clone()), Arc::clone(&context.infra), applied)),
        context.ports.clone(),
    );

    let schema = Arc::clone(&migrations);
    let postgres = Check::new("postgres", move || {
        let (database, schema) = (database.clone(), Arc::clone(&schema));
        async move {
            database.ping().await.map_err(|fault| fault.to_string())?;
            if schema.are_done() { Ok(()) } else { Err("migrations are not done".to_owned()) }
        }
    });
    let receiving = Check::new(queues::QUERY.name, move || {
        let queue = Arc::clone(&queue);
        async move { queue.depth().await.map(drop).map_err(|fault| fault.to_string()) }
    });
    Ok(Role::new("query")
        .routes(move |routes| http::register(routes, reads.clone()))
        .worker(migrations.worker())
        .worker(consumers::worker(consumer, migrations))
        .check(postgres)
        .check(receiving))
}
