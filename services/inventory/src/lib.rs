//! The inventory role: stock and reservations.
//!
//! - [`domain`]: many requests decided together; pure.
//! - [`desk`]: loads, plans and writes as one transaction; the only place where stock moves.
//! - [`consumers`]: products' and orders' events as requests. [`add_stock`] and [`http`]: an administrator's.

pub mod add_stock;
pub mod config;
pub mod consumers;
pub mod desk;
pub mod domain;
pub mod http;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::queues;
use shotengai_messaging::{Consumer, ConsumerConfig, Probe};
use shotengai_runtime::{Check, Context, Role};

pub use config::InventorySettings;
use consumers::StockEvents;
use desk::Desk;

/// Wires the role.
///
/// # Errors
/// Never yet; roles that connect while they are built can fail.
#[expect(clippy::unused_async, reason = "every role is built the same way")]
pub async fn build(context: &Context, settings: InventorySettings) -> anyhow::Result<Role> {
    let queue = queues::INVENTORY;
    let sourcing = context.event_sourcing(Owner::Inventory);
    let desk = Arc::new(Desk::new(sourcing.writer.clone()));
    let store = Probe::store("dynamodb", sourcing.writer.store());
    let consuming = ConsumerConfig {
        concurrency: settings.inventory_concurrency.get(),
        ..context.consumer_config(queue.service.as_str())
    };
    let consumer = Consumer::new(
        consuming.probing(&store),
        context.infra.queue(queue.name),
        context.infra.queue(&queue.dead_letters()),
        Arc::new(StockEvents::new(Arc::clone(&desk))),
        context.ports.clone(),
    );
    let ports = context.ports.clone();
    Ok(Role::new(queue.service.as_str())
        .routes(move |routes| http::routes(routes, &desk, &ports))
        .worker(consumer.worker())
        .workers(sourcing.workers)
        .check(Check::of(&store)))
}
