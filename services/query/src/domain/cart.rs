//! Carts, as the order service keeps them: what is in them, and when somebody last changed something.

use serde::{Deserialize, Serialize};
use shotengai_contracts::{Envelope, Misplaced, OrderEvent};
use shotengai_kernel::{AggregateId, CartId, Money, ProductId, Quantity, Timestamp, UserId, Version};

use super::{Fold, stored_time};

/// One cart. An empty one keeps its row, so that its version still refuses older events.
#[derive(Debug, Clone, PartialEq)]
pub struct CartRow {
    /// Which.
    pub cart_id: CartId,
    /// Whose; nothing else of a person.
    pub user_id: UserId,
    /// Its lines, one a product, oldest first.
    pub lines: Vec<CartRowLine>,
    /// Since when it is not empty; none while it is.
    pub opened_at: Option<Timestamp>,
    /// When its last event was decided.
    pub updated_at: Timestamp,
    /// The cart aggregate's version.
    pub version: Version,
}

/// Pieces of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CartRowLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece as the customer was shown it last.
    pub price: Money,
}

impl CartRow {
    /// Sum of all lines; none where it is empty, in several currencies, or too large to be ordered.
    #[must_use]
    pub fn value(&self) -> Option<Money> {
        let first = self.lines.first()?;
        let line = |line: &CartRowLine| line.price.times(line.quantity.get()).ok();
        self.lines.iter().try_fold(Money::zero(first.price.currency()), |sum, next| sum.plus(line(next)?).ok())
    }

    /// How many pieces are in it.
    #[must_use]
    pub fn pieces(&self) -> i64 {
        self.lines.iter().map(|line| i64::from(line.quantity.get())).sum()
    }

    fn line_mut(&mut self, product: &ProductId) -> Option<&mut CartRowLine> {
        self.lines.iter_mut().find(|line| line.product_id == *product)
    }
}

impl Fold for CartRow {
    type Event = OrderEvent;

    fn folds(aggregate: &AggregateId) -> bool {
        CartId::parse(aggregate.as_str()).is_ok()
    }

    fn aggregate_id(&self) -> AggregateId {
        AggregateId::from(&self.cart_id)
    }

    fn version(&self) -> Version {
        self.version
    }

    fn begin(envelope: &Envelope, event: &OrderEvent) -> Option<Self> {
        let OrderEvent::ItemAddedToCart(added) = event else { return None };
        let mut row = Self {
            cart_id: added.cart_id.clone(),
            user_id: added.user_id.clone(),
            lines: Vec::new(),
            opened_at: None,
            updated_at: stored_time(envelope.time),
            version: Version::ZERO,
        };
        row.evolve(envelope, event).ok()?;
        Some(row)
    }

    fn evolve(&mut self, envelope: &Envelope, event: &OrderEvent) -> Result<(), Misplaced> {
        let misplaced = || Misplaced::of(event);
        let time = stored_time(envelope.time);
        match event {
            OrderEvent::ItemAddedToCart(added) => match self.line_mut(&added.product_id) {
                Some(line) => {
                    line.quantity = line.quantity.plus(added.quantity).map_err(|_| misplaced())?;
                    line.price = added.price;
                }
                None => {
                    let (product_id, quantity, price) = (added.product_id.clone(), added.quantity, added.price);
                    self.lines.push(CartRowLine { product_id, quantity, price });
                }
            },
            OrderEvent::CartItemChanged(changed) => {
                self.line_mut(&changed.product_id).ok_or_else(misplaced)?.quantity = changed.quantity;
            }
            OrderEvent::ItemRemovedFromCart(removed) => {
                let at = self.lines.iter().position(|line| line.product_id == removed.product_id);
                self.lines.remove(at.ok_or_else(misplaced)?);
            }
            OrderEvent::CartCleared(_) => self.lines.clear(),
            OrderEvent::OrderPlaced(_)
            | OrderEvent::OrderStockSecured(_)
            | OrderEvent::OrderPaymentSecured(_)
            | OrderEvent::OrderConfirmed(_)
            | OrderEvent::OrderPaid(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderCancelled(_)
            | OrderEvent::OrderRefundRequested(_)
            | OrderEvent::OrderRefunded(_)
            | OrderEvent::OrderRefundDeclined(_) => return Err(misplaced()),
        }
        self.opened_at = if self.lines.is_empty() { None } else { self.opened_at.or(Some(time)) };
        self.updated_at = time;
        self.version = envelope.aggregateversion;
        Ok(())
    }
}
