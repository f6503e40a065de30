//! What one event adds to the tally.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shotengai_contracts::events::{Event, OrderItem, OrderStage};
use shotengai_kernel::{OrderId, ProductId};

/// Whether pieces were bought or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// An order was paid.
    Paid,
    /// A paid order was cancelled.
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
pub type CountId = (OrderId, Effect);

/// What one order adds, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The order.
    pub order_id: OrderId,
    /// Bought or given back.
    pub effect: Effect,
    /// When, by the event: the same for every copy of it, whenever it is counted.
    pub time: Timestamp,
    /// One entry a product.
    pub products: BTreeMap<ProductId, Pieces>,
}

impl Count {
    /// What it is known by.
    #[must_use]
    pub fn id(&self) -> CountId {
        (self.order_id.clone(), self.effect)
    }

    /// What this event, decided at `time`, adds; none for events that move no counter.
    #[must_use]
    pub fn for_event(event: &Event, time: Timestamp) -> Option<Self> {
        let count = |order_id: &OrderId, effect, items: &[OrderItem]| Self {
            order_id: order_id.clone(),
            effect,
            time,
            products: sum(items),
        };
        match event {
            Event::OrderPaid(e) => Some(count(&e.order_id, Effect::Paid, &e.items)),
            Event::OrderCancelled(e) if e.cancelled_from == OrderStage::Paid => {
                Some(count(&e.order_id, Effect::Returned, &e.items))
            }
            _ => None,
        }
    }
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
