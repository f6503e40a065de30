//! Shipping an order.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, OrderId, Version};
use shotengai_messaging::{ExecuteError, Loaded};

use crate::aggregate::Orders;
use crate::domain::{Order, Refusal, ship};

/// What became of the wish to ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shipping {
    /// It is on its way now; the order's version.
    Shipped(Version),
    /// It was on its way before; the order's version.
    Already(Version),
}

enum Stop {
    Already(Version),
    Refused(Refusal),
}

/// Ships a paid order, once.
///
/// # Errors
/// [`ExecuteError`]; repeat after a fault.
pub async fn ship_order(orders: &Orders, order: &OrderId, meta: &Metadata) -> Result<Shipping, ExecuteError<Refusal>> {
    let decide = |order: &Loaded<Order>| match ship(&order.state) {
        Ok(events) if events.is_empty() => Err(Stop::Already(order.version)),
        Ok(events) => Ok(events),
        Err(refusal) => Err(Stop::Refused(refusal)),
    };
    match orders.execute(&AggregateId::from(order), meta, decide).await {
        Ok(after) => Ok(Shipping::Shipped(after.version)),
        Err(ExecuteError::Refused(Stop::Already(version))) => Ok(Shipping::Already(version)),
        Err(ExecuteError::Refused(Stop::Refused(refusal))) => Err(ExecuteError::Refused(refusal)),
        Err(ExecuteError::Fault(fault)) => Err(ExecuteError::Fault(fault)),
        Err(ExecuteError::Contended) => Err(ExecuteError::Contended),
        Err(ExecuteError::Unwritable(why)) => Err(ExecuteError::Unwritable(why)),
    }
}
