//! What one event adds to the tally.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shotengai_contracts::events::{Event, OrderItem, OrderStage, RefundLine, StockLine};
use shotengai_kernel::{OrderId, ProductId, RefundId};

/// Whether pieces were bought or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// An order was paid.
    Paid,
    /// A paid order was cancelled, or pieces of it were refunded.
    Returned,
}

impl Effect {
    /// Its word in the row that makes it count once.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Returned => "returned",
        }
    }

    /// The counter it moves.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Self::Paid => "sold",
            Self::Returned => "returned",
        }
    }
}

/// Pieces of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// What the product was called.
    pub name: String,
    /// How many.
    pub pieces: i64,
}

/// What makes a count happen once.
pub type CountId = (OrderId, Effect, Option<RefundId>);

/// What one order adds, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The order.
    pub order_id: OrderId,
    /// Bought or given back.
    pub effect: Effect,
    /// The refund by which; none where it was the order.
    pub refund: Option<RefundId>,
    /// When, by the event: the same for every copy of it, whenever it is counted.
    pub time: Timestamp,
    /// One entry a product.
    pub products: BTreeMap<ProductId, Pieces>,
}

impl Count {
    /// What it is known by.
    #[must_use]
    pub fn id(&self) -> CountId {
        (self.order_id.clone(), self.effect, self.refund)
    }

    /// What this event, decided at `time`, adds; none for events that move no counter.
    #[must_use]
    pub fn for_event(event: &Event, time: Timestamp) -> Option<Self> {
        let count = |order_id: &OrderId, effect, refund, products: BTreeMap<ProductId, Pieces>| {
            (!products.is_empty()).then(|| Self { order_id: order_id.clone(), effect, refund, time, products })
        };
        match event {
            Event::OrderPaid(e) => count(&e.order_id, Effect::Paid, None, sum(&e.items)),
            Event::OrderCancelled(e) if e.cancelled_from == OrderStage::Paid => {
                count(&e.order_id, Effect::Returned, None, without(sum(&e.items), &e.refunded_pieces))
            }
            // Of a cancelled order all pieces are counted that were not refunded before.
            Event::OrderRefunded(e) if e.refunded_from != OrderStage::Cancelled => {
                count(&e.order_id, Effect::Returned, Some(e.refund_id), of(&e.lines, &e.items))
            }
            _ => None,
        }
    }
}

/// The pieces that are left without those of earlier refunds.
fn without(mut products: BTreeMap<ProductId, Pieces>, refunded: &[StockLine]) -> BTreeMap<ProductId, Pieces> {
    for line in refunded {
        if let Some(entry) = products.get_mut(&line.product_id) {
            entry.pieces -= i64::from(line.quantity.get());
        }
    }
    products.retain(|_, entry| entry.pieces > 0);
    products
}

/// The pieces of a refund, called as they were when they were ordered.
fn of(lines: &[RefundLine], items: &[OrderItem]) -> BTreeMap<ProductId, Pieces> {
    let mut products = sum(items);
    products.values_mut().for_each(|entry| entry.pieces = 0);
    for line in lines {
        if let Some(entry) = products.get_mut(&line.product_id) {
            entry.pieces += i64::from(line.quantity.get());
        }
    }
    products.retain(|_, entry| entry.pieces > 0);
    products
}

fn sum(items: &[OrderItem]) -> BTreeMap<ProductId, Pieces> {
    let mut products = BTreeMap::new();
    for item in items {
        let entry =
            products.entry(item.product_id.clone()).or_insert_with(|| Pieces { name: item.name.clone(), pieces: 0 });
        entry.pieces += i64::from(item.quantity.get());
    }
    products
}
