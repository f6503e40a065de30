//! What tally does with `tally-queue`.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_messaging::{Delivery, Disposition, Handler};

use crate::count_orders::CountOrders;
use crate::domain::count::Count;

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
impl Handler for TallyHandler {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let counts: Vec<Option<Count>> =
            batch.iter().map(|delivery| Count::for_event(&delivery.event, delivery.envelope.time)).collect();
        let wanted: Vec<Count> = counts.iter().flatten().cloned().collect();
        let mut outcomes = self.orders.run(&wanted).await.into_iter();
        // Orders that were cancelled before they were paid move nothing.
        let mut next = || outcomes.next().unwrap_or_else(|| Disposition::retry("the order was not counted"));
        counts.iter().map(|count| if count.is_some() { next() } else { Disposition::Done }).collect()
    }
}
