//! Refunding an order, by the shop.

use std::sync::Arc;

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, IdGenerator, Money, OrderId, RefundId, TextRule, UserId, Version};
use shotengai_messaging::{CommandError, Loaded};

use crate::orders::aggregate::Orders;
use crate::orders::domain::{Order, RefundRefusal, RefundWish, Refusal, Wanted, refund};
use crate::orders::idempotency;

/// Rule for the shop's words about a refund.
pub const REASON: TextRule = TextRule { min: 1, max: 200, lines: true };

/// A wish to refund.
#[derive(Debug)]
pub struct RefundOrder {
    /// The order.
    pub order_id: OrderId,
    /// The administrator who wants it.
    pub by: UserId,
    /// Makes a repeated wish the same wish; without it each is a new one.
    pub key: Option<String>,
    /// [`idempotency::fingerprint`] of the request.
    pub fingerprint: String,
    /// The amount and pieces that are given back.
    pub what: Wanted,
    /// Why, checked by [`REASON`].
    pub reason: String,
}

/// A refund that was asked for, by this request or by the one that it repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requested {
    /// The refund.
    pub refund_id: RefundId,
    /// How much goes back.
    pub amount: Money,
    /// The order's version.
    pub version: Version,
}

/// Refunds orders.
#[derive(Clone)]
pub struct Refunding {
    orders: Orders,
    ids: Arc<dyn IdGenerator>,
}

impl Refunding {
    /// Refunds these orders.
    #[must_use]
    pub const fn new(orders: Orders, ids: Arc<dyn IdGenerator>) -> Self {
        Self { orders, ids }
    }

    /// Asks for a refund, once a key. Durable when it returns; the money goes back afterwards.
    ///
    /// # Errors
    /// [`CommandError`]. After a transient fault it may have been asked for: repeat with the same key.
    pub async fn refund(&self, wanted: RefundOrder, meta: &Metadata) -> Result<Requested, CommandError<RefundRefusal>> {
        let RefundOrder { order_id, by, key, fingerprint, what, reason } = wanted;
        let refund_id = match &key {
            Some(key) => idempotency::refund_id(&by, &order_id, key),
            None => RefundId::new(self.ids.uuid_v7()),
        };
        let wish = RefundWish { refund_id, fingerprint, what, reason };
        let decide = |order: &Loaded<Order>| refund(&order.state, &wish);
        let loaded = self.orders.execute(&AggregateId::from(&order_id), meta, decide).await?.loaded;
        let asked = loaded.state.placed().and_then(|order| order.refunds.get(refund_id));
        let amount = asked.map(|refund| refund.amount).ok_or(CommandError::Refused(Refusal::NotFound.into()))?;
        Ok(Requested { refund_id, amount, version: loaded.version })
    }
}
