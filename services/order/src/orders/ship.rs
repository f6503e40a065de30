//! Shipping an order.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, OrderId, Version};
use shotengai_messaging::{CommandError, Executed, Loaded};

use crate::orders::aggregate::Orders;
use crate::orders::domain::{Order, Refusal, ship};

/// What became of the wish to ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shipping {
    /// It is on its way now; the order's version.
    Shipped(Version),
    /// It was on its way before; the order's version.
    Already(Version),
}

/// Ships a paid order, once.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn ship_order(orders: &Orders, order: &OrderId, meta: &Metadata) -> Result<Shipping, CommandError<Refusal>> {
    let decide = |order: &Loaded<Order>| ship(&order.state);
    let Executed { loaded, written } = orders.execute(&AggregateId::from(order), meta, decide).await?;
    Ok(if written.is_empty() { Shipping::Already(loaded.version) } else { Shipping::Shipped(loaded.version) })
}
