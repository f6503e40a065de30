//! The order role: placing orders and keeping the saga's score.
//!
//! - [`domain`]: what is known of an order, and every decision about one. Pure.
//! - [`place`], [`ship`], [`cancel`], [`history`]: one use case each.
//! - [`prices`], [`price_feed`], [`catalog_client`]: what products cost, kept by catalog's events.
//! - [`saga`], [`consumers`]: what inventory, billing and catalog tell.
//! - [`http`]: the door.

pub mod aggregate;
pub mod cancel;
pub mod cancel_body;
pub mod catalog_client;
pub mod config;
pub mod consumers;
pub mod domain;
pub mod history;
pub mod http;
pub mod idempotency;
pub mod place;
pub mod price_feed;
pub mod prices;
mod problems;
pub mod saga;
pub mod ship;

use std::sync::Arc;

pub use config::OrderSettings;
use shotengai_contracts::Owner;
use shotengai_contracts::routing::dead_letters_of;
use shotengai_messaging::Consumer;
use shotengai_runtime::{Check, Context, Role};

use crate::aggregate::Orders;
use crate::catalog_client::HttpCatalog;
use crate::consumers::{OrderEvents, QUEUE};
use crate::place::Placing;
use crate::prices::{PRICES_TABLE, Prices};

/// The order role over these adapters.
///
/// # Errors
/// Never yet; roles that connect while they are built can fail.
pub async fn build(context: &Context, settings: OrderSettings) -> anyhow::Result<Role> {
    let sourcing = context.event_sourcing(Owner::Order);
    let store = Arc::clone(sourcing.writer.store());
    let orders = Orders::new(sourcing.writer);
    let shared = &context.settings;
    let catalog = HttpCatalog::new(
        context.http.clone(),
        &shared.catalog_url,
        shared.internal_token.clone(),
        settings.catalog_timeout(),
    );
    let table = context.infra.table(PRICES_TABLE);
    let prices = Prices::new(Arc::clone(&table), Arc::new(catalog));
    let placing = Placing::new(orders.clone(), prices.clone(), Arc::clone(&context.ports.ids));

    let mut config = context.consumer_config("order");
    config.concurrency = usize::from(settings.order_consumer_concurrency);
    let consumer = Consumer::new(
        config,
        context.infra.queue(QUEUE),
        context.infra.queue(&dead_letters_of(QUEUE)),
        Arc::new(OrderEvents::new(orders.clone(), prices)),
        context.ports.clone(),
    );
    Ok(Role::new("order")
        .routes(move |routes| http::routes(routes, &orders, &placing))
        .workers(sourcing.workers)
        .worker(consumer.worker())
        .check(Check::new("order-events", move || {
            let store = Arc::clone(&store);
            async move { store.ping().await.map_err(|fault| fault.to_string()) }
        }))
        .check(Check::new(PRICES_TABLE, move || {
            let table = Arc::clone(&table);
            async move { table.ping().await.map_err(|fault| fault.to_string()) }
        })))
}
