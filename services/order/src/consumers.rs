//! What order does with the messages of `order-queue`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::future::join_all;
use shotengai_contracts::Event;
use shotengai_kernel::{OrderId, ProductId};
use shotengai_messaging::{Delivery, Disposition, Handler};
use tracing::Instrument;

use crate::aggregate::Orders;
use crate::deadline::Reminders;
use crate::domain::News;
use crate::prices::Prices;
use crate::saga::{Told, take_in};

/// Handles the events of inventory, billing and catalog, and order's own placements. Messages of one order are taken in
/// together, so are those of one product, and all placements.
pub struct OrderEvents {
    orders: Orders,
    prices: Prices,
    reminders: Reminders,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Order(OrderId),
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

    async fn handle_group(&self, subject: Subject, group: &[(usize, &Delivery)]) -> Vec<(usize, Disposition)> {
        let answers = match subject {
            Subject::Order(order) => {
                let told: Vec<Told> = group.iter().filter_map(|(_, delivery)| told(delivery)).collect();
                match take_in(&self.orders, &order, &told).await {
                    Ok(answers) => {
                        answers.into_iter().map(|taken| taken.map_or_else(Into::into, |()| Disposition::Done)).collect()
                    }
                    Err(error) => vec![error.into(); told.len()],
                }
            }
            Subject::Product(_) => self.learn(group).await,
            Subject::Placements => {
                let placements: Vec<&Delivery> = group.iter().map(|(_, delivery)| *delivery).collect();
                self.reminders.send(&placements).await
            }
            Subject::Other => group.iter().map(|(_, delivery)| unexpected(delivery)).collect(),
        };
        group.iter().map(|(index, _)| *index).zip(answers).collect()
    }

    /// One after the other, oldest version first: fewer of them then find a gap before them.
    async fn learn(&self, group: &[(usize, &Delivery)]) -> Vec<Disposition> {
        let mut by_version: Vec<usize> = (0..group.len()).collect();
        by_version.sort_by_key(|place| group.get(*place).map(|(_, delivery)| delivery.envelope.aggregateversion));
        let mut answers = vec![Disposition::Done; group.len()];
        for place in by_version {
            let (Some((_, delivery)), Some(answer)) = (group.get(place), answers.get_mut(place)) else { continue };
            if let Err(fault) = self.prices.learn(&delivery.event, delivery.envelope.aggregateversion).await {
                *answer = Disposition::from_fault(&fault);
            }
        }
        answers
    }
}

#[async_trait]
impl Handler for OrderEvents {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let mut groups: BTreeMap<Subject, Vec<(usize, &Delivery)>> = BTreeMap::new();
        for (index, delivery) in batch.iter().enumerate() {
            groups.entry(subject(&delivery.event)).or_default().push((index, delivery));
        }
        let groups = groups.into_iter().map(|(subject, group)| async move {
            let span = group.first().map_or_else(tracing::Span::none, |(_, delivery)| delivery.span.clone());
            self.handle_group(subject, &group).instrument(span).await
        });
        let mut answers: Vec<_> = join_all(groups).await.into_iter().flatten().collect();
        answers.sort_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}

fn subject(event: &Event) -> Subject {
    if let Some((order, _)) = news_of(event) {
        return Subject::Order(order.clone());
    }
    match event {
        Event::OrderPlaced(_) => Subject::Placements,
        Event::ProductCreated(event) => Subject::Product(event.product_id.clone()),
        Event::ProductUpdated(event) => Subject::Product(event.product_id.clone()),
        Event::ProductPriceChanged(event) => Subject::Product(event.product_id.clone()),
        Event::ProductDeleted(event) => Subject::Product(event.product_id.clone()),
        _ => Subject::Other,
    }
}

fn news_of(event: &Event) -> Option<(&OrderId, News)> {
    Some(match event {
        Event::StockReserved(event) => (&event.order_id, News::StockReserved),
        Event::StockRejected(event) => (&event.order_id, News::StockRejected),
        Event::PaymentAuthorized(event) => (&event.order_id, News::PaymentAuthorized),
        Event::PaymentDeclined(event) => (&event.order_id, News::PaymentDeclined(event.stage)),
        Event::PaymentCaptured(event) => (&event.order_id, News::PaymentCaptured),
        _ => return None,
    })
}

fn told(delivery: &Delivery) -> Option<Told> {
    let (_, news) = news_of(&delivery.event)?;
    Some(Told { news, meta: delivery.metadata() })
}

/// Not dropped: a subscription of a newer release may mean it for a newer consumer.
pub(crate) fn unexpected(delivery: &Delivery) -> Disposition {
    let error = format!("order has no use for {}", delivery.envelope.event_type);
    Disposition::Reject { reason: "unexpected_type", error }
}
