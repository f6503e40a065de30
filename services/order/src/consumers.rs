//! What order does with the messages of `order-queue`.

use async_trait::async_trait;
use shotengai_contracts::{Event, EventType};
use shotengai_kernel::{OrderId, ProductId};
use shotengai_messaging::handler::Entry;
use shotengai_messaging::{Delivery, Group, GroupHandler};

use crate::orders::aggregate::Orders;
use crate::orders::deadline::Reminders;
use crate::orders::domain::Signal;
use crate::orders::saga::{SagaMessage, apply_signals};
use crate::prices::Prices;

/// Handles the events of inventory, billing and catalog, and order's own placements. Messages of one order are taken in
/// together, so are those of one product, and all placements.
pub struct OrderEvents {
    orders: Orders,
    prices: Prices,
    reminders: Reminders,
}

/// What messages are about; those of one subject are handled together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An order that inventory or billing tells of.
    Order(OrderId),
    /// A product that catalog tells of.
    Product(ProductId),
    /// Orders that were placed.
    Placements,
    /// Nothing that this consumer subscribes to.
    Other,
}

impl OrderEvents {
    /// A handler over these orders and prices, that reminds of deadlines by these reminders.
    #[must_use]
    pub const fn new(orders: Orders, prices: Prices, reminders: Reminders) -> Self {
        Self { orders, prices, reminders }
    }

    /// Oldest version first: fewer of them then find a gap before them.
    async fn learn(&self, group: &mut Group) {
        group.sort_by_version();
        for entry in group {
            let learnt = self.prices.learn(&entry.event, entry.envelope.aggregateversion).await;
            entry.answer(learnt);
        }
    }

    async fn apply_signals(&self, order: &OrderId, group: &mut Group) {
        let messages: Vec<SagaMessage> = group.iter().filter_map(|entry| saga_message(entry)).collect();
        match apply_signals(&self.orders, order, &messages).await {
            Ok(answers) => {
                for (entry, answer) in group.iter_mut().zip(answers) {
                    entry.answer(answer);
                }
            }
            Err(error) => group.answer_rest(error),
        }
    }
}

#[async_trait]
impl GroupHandler for OrderEvents {
    const EVENTS: &'static [EventType] = &[
        EventType::OrderPlaced,
        EventType::StockReserved,
        EventType::StockRejected,
        EventType::PaymentAuthorized,
        EventType::PaymentDeclined,
        EventType::PaymentCaptured,
        EventType::ShopRefundPaid,
        EventType::ShopRefundDeclined,
        EventType::ProductCreated,
        EventType::ProductUpdated,
        EventType::ProductPriceChanged,
        EventType::ProductDeleted,
        EventType::ProductRestored,
    ];

    type Key = Subject;

    fn key(&self, delivery: &Delivery) -> Subject {
        subject(&delivery.event)
    }

    async fn handle(&self, subject: Subject, group: &mut Group) {
        match subject {
            Subject::Order(order) => self.apply_signals(&order, group).await,
            Subject::Product(_) => self.learn(group).await,
            Subject::Placements => self.reminders.send(group).await,
            Subject::Other => group.iter_mut().for_each(Entry::unexpected),
        }
    }
}

fn subject(event: &Event) -> Subject {
    if let Some((order, _)) = signal_of(event) {
        return Subject::Order(order.clone());
    }
    match event {
        Event::OrderPlaced(_) => Subject::Placements,
        Event::ProductCreated(event) => Subject::Product(event.product_id.clone()),
        Event::ProductUpdated(event) => Subject::Product(event.product_id.clone()),
        Event::ProductPriceChanged(event) => Subject::Product(event.product_id.clone()),
        Event::ProductDeleted(event) => Subject::Product(event.product_id.clone()),
        Event::ProductRestored(event) => Subject::Product(event.product_id.clone()),
        _ => Subject::Other,
    }
}

fn signal_of(event: &Event) -> Option<(&OrderId, Signal)> {
    Some(match event {
        Event::StockReserved(event) => (&event.order_id, Signal::StockReserved),
        Event::StockRejected(event) => (&event.order_id, Signal::StockRejected),
        Event::PaymentAuthorized(event) => (&event.order_id, Signal::PaymentAuthorized),
        Event::PaymentDeclined(event) => (&event.order_id, Signal::PaymentDeclined(event.stage)),
        Event::PaymentCaptured(event) => (&event.order_id, Signal::PaymentCaptured),
        Event::ShopRefundPaid(event) => (&event.order_id, Signal::RefundPaid(event.refund_id)),
        Event::ShopRefundDeclined(event) => (&event.order_id, Signal::RefundDeclined(event.refund_id)),
        _ => return None,
    })
}

fn saga_message(delivery: &Delivery) -> Option<SagaMessage> {
    let (_, signal) = signal_of(&delivery.event)?;
    Some(SagaMessage { signal, meta: delivery.metadata() })
}
