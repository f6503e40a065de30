//! What tally does with `tally-queue`.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::EventType;
use shotengai_messaging::{Delivery, Group, GroupHandler, Reason};

use crate::count_orders::CountOrders;
use crate::domain::count::Count;
use crate::reasons::REASONS;

/// Counts a batch in one transaction, or as few as fit.
pub struct TallyHandler {
    orders: Arc<CountOrders>,
}

impl TallyHandler {
    /// A handler that counts with this.
    #[must_use]
    pub const fn new(orders: Arc<CountOrders>) -> Self {
        Self { orders }
    }
}

#[async_trait]
impl GroupHandler for TallyHandler {
    const EVENTS: &'static [EventType] = &[EventType::OrderPaid, EventType::OrderCancelled, EventType::OrderRefunded];
    const REASONS: &'static [Reason] = &REASONS;

    /// All that come together are counted together.
    type Key = ();

    fn key(&self, _: &Delivery) {}

    async fn handle(&self, (): (), group: &mut Group) {
        // Orders that were cancelled before they were paid move nothing, nor do refunds of money alone.
        let count = |delivery: &Delivery| Count::for_event(&delivery.event, delivery.envelope.time);
        let counts: Vec<Count> = group.iter().filter_map(|entry| count(entry)).collect();
        let uncounted = self.orders.run(&counts).await;
        for entry in group {
            let error = count(entry).and_then(|count| uncounted.get(&count.id()).cloned());
            entry.answer(error.map_or(Ok(()), Err));
        }
    }
}
