//! The order role: placing orders and keeping the saga's score.
//!
//! - [`domain`]: what is known of an order, and every decision about one. Pure.
//! - [`place`], [`ship`], [`cancel`], [`history`]: one use case each.
//! - [`prices`], [`price_feed`], [`catalog_client`]: what products cost, kept by catalog's events.
//! - [`saga`], [`consumers`]: what inventory, billing and catalog tell. [`deadline`]: what is done when they don't.
//! - [`http`]: the door.

pub mod aggregate;
pub mod cancel;
pub mod cancel_body;
pub mod catalog_client;
pub mod config;
pub mod consumers;
pub mod deadline;
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
use shotengai_contracts::topology::{QueueSpec, queues, tables};
use shotengai_messaging::{Consumer, ConsumerConfig, Handler, Probe};
use shotengai_runtime::{Check, Context, Role};

use crate::aggregate::Orders;
use crate::catalog_client::HttpCatalog;
use crate::consumers::OrderEvents;
use crate::deadline::{Deadlines, Reminders};
use crate::place::Placing;
use crate::prices::Prices;

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
    let table = context.infra.table(tables::ORDER_PRICES.name);
    let prices = Prices::new(Arc::clone(&table), Arc::new(catalog));
    let placing = Placing::new(orders.clone(), prices.clone(), Arc::clone(&context.ports.ids));

    let queue = context.infra.queue(queues::ORDER_DEADLINE.name);
    let probes = [
        Probe::store(&Owner::Order.events_table(), &store),
        Probe::queue(queues::ORDER_DEADLINE.name, &queue),
        Probe::table(tables::ORDER_PRICES.name, &table),
    ];
    let reminders = Reminders::new(queue, Arc::clone(&context.ports.clock), settings.patience());
    let deadlines = Deadlines::new(orders.clone(), reminders.clone());
    let events = OrderEvents::new(orders.clone(), prices, reminders);
    let consumer = |name, queue: &QueueSpec, handler, probes: &[Probe]| {
        let mut config = probes.iter().fold(context.consumer_config(name), ConsumerConfig::probing);
        config.concurrency = usize::from(settings.order_consumer_concurrency);
        let (queue, dead_letters) = (context.infra.queue(queue.name), context.infra.queue(&queue.dead_letters()));
        Consumer::new(config, queue, dead_letters, handler, context.ports.clone()).worker()
    };
    // Prices are nothing to deadlines.
    let workers = [
        consumer("order", &queues::ORDER, Arc::new(events) as Arc<dyn Handler>, &probes),
        consumer("order-deadline", &queues::ORDER_DEADLINE, Arc::new(deadlines), &probes[..2]),
    ];
    let role = Role::new("order")
        .routes(move |routes| http::routes(routes, &orders, &placing))
        .workers(sourcing.workers)
        .workers(workers);
    Ok(probes.iter().fold(role, |role, probe| role.check(Check::of(probe))))
}
