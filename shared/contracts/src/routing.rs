//! Which queue gets which events: the filter policies of the topic's subscriptions.

use crate::events::EventType;

/// A consumer's queue and what it subscribes to.
#[derive(Debug, Clone, Copy)]
pub struct QueueSpec {
    /// The queue's name, without an installation's prefix. Its dead-letter queue is `<service>-dlq`.
    pub name: &'static str,
    /// The service that consumes it.
    pub service: &'static str,
    /// The events the topic sends it.
    pub events: &'static [EventType],
}

impl QueueSpec {
    /// The queue for what this consumer can't handle.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        dead_letters_of(self.name)
    }
}

/// The dead-letter queue of a queue: `order-queue` → `order-dlq`.
#[must_use]
pub fn dead_letters_of(queue: &str) -> String {
    format!("{}-dlq", queue.strip_suffix("-queue").unwrap_or(queue))
}

/// Where order reminds itself of its orders' deadlines. Order sends to it, not the topic.
pub const DEADLINE_QUEUE: &str = "order-deadline-queue";

/// Every queue that has a consumer: those that the topic feeds, then order's own.
pub fn consumed_queues() -> impl Iterator<Item = &'static str> {
    QUEUES.iter().map(|spec| spec.name).chain([DEADLINE_QUEUE])
}

/// The queue of this name.
#[must_use]
pub fn queue(name: &str) -> Option<&'static QueueSpec> {
    QUEUES.iter().find(|spec| spec.name == name)
}

use EventType::{
    OrderCancelled, OrderConfirmed, OrderPaid, OrderPaymentSecured, OrderPlaced, OrderShipped, OrderStockSecured,
    PaymentAuthorized, PaymentCaptured, PaymentDeclined, ProductCreated, ProductDeleted, ProductImageAdded,
    ProductPriceChanged, ProductUpdated, StockMoved, StockRejected, StockReserved,
};

/// Every subscription of the topic `order-events`.
pub const QUEUES: &[QueueSpec] = &[
    QueueSpec {
        name: "order-queue",
        service: "order",
        events: &[
            OrderPlaced,
            StockReserved,
            StockRejected,
            PaymentAuthorized,
            PaymentDeclined,
            PaymentCaptured,
            ProductCreated,
            ProductUpdated,
            ProductPriceChanged,
            ProductDeleted,
        ],
    },
    QueueSpec {
        name: "inventory-queue",
        service: "inventory",
        events: &[ProductCreated, OrderPlaced, OrderCancelled, OrderShipped],
    },
    QueueSpec { name: "billing-queue", service: "billing", events: &[OrderPlaced, OrderConfirmed, OrderCancelled] },
    QueueSpec {
        name: "notification-queue",
        service: "notification",
        events: &[OrderPlaced, OrderPaid, OrderShipped, OrderCancelled],
    },
    QueueSpec { name: "tally-queue", service: "tally", events: &[OrderPaid, OrderCancelled] },
    QueueSpec {
        name: "query-queue",
        service: "query",
        events: &[
            ProductCreated,
            ProductUpdated,
            ProductPriceChanged,
            ProductImageAdded,
            ProductDeleted,
            StockMoved,
            OrderPlaced,
            OrderStockSecured,
            OrderPaymentSecured,
            OrderConfirmed,
            OrderPaid,
            OrderShipped,
            OrderCancelled,
        ],
    },
];
