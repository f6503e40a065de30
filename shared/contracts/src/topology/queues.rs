//! Queues: who consumes each, how messages get into it, where its dead letters go.

use super::Service;
use crate::events::EventType;
use crate::events::EventType::{
    CaptureStarted, CartCleared, CartItemChanged, ItemAddedToCart, ItemRemovedFromCart, OrderCancelled, OrderConfirmed,
    OrderPaid, OrderPaymentSecured, OrderPlaced, OrderRefundDeclined, OrderRefundRequested, OrderRefunded,
    OrderShipped, OrderStockSecured, PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded,
    PaymentVoided, ProductCreated, ProductDeleted, ProductImageAdded, ProductImageRefused, ProductImageRemoved,
    ProductImageRequested, ProductPriceChanged, ProductRestored, ProductUpdated, RefundStarted, ShopRefundDeclined,
    ShopRefundPaid, ShopRefundStarted, StockMoved, StockRejected, StockReserved, VoidStarted,
};

/// How messages get into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The topic sends it the events of these types (the subscription's filter policy).
    Topic(&'static [EventType]),
    /// The service that consumes it sends to it, too.
    Own,
    /// A bucket tells it of objects as soon as they are there.
    Bucket,
    /// A dead-letter queue without a consumed queue beside it: the service itself sets records of the stream aside here.
    Stream,
    /// The same of the price stream.
    PriceStream,
}

/// A queue and who consumes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name: `<what>-queue`, or `<what>-dlq` for [`Source::Stream`] and [`Source::PriceStream`].
    pub name: &'static str,
    /// The service that consumes it.
    pub service: Service,
    /// How messages get into it.
    pub source: Source,
}

/// The dead-letter queue of a queue: `order-queue` → `order-dlq`. A dead-letter queue is its own.
#[must_use]
pub fn dead_letters_of(queue: &str) -> String {
    format!("{}-dlq", stem(queue))
}

fn stem(queue: &str) -> &str {
    queue.strip_suffix("-queue").or_else(|| queue.strip_suffix("-dlq")).unwrap_or(queue)
}

impl QueueSpec {
    /// The queue for what its consumer can't handle: `order-queue` → `order-dlq`. A dead-letter queue is its own.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        dead_letters_of(self.name)
    }

    /// Who takes messages out of it, as logs, metrics and dead letters say: `order-deadline-queue` → `order-deadline`.
    #[must_use]
    pub fn consumer(&self) -> &'static str {
        stem(self.name)
    }

    /// Whether a consumer receives from it, so that it has dead letters beside it.
    #[must_use]
    pub const fn is_consumed(&self) -> bool {
        !matches!(self.source, Source::Stream | Source::PriceStream)
    }

    /// The events that the topic sends it; none where the topic does not feed it.
    #[must_use]
    pub const fn events(&self) -> &'static [EventType] {
        match self.source {
            Source::Topic(events) => events,
            Source::Own | Source::Bucket | Source::Stream | Source::PriceStream => &[],
        }
    }

    /// Whether the topic feeds it.
    #[must_use]
    pub const fn is_subscribed(&self) -> bool {
        matches!(self.source, Source::Topic(_))
    }
}

/// Order's: the answers of inventory and billing, products' prices, its own placements.
pub const ORDER: QueueSpec = QueueSpec {
    name: "order-queue",
    service: Service::ORDER,
    source: Source::Topic(&[
        OrderPlaced,
        StockReserved,
        StockRejected,
        PaymentAuthorized,
        PaymentDeclined,
        PaymentCaptured,
        ShopRefundPaid,
        ShopRefundDeclined,
        ProductCreated,
        ProductUpdated,
        ProductPriceChanged,
        ProductDeleted,
        ProductRestored,
    ]),
};
/// Order's reminders of deadlines.
pub const ORDER_DEADLINE: QueueSpec =
    QueueSpec { name: "order-deadline-queue", service: Service::ORDER, source: Source::Own };
/// Uploads of products' images, as the bucket tells of them.
pub const PRODUCT_IMAGES: QueueSpec =
    QueueSpec { name: "product-images-queue", service: Service::CATALOG, source: Source::Bucket };
/// Inventory's.
pub const INVENTORY: QueueSpec = QueueSpec {
    name: "inventory-queue",
    service: Service::INVENTORY,
    source: Source::Topic(&[ProductCreated, OrderPlaced, OrderCancelled, OrderShipped, OrderRefunded]),
};
/// Billing's.
pub const BILLING: QueueSpec = QueueSpec {
    name: "billing-queue",
    service: Service::BILLING,
    source: Source::Topic(&[OrderPlaced, OrderConfirmed, OrderCancelled, OrderRefundRequested]),
};
/// Notification's.
pub const NOTIFICATION: QueueSpec = QueueSpec {
    name: "notification-queue",
    service: Service::NOTIFICATION,
    source: Source::Topic(&[OrderPlaced, OrderPaid, OrderShipped, OrderCancelled, OrderRefunded]),
};
/// Tally's.
pub const TALLY: QueueSpec = QueueSpec {
    name: "tally-queue",
    service: Service::TALLY,
    source: Source::Topic(&[OrderPaid, OrderCancelled, OrderRefunded]),
};
/// Query's.
pub const QUERY: QueueSpec = QueueSpec {
    name: "query-queue",
    service: Service::QUERY,
    source: Source::Topic(&[
        ProductCreated,
        ProductUpdated,
        ProductPriceChanged,
        ProductImageRequested,
        ProductImageAdded,
        ProductImageRefused,
        ProductImageRemoved,
        ProductDeleted,
        ProductRestored,
        StockMoved,
        OrderPlaced,
        OrderStockSecured,
        OrderPaymentSecured,
        OrderConfirmed,
        OrderPaid,
        OrderShipped,
        OrderCancelled,
        OrderRefundRequested,
        OrderRefunded,
        OrderRefundDeclined,
        PaymentAuthorized,
        PaymentDeclined,
        CaptureStarted,
        PaymentCaptured,
        VoidStarted,
        PaymentVoided,
        RefundStarted,
        PaymentRefunded,
        ShopRefundStarted,
        ShopRefundPaid,
        ShopRefundDeclined,
        ItemAddedToCart,
        CartItemChanged,
        ItemRemovedFromCart,
        CartCleared,
    ]),
};
/// Records of the stream that the bridge can't publish.
pub const BRIDGE_DEAD_LETTERS: QueueSpec =
    QueueSpec { name: "bridge-dlq", service: Service::BRIDGE, source: Source::Stream };
/// Records of the price stream that are no price of a product.
pub const PRICE_DEAD_LETTERS: QueueSpec =
    QueueSpec { name: "prices-dlq", service: Service::CATALOG, source: Source::PriceStream };

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::SHOTENGAI;
    use super::*;

    #[test]
    fn dead_letter_queues_are_named_after_their_queues() {
        assert_eq!(ORDER.dead_letters(), "order-dlq");
        assert_eq!(ORDER_DEADLINE.dead_letters(), "order-deadline-dlq");
        assert_eq!(BRIDGE_DEAD_LETTERS.dead_letters(), "bridge-dlq");
        let all: BTreeSet<String> = SHOTENGAI.queues.iter().map(|queue| queue.dead_letters()).collect();
        assert_eq!(all.len(), SHOTENGAI.queues.len());
    }

    #[test]
    fn consumers_are_named_after_their_queues() {
        assert_eq!(ORDER.consumer(), "order");
        assert_eq!(ORDER_DEADLINE.consumer(), "order-deadline");
        assert_eq!(BRIDGE_DEAD_LETTERS.consumer(), "bridge");
    }

    #[test]
    fn no_subscription_names_an_event_twice() {
        for queue in SHOTENGAI.subscribed_queues() {
            let events: BTreeSet<EventType> = queue.events().iter().copied().collect();
            assert_eq!(events.len(), queue.events().len(), "{}", queue.name);
        }
    }
}
