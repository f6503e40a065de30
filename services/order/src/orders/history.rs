//! An order's events, for its owner and for administrators.

use shotengai_contracts as owned;
use shotengai_contracts::api::orders::OrderEvent;
use shotengai_contracts::shown::shown;
use shotengai_kernel::{AggregateId, OrderId, UserId, Version};
use shotengai_messaging::Fault;

use crate::orders::aggregate::Orders;
use crate::orders::domain::Order;

/// All events of an order, oldest first; none when there is no such order or it is not `owner`'s. Without an owner
/// anybody's order is shown.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn history(
    orders: &Orders,
    order: &OrderId,
    owner: Option<&UserId>,
) -> Result<Option<Vec<OrderEvent>>, Fault> {
    let commits = orders.writer().store().load(&AggregateId::from(order), Version::ZERO).await?;
    let mut state = Order::default();
    let mut entries = Vec::new();
    for envelope in commits.into_iter().flat_map(|commit| commit.events) {
        let data = match envelope.event() {
            Ok(event) => {
                let data = event.to_data();
                if let Ok(event) = owned::OrderEvent::try_from(event) {
                    // What doesn't fit is shown all the same: this is for looking at what was written.
                    let _ = state.evolve(&event);
                }
                data
            }
            // Written by a newer release: shown as it stands, but for what `shown` leaves out of every event.
            Err(_) => envelope.data,
        };
        let (event_type, version, time) = (envelope.event_type, envelope.aggregateversion, envelope.time);
        entries.push(OrderEvent { event_type, version, time, data: shown(data) });
    }
    let visible = state.placed().is_some_and(|placed| owner.is_none_or(|owner| *owner == placed.user_id));
    Ok(visible.then_some(entries))
}
