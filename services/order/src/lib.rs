//! Order role: placing orders and keeping the saga's score.
//!
//! - [`orders`]: orders themselves, from a placement to a shipment or a cancellation.
//! - [`carts`]: what somebody means to buy, until it becomes an order.
//! - [`prices`]: what products cost, kept by catalog's events.
//! - [`consumers`]: `order-queue`, which feeds both. [`config`]: what can be set. [`metrics`]: how many orders came how far.
//! - [`reasons`]: why it sets a message aside.

pub mod carts;
pub mod config;
pub mod consumers;
pub mod metrics;
pub mod orders;
pub mod prices;
pub mod reasons;

use std::sync::Arc;

pub use carts::{CartOrdering, CartService};
pub use config::{OrderArgs, OrderSettings};
pub use orders::{Orders, Placing, Refunding};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{Service, queues, tables};
use shotengai_runtime::{Consuming, Deps, Role};

use crate::carts::Carts;
use crate::consumers::OrderEvents;
use crate::orders::chains::Chains;
use crate::orders::deadline::{Deadlines, Reminders};
use crate::orders::intents::Intents;
use crate::orders::pending::PendingOrders;
use crate::prices::Prices;
use crate::prices::catalog::CatalogClient;

/// The role, and what can be asked of it within a process.
pub struct OrderRole {
    /// All orders.
    pub orders: Orders,
    /// Places orders.
    pub placing: Placing,
    /// Gives money back.
    pub refunding: Refunding,
    /// Everybody's carts.
    pub carts: CartService,
    /// Makes orders of carts.
    pub ordering: CartOrdering,
    /// What products cost.
    pub prices: Prices,
    /// What a process runs of it.
    pub role: Role,
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, settings: &OrderSettings) -> OrderRole {
    metrics::show();
    let orders = Orders::new(deps.events(Owner::Order).counting(metrics::count));
    let queue = deps.queue(&queues::ORDER_DEADLINE);
    let followed = deps.grouped_table(&tables::ORDER_PENDING);
    let chains = Chains::new(Arc::clone(&followed), deps.ports().clone());
    let reminders = Reminders::new(queue, chains, Arc::clone(&deps.ports().clock), settings.timeouts());
    let catalog = CatalogClient::new(deps.neighbour(Service::CATALOG), settings.catalog_timeout());
    let prices = Prices::new(deps.table(&tables::ORDER_PRICES), catalog);
    let intents = Intents::new(deps.grouped_table(&tables::PAYMENT_INTENTS), Arc::clone(&deps.ports().clock));
    let limit = settings.order_max_pending.into();
    let pending = PendingOrders::new(followed, orders.clone(), Arc::clone(&deps.ports().clock), limit);
    let placing = Placing::new(orders.clone(), prices.clone(), intents, pending, Arc::clone(&deps.ports().ids));
    let refunding = Refunding::new(orders.clone(), Arc::clone(&deps.ports().ids));
    let (kept, clock) = (Carts::new(orders.writer().clone()), Arc::clone(&deps.ports().clock));
    let ordering = CartOrdering::new(orders.clone(), kept.clone(), placing.clone(), Arc::clone(&clock));
    let carts = CartService::new(kept, prices.clone(), clock);
    let events = OrderEvents::new(orders.clone(), prices.clone(), reminders.clone());
    let deadlines = Deadlines::new(orders.clone(), reminders);
    // Means of payment are nothing to consumers.
    let consuming = Consuming::default().batches(settings.order_consumer_concurrency.into());
    let consuming = consuming.regardless_of(tables::PAYMENT_INTENTS.name);
    let served = (orders.clone(), placing.clone(), refunding.clone(), ordering.clone(), carts.clone());
    let role = Role::new(deps)
        // Bounds and chains of reminders are nothing to what is told, prices are nothing to deadlines.
        .consume(&queues::ORDER, events, consuming.clone().regardless_of(tables::ORDER_PENDING.name))
        .consume(&queues::ORDER_DEADLINE, deadlines, consuming.regardless_of(tables::ORDER_PRICES.name))
        .routes(move |routes| {
            let (orders, placing, refunding, ordering, carts) = &served;
            orders::http::routes(routes, orders, placing, ordering);
            orders::refund_http::routes(routes, refunding);
            carts::http::routes(routes, carts);
        });
    OrderRole { orders, placing, refunding, carts, ordering, prices, role }
}
