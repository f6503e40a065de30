//! Orders as their owners see them.

use serde::{Deserialize, Serialize};
use shotengai_contracts::api::refunds::RefundStatus;
use shotengai_contracts::events::{CancelReason, OrderItem, OrderStage, RefundLine};
use shotengai_contracts::{Envelope, Misplaced, OrderEvent};
use shotengai_kernel::{AggregateId, Money, OrderId, RefundId, Timestamp, UserId, Version};

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
    /// What the shop gives back, oldest first.
    pub refunds: Vec<RefundRow>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// The order aggregate's version.
    pub version: Version,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefundRow {
    /// Which.
    pub refund_id: RefundId,
    /// How far it has come.
    pub status: RefundStatus,
    /// How much.
    pub amount: Money,
    /// The pieces it is for.
    pub lines: Vec<RefundLine>,
    /// The shop's words about it.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// Every stage, for reading one back from its text.
pub const STAGES: [OrderStage; 5] =
    [OrderStage::Pending, OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped, OrderStage::Cancelled];

/// The stage of this name, if there is one.
#[must_use]
pub fn stage(name: &str) -> Option<OrderStage> {
    STAGES.into_iter().find(|stage| stage.as_str() == name)
}

impl OrderRow {
    /// Whether there is such a refund, which has come this far now.
    fn answer(&mut self, id: RefundId, status: RefundStatus) -> bool {
        let found = self.refunds.iter_mut().find(|refund| refund.refund_id == id);
        found.map(|refund| refund.status = status).is_some()
    }
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
            refunds: Vec::new(),
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
            OrderEvent::OrderRefundRequested(asked) => self.refunds.push(RefundRow {
                refund_id: asked.refund_id,
                status: RefundStatus::Requested,
                amount: asked.amount,
                lines: asked.lines.clone(),
                reason: stored_text(&asked.reason),
                requested_at: stored_time(envelope.time),
            }),
            OrderEvent::OrderRefunded(it) if self.answer(it.refund_id, RefundStatus::Refunded) => {}
            OrderEvent::OrderRefundDeclined(it) if self.answer(it.refund_id, RefundStatus::Declined) => {}
            OrderEvent::OrderRefunded(_)
            | OrderEvent::OrderRefundDeclined(_)
            | OrderEvent::OrderPlaced(_)
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
