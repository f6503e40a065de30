//! The query role: PostgreSQL read models.
//!
//! - [`domain`]: how events become rows; pure.
//! - [`project`]: brings rows up to the events of `query-queue`, refolding from the event stores where some are missing.
//! - [`rebuild`]: brings all rows back from the event stores.
//! - [`sets`]: a second set of tables beside the live one: built, compared, exchanged.
//! - [`store`], [`migrations`], [`database`]: the rows in PostgreSQL.
//! - [`products`], [`orders`], [`payments`], [`carts`], [`inventory`], [`customers`]: what is read; `damaged`: rows that can't be. [`metrics`]: the figures.
//! - [`journey`]: what happened to an order in all services, and how long each step took.
//! - [`receipt`]: what an order cost; [`prices`]: by which list prices.
//! - [`search`]: products found by words, in Japanese and in what has spaces between words.
//! - [`past`]: what was, folded from the event stores.
//! - [`versions`]: waiting for one's own writes; [`applied`] wakes who waits, `looks` looks for all of them.
//! - [`http`], [`params`], [`languages`]: how it is asked for. [`filters`]: which entries a list shows, and in which order;
//!   [`page`]: where its pages begin; [`conditions`]: the same as statements.

pub mod applied;
pub mod carts;
pub mod conditions;
pub mod config;
pub mod customers;
mod damaged;
pub mod database;
pub mod domain;
pub mod filters;
mod history;
pub mod http;
pub mod inventory;
pub mod journey;
pub mod languages;
mod looks;
pub mod metrics;
pub mod migrations;
pub mod orders;
pub mod page;
pub mod params;
pub mod past;
pub mod payments;
pub mod prices;
pub mod products;
pub mod project;
pub mod rebuild;
pub mod receipt;
pub mod search;
pub mod sets;
pub mod store;
pub mod versions;

use std::sync::Arc;

use actix_web::web;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{Service, queues};
use shotengai_messaging::Probe;
use shotengai_runtime::{Check, Consuming, Context, Deps, OrderLinks, Role};

use applied::Applied;
pub use config::{QueryArgs, QuerySettings};
use database::Database;
use http::Reads;
use journey::Journeys;
use migrations::Migrations;
use past::Past;
use project::{Histories, Projector};
use rebuild::upkeep::Upkeep;
use receipt::Receipts;
use search::fill::Fill;
use store::{PostgresRows, ReadModel};
use versions::Versions;

/// The role, and what can be asked of it within a process.
pub struct QueryRole {
    /// Reads that wait for what a batch of events is about.
    pub applied: Arc<Applied>,
    /// The event stores that rows are folded from.
    pub histories: Arc<Histories>,
    /// What a process runs of it.
    pub role: Role,
}

/// Assembles the role over PostgreSQL, which need not be there yet.
///
/// # Errors
/// When no trusted certificates can be had for the TLS that `DATABASE_URL` asks for, or the table of prices can't be read.
pub fn build(context: &Context, settings: &QuerySettings) -> anyhow::Result<Role> {
    metrics::begin();
    let database = Database::new(shotengai_runtime::postgres_pool(&settings.database)?);
    let migrations = Migrations::new(database.clone(), context.ports.clone());
    let rows = PostgresRows { database: database.clone(), migrations: Arc::clone(&migrations) };
    let QueryRole { applied, histories, role } = assemble(context.deps(Service::QUERY), Arc::new(rows));
    let past = Past::new(Arc::clone(&histories), Arc::clone(&context.ports.clock));
    let versions = Versions::new(database.clone(), applied, histories, settings.min_version_wait());
    let links = OrderLinks::new(&context.settings.auth.internal_token);
    let upkeep = Upkeep::new(database.clone(), Arc::clone(&migrations), context.infra.as_ref(), context.ports.clone());
    let fill = Fill::new(database.clone(), Arc::clone(&migrations), context.ports.clone());
    let (clock, currency) = (Arc::clone(&context.ports.clock), context.settings.currency);
    let reads = web::Data::new(Reads { database, versions, past, links, clock, currency });
    let journeys = web::Data::new(Journeys::new(context.infra.as_ref()));
    let receipts = web::Data::new(Receipts::new(context)?);
    let role = role.worker(migrations.worker()).worker(upkeep.worker()).worker(fill.worker()).check(upkeep.check());
    Ok(role.routes(move |routes| http::register(routes, reads.clone(), journeys.clone(), receipts.clone())))
}

/// Assembles what keeps the rows of `model`: the consumer, which receives nothing before their tables are there.
#[must_use]
pub fn assemble(mut deps: Deps, model: Arc<dyn ReadModel>) -> QueryRole {
    let applied = Arc::new(Applied::default());
    let (pinged, opened, checked) = (Arc::clone(&model), Arc::clone(&model), Arc::clone(&model));
    deps.guard(Probe::new("postgres", move || {
        let model = Arc::clone(&pinged);
        async move { model.ping().await }
    }));
    // A gap is refolded from the store of the aggregate's owner.
    let owners = [Owner::Catalog, Owner::Inventory, Owner::Order, Owner::Billing];
    let histories = Arc::new(Histories::new(owners, |owner| deps.history(owner)));
    let consuming = Consuming::default().after(move || {
        let model = Arc::clone(&opened);
        async move { model.ready().await }
    });
    let postgres = Check::new("postgres", move || {
        let model = Arc::clone(&checked);
        async move {
            model.ping().await.map_err(|fault| fault.to_string())?;
            if model.is_ready() { Ok(()) } else { Err("migrations are not done".to_owned()) }
        }
    });
    let projector = Projector::new(model, Arc::clone(&histories), Arc::clone(&applied));
    let role = Role::new(deps).consume(&queues::QUERY, projector, consuming).check(postgres);
    QueryRole { applied, histories, role }
}
