//! Orders as their owners see them.

use shotengai_contracts::events::{CancelReason, OrderItem, OrderStage};
use shotengai_contracts::{Envelope, Misplaced, OrderEvent};
use shotengai_kernel::{AggregateId, Money, OrderId, Timestamp, UserId, Version};

use super::{Fold, stored_text, stored_time};

/// One order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// Which.
    pub order_id: OrderId,
    /// Whose.
    pub user_id: UserId,
    /// How far it has come.
    pub status: OrderStage,
    /// The lines as ordered.
    pub items: Vec<OrderItem>,
    /// Sum of all lines.
    pub total: Money,
    /// Why it was cancelled, if it was.
    pub reason: Option<CancelReason>,
    /// What was said about the cancellation.
    pub note: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// The order aggregate's version.
    pub version: Version,
}

/// Every stage, for reading one back from its text.
pub const STAGES: [OrderStage; 5] =
    [OrderStage::Pending, OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped, OrderStage::Cancelled];

/// The stage of this name, if there is one.
#[must_use]
pub fn stage(name: &str) -> Option<OrderStage> {
    STAGES.into_iter().find(|stage| stage.as_str() == name)
}

impl Fold for OrderRow {
    type Event = OrderEvent;

    fn folds(aggregate: &AggregateId) -> bool {
        OrderId::parse(aggregate.as_str()).is_ok()
    }

    fn aggregate_id(&self) -> AggregateId {
        AggregateId::from(&self.order_id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn begin(envelope: &Envelope, event: &OrderEvent) -> Option<Self> {
        let OrderEvent::OrderPlaced(placed) = event else { return None };
        let time = stored_time(envelope.time);
        let stored_item = |item: &OrderItem| OrderItem {
            name: stored_text(&item.name),
            names: item.names.map(stored_text),
            ..item.clone()
        };
        Some(Self {
            order_id: placed.order_id.clone(),
            user_id: placed.user_id.clone(),
            status: OrderStage::Pending,
            items: placed.items.iter().map(stored_item).collect(),
            total: placed.total,
            reason: None,
            note: None,
            placed_at: time,
            updated_at: time,
            version: envelope.aggregateversion,
        })
    }

    fn evolve(&mut self, envelope: &Envelope, event: &OrderEvent) -> Result<(), Misplaced> {
        match event {
            // Stock or payment secured alone is the saga's own business: the order is still pending.
            OrderEvent::OrderStockSecured(_) | OrderEvent::OrderPaymentSecured(_) => {}
            OrderEvent::OrderConfirmed(_) => self.status = OrderStage::Confirmed,
            OrderEvent::OrderPaid(_) => self.status = OrderStage::Paid,
            OrderEvent::OrderShipped(_) => self.status = OrderStage::Shipped,
            OrderEvent::OrderCancelled(cancelled) => {
                self.status = OrderStage::Cancelled;
                self.reason = Some(cancelled.reason);
                self.note = cancelled.note.as_deref().map(stored_text);
            }
            OrderEvent::OrderPlaced(_)
            | OrderEvent::ItemAddedToCart(_)
            | OrderEvent::CartItemChanged(_)
            | OrderEvent::ItemRemovedFromCart(_)
            | OrderEvent::CartCleared(_) => return Err(Misplaced::of(event)),
        }
        self.updated_at = stored_time(envelope.time);
        self.version = envelope.aggregateversion;
        Ok(())
    }
}
