//! An order's events, for its owner and for administrators.

use serde::Serialize;
use serde_json::Value;
use shotengai_contracts::OrderEvent;
use shotengai_kernel::{AggregateId, OrderId, Timestamp, UserId, Version};
use shotengai_messaging::Fault;

use crate::aggregate::Orders;
use crate::domain::Order;

/// One event as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its number among the order's events, from 1.
    pub version: Version,
    /// When it was decided.
    pub time: Timestamp,
    /// Its payload in today's shape.
    pub data: Value,
}

/// All events of an order, oldest first; none when there is no such order or it is not `owner`'s. Without an owner
/// anybody's order is shown.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn history(
    orders: &Orders,
    order: &OrderId,
    owner: Option<&UserId>,
) -> Result<Option<Vec<HistoryEntry>>, Fault> {
    let commits = orders.writer().store().load(&AggregateId::from(order), Version::ZERO).await?;
    let mut state = Order::default();
    let mut entries = Vec::new();
    for envelope in commits.into_iter().flat_map(|commit| commit.events) {
        let data = match envelope.event() {
            Ok(event) => {
                let data = event.to_data();
                if let Ok(event) = OrderEvent::try_from(event) {
                    // What doesn't fit is shown all the same: this is for looking at what was written.
                    let _ = state.evolve(&event);
                }
                data
            }
            // Written by a newer release: shown as it stands.
            Err(_) => envelope.data,
        };
        let (event_type, version, time) = (envelope.event_type, envelope.aggregateversion, envelope.time);
        entries.push(HistoryEntry { event_type, version, time, data });
    }
    let visible = state.placed().is_some_and(|placed| owner.is_none_or(|owner| *owner == placed.user_id));
    Ok(visible.then_some(entries))
}
