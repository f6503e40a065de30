//! Pending orders of a customer, bounded: whoever orders without end holds stock and has mails sent, and anybody can be a
//! guest with anybody's address.
//!
//! One row a customer has the orders that may be pending, written under its version, so that requests at the same time
//! can't pass the bound together. Nobody takes an order off the row when it gets on: it is looked at again once the row is
//! full. Rows expire.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::tables;
use shotengai_kernel::{AggregateId, Clock, OrderId, Timestamp, UserId};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};

use crate::orders::aggregate::Orders;

const RESERVE: &str = "pending.reserve";
/// Longer than the longest deadline; an order that is pending after that waits for an operator.
const KEPT: SignedDuration = tables::PENDING_OF_CUSTOMERS.kept;
/// How long an order may be on its way into the store after it was reserved.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(60);
/// Writes lost to the customer's other requests in a row before this one is asked to come again.
const RACES: usize = 8;
/// Orders that are looked at at once.
const LOOKUPS_AT_ONCE: usize = 8;

/// Bounds how many pending orders a customer has. Cheap to clone.
#[derive(Clone)]
pub struct PendingOrders {
    table: Arc<dyn Table>,
    orders: Orders,
    clock: Arc<dyn Clock>,
    limit: usize,
}

/// Why an order may not be placed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} orders are pending, which is as many as a customer may have")]
pub struct TooManyPending(pub usize);

/// A row's document.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Doc {
    orders: Vec<Entry>,
}

/// An order that may be pending.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    id: OrderId,
    /// When it was about to be placed.
    at: Timestamp,
}

impl PendingOrders {
    /// At most `limit` a customer; none is without a bound.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, orders: Orders, clock: Arc<dyn Clock>, limit: usize) -> Self {
        Self { table, orders, clock, limit }
    }

    /// Has this order among the customer's pending ones, if it may be. The same order can be reserved again.
    ///
    /// # Errors
    /// A [`Fault`] of the table or of the orders' store.
    pub async fn reserve(&self, user: &UserId, order: &OrderId) -> Result<Result<(), TooManyPending>, Fault> {
        if self.limit == 0 {
            return Ok(Ok(()));
        }
        let key = Key::new(user.as_str(), "pending");
        let mut standing = self.table.get(&key).await?;
        for _ in 0..RACES {
            let (mut entries, version) = match &standing {
                Some(row) => (read(row), row.version),
                None => (Vec::new(), 0),
            };
            if entries.iter().any(|entry| entry.id == *order) {
                return Ok(Ok(()));
            }
            if entries.len() >= self.limit {
                entries = self.still_pending(entries).await?;
            }
            if entries.len() >= self.limit {
                return Ok(Err(TooManyPending(self.limit)));
            }
            let now = self.clock.now();
            entries.push(Entry { id: order.clone(), at: now });
            // Ids and times always serialize.
            let doc = serde_json::to_value(Doc { orders: entries }).unwrap_or_default();
            let row = Row { expires_at: now.checked_add(KEPT).ok(), ..Row::new(key.clone(), version + 1, doc) };
            let condition = if version == 0 { Condition::Absent } else { Condition::VersionIs(version) };
            match self.table.put(&row, condition).await {
                Ok(()) => return Ok(Ok(())),
                // Perhaps our own write, whose answer was lost: the order stands in it then.
                Err(WriteError::Condition(other)) => standing = other.map(|row| *row),
                Err(WriteError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, RESERVE, "too many orders of one customer at once"))
    }

    async fn still_pending(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, Fault> {
        let over: BTreeSet<OrderId> = stream::iter(entries.clone())
            .map(|entry| async move {
                let order = self.orders.load(&AggregateId::from(&entry.id)).await?;
                let is_over = match order.state.placed() {
                    Some(placed) => placed.stage != OrderStage::Pending,
                    // It was never placed, or will be in a moment.
                    None => self.clock.now().duration_since(entry.at) > UNDER_WAY,
                };
                Ok::<_, Fault>(is_over.then_some(entry.id))
            })
            .buffered(LOOKUPS_AT_ONCE)
            .try_filter_map(|over| async move { Ok(over) })
            .try_collect()
            .await?;
        Ok(entries.into_iter().filter(|entry| !over.contains(&entry.id)).collect())
    }
}

/// A row that can't be read counts as empty: it must not keep anybody from ordering.
fn read(row: &Row) -> Vec<Entry> {
    serde_json::from_value::<Doc>(row.doc.clone()).unwrap_or_default().orders
}
