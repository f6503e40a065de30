//! The inventory role: stock and reservations.
//!
//! - [`domain`]: many requests decided together; pure.
//! - [`stock_service`]: loads, plans and writes as one transaction; the only place where stock moves.
//! - [`metrics`]: how many orders were reserved and refused.
//! - [`reasons`]: why it sets an event aside.
//! - [`consumers`]: products' and orders' events as requests. [`add_stock`] and [`http`]: an administrator's.

pub mod add_stock;
pub mod config;
pub mod consumers;
pub mod domain;
pub mod http;
pub mod metrics;
pub mod reasons;
pub mod stock_service;

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::queues;
use shotengai_runtime::{Consuming, Deps, Role};

pub use config::{InventoryArgs, InventorySettings};
use consumers::StockEvents;
pub use stock_service::StockService;

/// The role, and what can be asked of it within a process.
pub struct InventoryRole {
    /// Where stock moves.
    pub stock_service: Arc<StockService>,
    /// What a process runs of it.
    pub role: Role,
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &InventorySettings) -> InventoryRole {
    metrics::show();
    let writer = deps.events(Owner::Inventory).counting(|event, _| metrics::count(event));
    let stock_service = Arc::new(StockService::new(writer));
    let consuming = Consuming::default().batches(settings.inventory_concurrency.get());
    let (served, ports) = (Arc::clone(&stock_service), deps.ports().clone());
    let role = Role::new(deps)
        .consume(&queues::INVENTORY, StockEvents::new(Arc::clone(&stock_service)), consuming)
        .routes(move |routes| http::routes(routes, &served, &ports));
    InventoryRole { stock_service, role }
}
