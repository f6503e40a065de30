//! State of a cart, from its events.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use shotengai_contracts::{Misplaced, OrderEvent};
use shotengai_kernel::{Money, OrderId, ProductId, Quantity};
use uuid::Uuid;

/// How many additions with a key a cart remembers, so that each happens once.
pub(super) const ADDITIONS_REMEMBERED: usize = 100;

/// A cart, perhaps empty. It knows nothing of time: see [`super::Standing`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cart {
    lines: Vec<CartLine>,
    /// The order that emptied it, if nothing came in since.
    became: Option<OrderId>,
    additions: VecDeque<Addition>,
}

/// Pieces of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CartLine {
    /// The product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Price of one piece as the customer was shown it last.
    pub price: Money,
}

/// An addition that had a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addition {
    /// Derives from the key.
    pub id: Uuid,
    /// Of what.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

impl Cart {
    /// Its lines, one a product, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// The line of a product.
    #[must_use]
    pub fn line(&self, product: &ProductId) -> Option<&CartLine> {
        self.lines.iter().find(|line| line.product_id == *product)
    }

    /// The order that it became, if nothing came in since.
    #[must_use]
    pub const fn became(&self) -> Option<&OrderId> {
        self.became.as_ref()
    }

    /// The addition of this id, if it is one of the last that had a key.
    #[must_use]
    pub fn addition(&self, id: Uuid) -> Option<&Addition> {
        self.additions.iter().find(|addition| addition.id == id)
    }

    /// Takes a fact in.
    ///
    /// # Errors
    /// [`Misplaced`] for an order's facts and those that don't follow what came before: nothing changes then.
    pub fn evolve(&mut self, event: &OrderEvent) -> Result<(), Misplaced> {
        let misplaced = || Misplaced::of(event);
        match event {
            OrderEvent::ItemAddedToCart(added) => {
                match self.line_mut(&added.product_id) {
                    Some(line) => {
                        line.quantity = line.quantity.plus(added.quantity).map_err(|_| misplaced())?;
                        line.price = added.price;
                    }
                    None => self.lines.push(CartLine {
                        product_id: added.product_id.clone(),
                        quantity: added.quantity,
                        price: added.price,
                    }),
                }
                self.became = None;
                if let Some(id) = added.addition_id {
                    let (product_id, quantity) = (added.product_id.clone(), added.quantity);
                    self.additions.push_back(Addition { id, product_id, quantity });
                    let over = self.additions.len().saturating_sub(ADDITIONS_REMEMBERED);
                    self.additions.drain(..over);
                }
            }
            OrderEvent::CartItemChanged(changed) => {
                self.line_mut(&changed.product_id).ok_or_else(misplaced)?.quantity = changed.quantity;
            }
            OrderEvent::ItemRemovedFromCart(removed) => {
                let at = self.lines.iter().position(|line| line.product_id == removed.product_id);
                self.lines.remove(at.ok_or_else(misplaced)?);
            }
            OrderEvent::CartCleared(cleared) => {
                if self.lines.is_empty() {
                    return Err(misplaced());
                }
                self.lines.clear();
                self.became.clone_from(&cleared.order_id);
            }
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
        Ok(())
    }

    fn line_mut(&mut self, product: &ProductId) -> Option<&mut CartLine> {
        self.lines.iter_mut().find(|line| line.product_id == *product)
    }
}
